import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import { invalidCombination, invalidValue, notYet } from "../fault.ts"
import { ownInterface } from "../network-interface.ts"
import { permitted } from "../permit.ts"
import { interfaceKind } from "../resource.ts"
import { networkInterfaces, subnets } from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"
import { describeAttachment, describeGroups } from "./describe.ts"
import { checkedGroups } from "./groups.ts"

export const interfaceAttributeOperations = {
  ModifyNetworkInterfaceAttribute(call, input) {
    const groups = (input.Groups ?? []).map((id) => `security-group/${id}`)
    const one = ownInterface(call, input, input.NetworkInterfaceId!, groups)
    refuseUnsupported(input, {
      EnaSrdSpecification: "ENA Express",
      EnablePrimaryIpv6: "primary IPv6 addresses",
      ConnectionTrackingSpecification: "time limits of tracked connections",
      AssociatedSubnetIds: "interfaces in several subnets",
      AssociatePublicIpAddress: "public addresses given later",
    })
    // Only what is attached to an instance has such an attachment, and that is none of ours.
    if (input.Attachment !== undefined) throw notYet("attachments to instances")
    const { Description, SourceDestCheck, Groups } = input
    const sent = [Description, SourceDestCheck, Groups?.length ? Groups : undefined].filter(Boolean)
    if (sent.length === 0) throw invalidCombination("No attributes specified.")
    if (sent.length > 1) {
      throw invalidCombination(
        "Fields for multiple attribute types specified. Only one attribute can be modified at a time",
      )
    }
    call.tx.put(networkInterfaces, {
      ...one,
      description: Description === undefined ? one.description : (Description.Value ?? ""),
      sourceDestCheck: SourceDestCheck?.Value ?? one.sourceDestCheck,
      securityGroupIds: Groups?.length
        ? checkedGroups(call.tx, call.tx.mustGet(subnets, one.subnetId), Groups)
        : one.securityGroupIds,
    })
    return {}
  },

  DescribeNetworkInterfaceAttribute(call, input) {
    const one = permitted(call, input, interfaceKind, input.NetworkInterfaceId!)
    const NetworkInterfaceId = one.id
    switch (input.Attribute) {
      case "description":
        return { NetworkInterfaceId, Description: { Value: one.description } }
      case "groupSet":
        return { NetworkInterfaceId, Groups: describeGroups(call.tx, one.securityGroupIds) }
      case "sourceDestCheck":
        return { NetworkInterfaceId, SourceDestCheck: { Value: one.sourceDestCheck } }
      case "attachment":
        return { NetworkInterfaceId, Attachment: one.attachment && describeAttachment(one.attachment) }
      case "associatePublicIpAddress":
        return { NetworkInterfaceId, AssociatePublicIpAddress: one.publicAddress !== undefined }
      default:
        throw invalidValue(`Value (${input.Attribute ?? ""}) for parameter attribute is invalid. Unknown attribute.`)
    }
  },

  ResetNetworkInterfaceAttribute(call, input) {
    const one = ownInterface(call, input, input.NetworkInterfaceId!)
    if (input.SourceDestCheck === undefined) throw invalidCombination("No attributes specified.")
    call.tx.put(networkInterfaces, { ...one, sourceDestCheck: true })
    return {}
  },
} satisfies Operations<typeof sdk>
