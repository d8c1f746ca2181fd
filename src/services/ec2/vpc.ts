import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import { defaultVpc, ensureBeginning, makeDefaultVpc } from "./default-network.ts"
import { described } from "./describe.ts"
import { fault, invalidCombination, invalidValue } from "./fault.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { vpcKind } from "./resource.ts"
import { vpcs } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"
import { checkedVpcCidr, refusedSources } from "./vpc/cidr-block.ts"
import { deleteVpc } from "./vpc/delete.ts"
import { describeVpc, vpcFields } from "./vpc/describe.ts"
import { makeVpc } from "./vpc/make.ts"

export const vpcOperations = {
  CreateVpc(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "vpc")
    permitMaking(call, input, vpcKind, tags)
    refuseUnsupported(input, { ...refusedSources, VpcEncryptionControl: "encryption of a VPC's traffic" })
    const { CidrBlock, InstanceTenancy: tenancy = "default" } = input
    if (CidrBlock === undefined) {
      throw fault("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    }
    if (tenancy !== "default" && tenancy !== "dedicated") {
      throw fault("UnsupportedTenancy", `The tenancy value ${tenancy} is not supported.`)
    }
    const vpc = makeVpc(call, {
      cidr: checkedVpcCidr(CidrBlock),
      hasIpv6: input.AmazonProvidedIpv6CidrBlock ?? false,
      isDefault: false,
      tenancy,
      dhcpOptionsId: ensureBeginning(call),
    })
    putTags(call.tx, "vpc", vpc.id, tags)
    return { Vpc: { ...describeVpc(call.tx, vpc), State: "pending" } }
  },

  CreateDefaultVpc(call, input) {
    permitMaking(call, input, vpcKind, [])
    if (defaultVpc(call) !== undefined) {
      throw fault("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
    }
    return { Vpc: { ...describeVpc(call.tx, makeDefaultVpc(call)), State: "pending" } }
  },

  DescribeVpcs(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: vpcKind,
      ids: [input.VpcIds, "VpcIds"],
      fields: vpcFields(call.tx),
      indexed: {
        "dhcp-options-id": "dhcpOptions",
        "cidr-block-association.association-id": "association",
        "ipv6-cidr-block-association.association-id": "association",
      },
      show: (vpc) => describeVpc(call.tx, vpc),
    })
    return { Vpcs: shown, NextToken }
  },

  DeleteVpc(call, input) {
    const vpc = permitted(call, input, vpcKind, input.VpcId!)
    deleteVpc(call, vpc)
    return {}
  },

  ModifyVpcAttribute(call, input) {
    const vpc = permitted(call, {}, vpcKind, input.VpcId!)
    const { EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics } = input
    const sent = [EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics].filter(
      (attribute) => attribute?.Value !== undefined,
    )
    if (sent.length === 0) throw invalidCombination("No attributes specified.")
    if (sent.length > 1) {
      throw invalidCombination(
        "Fields for multiple attribute types specified. Only one attribute can be modified at a time",
      )
    }
    call.tx.put(vpcs, {
      ...vpc,
      enableDnsSupport: EnableDnsSupport?.Value ?? vpc.enableDnsSupport,
      enableDnsHostnames: EnableDnsHostnames?.Value ?? vpc.enableDnsHostnames,
      enableNetworkAddressUsageMetrics: EnableNetworkAddressUsageMetrics?.Value ?? vpc.enableNetworkAddressUsageMetrics,
    })
    return {}
  },

  DescribeVpcAttribute(call, input) {
    const vpc = permitted(call, input, vpcKind, input.VpcId!)
    switch (input.Attribute) {
      case "enableDnsSupport":
        return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.enableDnsSupport } }
      case "enableDnsHostnames":
        return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.enableDnsHostnames } }
      case "enableNetworkAddressUsageMetrics":
        return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: vpc.enableNetworkAddressUsageMetrics } }
      default:
        throw invalidValue(`Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`)
    }
  },

  ModifyVpcTenancy(call, input) {
    const vpc = permitted(call, input, vpcKind, input.VpcId!)
    if (input.InstanceTenancy !== "default") {
      throw invalidValue(`Value (${input.InstanceTenancy}) for parameter instanceTenancy is invalid.`)
    }
    call.tx.put(vpcs, { ...vpc, tenancy: "default" })
    return { ReturnValue: true }
  },

  DescribeAccountAttributes(call, input) {
    permit(call, input, "*")
    const attributes: Readonly<Record<string, string>> = {
      "supported-platforms": "VPC",
      "vpc-max-security-groups-per-interface": "16",
      "max-elastic-ips": "5",
      "max-instances": "20",
      "vpc-max-elastic-ips": "5",
      "default-vpc": defaultVpc(call)?.id ?? "none",
    }
    const names: readonly string[] = input.AttributeNames ?? Object.keys(attributes)
    return {
      AccountAttributes: names.map((name) => {
        const value = attributes[name]
        if (value === undefined) throw invalidValue(`Value (${name}) for parameter attributeName is invalid.`)
        return { AttributeName: name, AttributeValues: [{ AttributeValue: value }] }
      }),
    }
  },
} satisfies Operations<typeof sdk>
