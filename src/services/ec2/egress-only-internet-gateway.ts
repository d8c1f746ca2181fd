import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { described } from "./describe.ts"
import { newId } from "./ids.ts"
import { once } from "./once.ts"
import { permitMaking, permitted } from "./permit.ts"
import { egressOnlyKind, find, remove, vpcKind } from "./resource.ts"
import { type EgressOnlyInternetGateway, egressOnlyInternetGateways } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"

export const egressOnlyInternetGatewayOperations = {
  CreateEgressOnlyInternetGateway(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "egress-only-internet-gateway")
    permitMaking(call, input, egressOnlyKind, tags, [`vpc/${input.VpcId}`])
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    const [id] = once(call, input, () => {
      const gateway: EgressOnlyInternetGateway = { id: newId(call.random, "eigw"), vpcId: vpc.id }
      call.tx.put(egressOnlyInternetGateways, gateway)
      putTags(call.tx, "egress-only-internet-gateway", gateway.id, tags)
      return [gateway.id]
    })
    const gateway = find(call.tx, egressOnlyKind, id!)
    return { EgressOnlyInternetGateway: describe(call.tx, gateway), ClientToken: input.ClientToken }
  },

  DescribeEgressOnlyInternetGateways(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: egressOnlyKind,
      ids: [input.EgressOnlyInternetGatewayIds, "EgressOnlyInternetGatewayIds"],
      fields: {},
      show: (gateway) => describe(call.tx, gateway),
    })
    return { EgressOnlyInternetGateways: shown, NextToken }
  },

  DeleteEgressOnlyInternetGateway(call, input) {
    const { id } = permitted(call, input, egressOnlyKind, input.EgressOnlyInternetGatewayId!)
    remove(call.tx, egressOnlyKind, id)
    return { ReturnCode: true }
  },
} satisfies Operations<typeof sdk>

function describe(tx: Tx, { id, vpcId }: EgressOnlyInternetGateway): sdk.EgressOnlyInternetGateway {
  return {
    EgressOnlyInternetGatewayId: id,
    Attachments: [{ State: "attached", VpcId: vpcId }],
    Tags: shownTags(tx, id),
  }
}
