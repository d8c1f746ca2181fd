import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { described } from "./describe.ts"
import { fault, inUse, invalidValue } from "./fault.ts"
import { newId } from "./ids.ts"
import { accountIn } from "./maker.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { find, internetGatewayKind, remove, vpcKind } from "./resource.ts"
import { elasticIps, type InternetGateway, internetGateways, networkInterfaces } from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"

export const internetGatewayOperations = {
  CreateInternetGateway(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "internet-gateway")
    permitMaking(call, input, internetGatewayKind, tags)
    const gateway: InternetGateway = { id: newId(call.random, "igw"), vpcId: undefined }
    call.tx.put(internetGateways, gateway)
    putTags(call.tx, "internet-gateway", gateway.id, tags)
    return { InternetGateway: describe(call.tx, gateway) }
  },

  AttachInternetGateway(call, input) {
    permit(call, input, [`internet-gateway/${input.InternetGatewayId}`, `vpc/${input.VpcId}`])
    const gateway = find(call.tx, internetGatewayKind, input.InternetGatewayId!)
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    if (gateway.vpcId !== undefined) {
      throw fault(
        "Resource.AlreadyAssociated",
        `resource ${gateway.id} is already attached to network ${gateway.vpcId}`,
      )
    }
    if (call.tx.some(internetGateways, "vpc", vpc.id)) {
      throw invalidValue(`Network ${vpc.id} already has an internet gateway attached`)
    }
    call.tx.put(internetGateways, { ...gateway, vpcId: vpc.id })
    return {}
  },

  DetachInternetGateway(call, input) {
    permit(call, input, [`internet-gateway/${input.InternetGatewayId}`, `vpc/${input.VpcId}`])
    const gateway = find(call.tx, internetGatewayKind, input.InternetGatewayId!)
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    if (gateway.vpcId !== vpc.id) {
      throw fault("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${vpc.id}`)
    }
    if (hasPublicAddresses(call.tx, vpc.id)) {
      throw fault(
        "DependencyViolation",
        `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      )
    }
    call.tx.put(internetGateways, { ...gateway, vpcId: undefined })
    return {}
  },

  DescribeInternetGateways(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: internetGatewayKind,
      ids: [input.InternetGatewayIds, "InternetGatewayIds"],
      fields: {
        "attachment.state": ({ vpcId }) => vpcId && "available",
        "attachment.vpc-id": ({ vpcId }) => vpcId,
        "internet-gateway-id": ({ id }) => id,
        "owner-id": () => accountIn(call.tx),
      },
      indexed: { "attachment.vpc-id": "vpc" },
      show: (gateway) => describe(call.tx, gateway),
    })
    return { InternetGateways: shown, NextToken }
  },

  DeleteInternetGateway(call, input) {
    const gateway = permitted(call, input, internetGatewayKind, input.InternetGatewayId!)
    if (gateway.vpcId !== undefined) throw inUse("internetGateway", gateway.id)
    remove(call.tx, internetGatewayKind, gateway.id)
    return {}
  },
} satisfies Operations<typeof sdk>

function describe(tx: Tx, { id, vpcId }: InternetGateway): sdk.InternetGateway {
  return {
    InternetGatewayId: id,
    OwnerId: accountIn(tx),
    // EC2 calls it available here, where everything else is attached.
    Attachments: vpcId === undefined ? [] : [{ State: "available" as sdk.AttachmentStatus, VpcId: vpcId }],
    Tags: shownTags(tx, id),
  }
}

function hasPublicAddresses(tx: Tx, vpcId: string): boolean {
  return tx
    .where(networkInterfaces, "vpc", vpcId)
    .some(({ id, publicAddress }) => publicAddress !== undefined || tx.some(elasticIps, "interface", id))
}
