import { type Controller, controller, on } from "../../store/controller.ts"
import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"
import { vpcs } from "../ec2/index.ts"
import { networkNumbers } from "./tables.ts"

/**
 * Gives a VPC its number. It is drawn by chance: the number of one that has gone is hardly ever the next one's, and a
 * machine that was away meanwhile does not take the one for the other.
 */
export function numberNetwork({ anywhere: { installation } }: Tx, random: Random, vpcId: string): void {
  if (installation.get(networkNumbers, vpcId) !== undefined) return
  for (;;) {
    const number = 1 + random.below(NUMBER_MAX)
    if (installation.some(networkNumbers, "number", String(number))) continue
    installation.put(networkNumbers, { vpcId, number })
    return
  }
}

const NUMBER_MAX = 2 ** 24 - 2

/** Every VPC has a number, one that only a peer is on a machine of as well; it goes with the VPC. */
export const networkNumbering: Controller = controller({
  name: "fabric/network numbering",
  wakes: [on(vpcs, ({ id }) => id)],

  reconcile({ tx, random }, vpcId) {
    if (tx.get(vpcs, vpcId) !== undefined) numberNetwork(tx, random, vpcId)
    else tx.anywhere.installation.delete(networkNumbers, vpcId)
  },
})
