import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations } from "../../aws/operations.ts"
import { inSubnet } from "./conditions.ts"
import { described } from "./describe.ts"
import { fault, invalidCombination, invalidValue, notYet, notYours } from "./fault.ts"
import { describeInterface, interfaceFields } from "./network-interface/describe.ts"
import { makeInterface, removeInterface } from "./network-interface/make.ts"
import { once } from "./once.ts"
import { permit, permitMaking, permitted, type Rehearsal } from "./permit.ts"
import { find, interfaceKind, subnetKind } from "./resource.ts"
import { type NetworkInterface, networkInterfaces } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"

export const networkInterfaceOperations = {
  CreateNetworkInterface(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "network-interface")
    const groups = (input.Groups ?? []).map((id) => `security-group/${id}`)
    const others = [`subnet/${input.SubnetId}`, ...groups]
    permitMaking(call, input, interfaceKind, tags, others, () => inSubnet(call, input.SubnetId))
    refuseUnsupported(input, {
      Ipv4Prefixes: "prefixes of interfaces",
      Ipv4PrefixCount: "prefixes of interfaces",
      Ipv6Prefixes: "prefixes of interfaces",
      Ipv6PrefixCount: "prefixes of interfaces",
      EnablePrimaryIpv6: "primary IPv6 addresses",
      ConnectionTrackingSpecification: "time limits of tracked connections",
      Operator: "managed resources",
    })
    const { InterfaceType = "interface" } = input
    if (InterfaceType !== ("interface" as string)) throw notYet(`interfaces of type ${InterfaceType}`)
    const subnet = find(call.tx, subnetKind, input.SubnetId!)

    const [id] = once(call, input, () => {
      const made = makeInterface(call, {
        subnet,
        securityGroupIds: input.Groups,
        description: input.Description,
        ipv4: wantedIpv4(input),
        ...wantedIpv6(input),
      })
      putTags(call.tx, "network-interface", made.id, tags)
      return [made.id]
    })
    const made = find(call.tx, interfaceKind, id!)
    return { NetworkInterface: describeInterface(call.tx, made), ClientToken: input.ClientToken }
  },

  DescribeNetworkInterfaces(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: interfaceKind,
      ids: [input.NetworkInterfaceIds, "NetworkInterfaceIds"],
      fields: interfaceFields(call.tx),
      indexed: {
        "subnet-id": "subnet",
        "group-id": "securityGroup",
        "private-ip-address": "privateAddress",
        "addresses.private-ip-address": "privateAddress",
        "attachment.attachment-id": "attachment",
        description: "description",
        "vpc-id": "vpc",
      },
      show: (one) => describeInterface(call.tx, one),
    })
    return { NetworkInterfaces: shown, NextToken }
  },

  DeleteNetworkInterface(call, input) {
    const one = permitted(call, input, interfaceKind, input.NetworkInterfaceId!)
    if (one.attachment !== undefined) {
      throw invalidValue(`Network interface '${one.id}' is currently in use.`)
    }
    if (one.requesterId !== undefined) throw notYours()
    removeInterface(call, one)
    return {}
  },

  AttachNetworkInterface(call, input) {
    permitted(call, input, interfaceKind, input.NetworkInterfaceId!, [`instance/${input.InstanceId}`])
    // There are no instances of EC2's here that anything could be attached to.
    throw fault("InvalidInstanceID.NotFound", `The instance ID '${input.InstanceId}' does not exist`)
  },

  DetachNetworkInterface(call, input) {
    const [one] = call.tx.where(networkInterfaces, "attachment", input.AttachmentId!)
    permit(call, input, [`network-interface/${one?.id ?? "*"}`, "instance/*"])
    if (one === undefined) {
      throw fault("InvalidAttachmentID.NotFound", `The attachment '${input.AttachmentId}' does not exist`)
    }
    throw fault("OperationNotPermitted", `You are not allowed to manage '${input.AttachmentId}' attachments.`)
  },
} satisfies Operations<typeof sdk>

/** An interface that the account itself made; what another service made for it is that service's to change. */
export function ownInterface(
  call: Call,
  rehearsal: Rehearsal,
  id: string,
  others?: readonly string[],
): NetworkInterface {
  const one = permitted(call, rehearsal, interfaceKind, id, others)
  if (one.requesterId !== undefined) throw notYours()
  return one
}

/** A caller names addresses, or says how many beside the primary, of which it may name that one. */
function wantedIpv4(input: sdk.CreateNetworkInterfaceRequest): readonly (string | undefined)[] {
  const { PrivateIpAddress, PrivateIpAddresses = [], SecondaryPrivateIpAddressCount = 0 } = input
  if (PrivateIpAddresses.length === 0) {
    checkCount(SecondaryPrivateIpAddressCount)
    return [PrivateIpAddress, ...Array<undefined>(SecondaryPrivateIpAddressCount).fill(undefined)]
  }
  if (SecondaryPrivateIpAddressCount > 0) {
    throw invalidCombination(
      "The parameter secondaryPrivateIpAddressCount cannot be used with the parameter privateIpAddresses",
    )
  }
  const primaries = PrivateIpAddresses.filter(({ Primary }) => Primary)
  if (primaries.length + Number(PrivateIpAddress !== undefined) > 1) {
    throw invalidCombination("Only one primary private IP address can be specified.")
  }
  checkCount(PrivateIpAddresses.length - 1)
  const named = PrivateIpAddresses.filter(({ Primary }) => !Primary).map((one) => one.PrivateIpAddress)
  return [PrivateIpAddress ?? primaries[0]?.PrivateIpAddress, ...named]
}

function wantedIpv6({ Ipv6Addresses = [], Ipv6AddressCount = 0 }: sdk.CreateNetworkInterfaceRequest) {
  if (Ipv6Addresses.length > 0 && Ipv6AddressCount > 0) {
    throw invalidCombination("The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses")
  }
  checkCount(Ipv6AddressCount)
  if (Ipv6Addresses.length > 0) return { ipv6: Ipv6Addresses.map(({ Ipv6Address }) => Ipv6Address) }
  return Ipv6AddressCount > 0 ? { ipv6: Array<undefined>(Ipv6AddressCount).fill(undefined) } : {}
}

/** No instance type takes more on one interface. */
const ADDRESSES_MAX = 50

/** So many more beside those that are there; the primary address does not count. */
export function checkCount(added: number, present = 0): void {
  if (!Number.isInteger(added) || added < 0) throw invalidValue(`Invalid number of addresses: ${added}`)
  if (present + added >= ADDRESSES_MAX) {
    throw fault("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
  }
}
