import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations } from "../../aws/operations.ts"
import { allocatePublicAddress, releasePublicAddress } from "./address/public.ts"
import { described } from "./describe.ts"
import { associate } from "./elastic-ip/associate.ts"
import { addressFields, describeAddress } from "./elastic-ip/describe.ts"
import { fault, invalidCombination, invalidValue, missing, notYours } from "./fault.ts"
import { newId } from "./ids.ts"
import { permit, permitMaking, type Rehearsal } from "./permit.ts"
import { elasticIpKind, find, findAll, interfaceKind, remove } from "./resource.ts"
import { type ElasticIp, elasticIps, networkInterfaces } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const elasticIpOperations = {
  AllocateAddress(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "elastic-ip")
    permitMaking(call, input, elasticIpKind, tags, [], () => ({ "ec2:Domain": "vpc" }))
    refuseUnsupported(input, {
      Address: "addresses of one's own choice",
      CustomerOwnedIpv4Pool: "customer-owned addresses",
      IpamPoolId: "IPAM",
    })
    const { Domain = "vpc", PublicIpv4Pool = "amazon", NetworkBorderGroup = call.region } = input
    if (Domain !== "vpc") throw invalidValue(`Value (${Domain}) for parameter domain is invalid.`)
    if (PublicIpv4Pool !== "amazon") {
      throw fault("InvalidPublicIpv4PoolID.NotFound", `The pool ID '${PublicIpv4Pool}' does not exist`)
    }
    if (NetworkBorderGroup !== call.region) {
      throw invalidValue(`Value (${NetworkBorderGroup}) for parameter networkBorderGroup is invalid.`)
    }
    const elasticIp: ElasticIp = {
      id: newId(call.random, "eipalloc"),
      publicIp: allocatePublicAddress(call),
      association: undefined,
      createdAt: call.now,
    }
    call.tx.put(elasticIps, elasticIp)
    putTags(call.tx, "elastic-ip", elasticIp.id, tags)
    return {
      AllocationId: elasticIp.id,
      PublicIp: elasticIp.publicIp,
      Domain: "vpc",
      PublicIpv4Pool: "amazon",
      NetworkBorderGroup: call.region,
    }
  },

  DescribeAddresses(call, input) {
    const byIp = (input.PublicIps ?? []).map((publicIp) => call.tx.where(elasticIps, "publicIp", publicIp)[0])
    const { shown } = described(call, input, {
      kind: elasticIpKind,
      ids: [[...(input.AllocationIds ?? []), ...byIp.flatMap((elasticIp) => elasticIp?.id ?? [])], "AllocationIds"],
      fields: addressFields(call.tx),
      indexed: {
        "association-id": "association",
        "network-interface-id": "interface",
        "public-ip": "publicIp",
      },
      show: (elasticIp) => describeAddress(call.tx, elasticIp),
    })
    const unknown = byIp.indexOf(undefined)
    if (unknown !== -1) throw noAddress(input.PublicIps![unknown]!)
    return { Addresses: shown }
  },

  DescribeAddressesAttribute(call, input) {
    const { AllocationIds = [] } = input
    permit(
      call,
      input,
      AllocationIds.map((id) => `elastic-ip/${id}`),
    )
    const found = AllocationIds.length === 0 ? call.tx.list(elasticIps) : findAll(call.tx, elasticIpKind, AllocationIds)
    // Reverse names are the only attribute, and nobody has any.
    return { Addresses: found.map(({ id, publicIp }) => ({ AllocationId: id, PublicIp: publicIp })) }
  },

  AssociateAddress(call, input) {
    const interfaces = input.NetworkInterfaceId === undefined ? [] : [`network-interface/${input.NetworkInterfaceId}`]
    const elasticIp = permittedAddress(call, input, input.AllocationId, input.PublicIp, interfaces)
    if (input.InstanceId !== undefined) {
      throw fault("InvalidInstanceID.NotFound", `The instance ID '${input.InstanceId}' does not exist`)
    }
    if (input.NetworkInterfaceId === undefined) throw missing("networkInterfaceId")
    const networkInterface = find(call.tx, interfaceKind, input.NetworkInterfaceId)
    if (networkInterface.requesterId !== undefined) throw notYours()
    const association = associate(call, elasticIp, networkInterface, {
      privateAddress: input.PrivateIpAddress,
      // It has become the default for VPCs to move an address from where it is, where a caller says nothing else.
      mayMove: input.AllowReassociation ?? true,
    })
    return { AssociationId: association.id }
  },

  DisassociateAddress(call, input) {
    const { AssociationId, PublicIp } = input
    if (AssociationId !== undefined && PublicIp !== undefined) {
      permit(call, input, "elastic-ip/*")
      throw invalidCombination("You may specify public IP or association id, but not both in the same call")
    }
    const [elasticIp] =
      AssociationId === undefined
        ? call.tx.where(elasticIps, "publicIp", PublicIp ?? "")
        : call.tx.where(elasticIps, "association", AssociationId)
    const interfaces = elasticIp?.association && [`network-interface/${elasticIp.association.interfaceId}`]
    permit(call, input, [`elastic-ip/${elasticIp?.id ?? "*"}`, ...(interfaces ?? [])])
    if (AssociationId === undefined && PublicIp === undefined) {
      throw fault("MissingParameter", "Either public IP or association id must be specified")
    }
    if (elasticIp?.association === undefined) {
      if (AssociationId === undefined) throw noAddress(PublicIp!)
      throw fault("InvalidAssociationID.NotFound", `The association ID '${AssociationId}' does not exist`)
    }
    checkOwn(call, elasticIp)
    call.tx.put(elasticIps, { ...elasticIp, association: undefined })
    return {}
  },

  ReleaseAddress(call, input) {
    const elasticIp = permittedAddress(call, input, input.AllocationId, input.PublicIp)
    if (elasticIp.association !== undefined) {
      checkOwn(call, elasticIp)
      throw fault("InvalidIPAddress.InUse", `Address ${elasticIp.publicIp} is in use.`)
    }
    releasePublicAddress(call.tx, elasticIp.publicIp)
    remove(call.tx, elasticIpKind, elasticIp.id)
    return {}
  },
} satisfies Operations<typeof sdk>

/** An address by its allocation, or in the older way by itself. */
function permittedAddress(
  call: Call,
  rehearsal: Rehearsal,
  allocationId: string | undefined,
  publicIp: string | undefined,
  others: readonly string[] = [],
): ElasticIp {
  const [byIp] = allocationId === undefined ? call.tx.where(elasticIps, "publicIp", publicIp ?? "") : []
  permit(call, rehearsal, [`elastic-ip/${allocationId ?? byIp?.id ?? "*"}`, ...others])
  if (allocationId !== undefined) return find(call.tx, elasticIpKind, allocationId)
  if (publicIp === undefined) throw missing("AllocationId")
  if (byIp === undefined) throw noAddress(publicIp)
  return byIp
}

function noAddress(publicIp: string) {
  return fault("InvalidAddress.NotFound", `Address '${publicIp}' not found.`)
}

/** What stands before a NAT gateway is taken from there by deleting the gateway. */
function checkOwn({ tx }: Call, { association }: ElasticIp): void {
  if (tx.mustGet(networkInterfaces, association!.interfaceId).requesterId !== undefined) throw notYours()
}
