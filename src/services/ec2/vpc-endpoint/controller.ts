import { controller, on } from "../../../store/controller.ts"
import { vpcEndpoints } from "../tables.ts"

/** Its interfaces are there from the start; so an endpoint is available as soon as anyone looks again. */
export const endpointMoves = controller({
  name: "ec2/vpc-endpoints",
  wakes: [on(vpcEndpoints, ({ id, state }) => (state === "pending" ? id : undefined))],

  reconcile({ tx }, id) {
    const endpoint = tx.get(vpcEndpoints, id)
    if (endpoint?.state === "pending") tx.put(vpcEndpoints, { ...endpoint, state: "available" })
  },
})
