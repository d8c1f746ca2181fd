import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import { invalidCombination, invalidValue, notYet } from "../fault.ts"
import { permitted } from "../permit.ts"
import { subnetKind } from "../resource.ts"
import { type Subnet, subnets } from "../tables.ts"

export const subnetAttributeOperations = {
  ModifySubnetAttribute(call, input) {
    const subnet = permitted(call, {}, subnetKind, input.SubnetId!)
    if (input.MapCustomerOwnedIpOnLaunch?.Value || input.CustomerOwnedIpv4Pool) throw notYet("customer-owned addresses")
    if (input.EnableLniAtDeviceIndex !== undefined) throw notYet("local network interfaces")

    const { SubnetId: _, MapCustomerOwnedIpOnLaunch, DisableLniAtDeviceIndex, ...sent } = input
    const names = Object.entries(sent).filter(([, value]) => value !== undefined)
    if (names.length > 1) {
      throw invalidCombination(
        "Fields for multiple attribute types specified. Only one attribute can be modified at a time",
      )
    }
    if (names.length === 0 && !MapCustomerOwnedIpOnLaunch && !DisableLniAtDeviceIndex) {
      throw invalidCombination("No attributes specified.")
    }
    call.tx.put(subnets, { ...subnet, ...changed(subnet, input) })
    return {}
  },
} satisfies Operations<typeof sdk>

function changed(subnet: Subnet, input: sdk.ModifySubnetAttributeRequest): Partial<Subnet> {
  const assignIpv6AddressOnCreation = input.AssignIpv6AddressOnCreation?.Value ?? subnet.assignIpv6AddressOnCreation
  if (assignIpv6AddressOnCreation && subnet.ipv6CidrBlock === undefined) {
    throw invalidValue(
      "Invalid value 'true' for assign-ipv6-address-on-creation parameter: The subnet does not have an IPv6 CIDR block.",
    )
  }
  const hostnameType = input.PrivateDnsHostnameTypeOnLaunch ?? subnet.hostnameType
  if (hostnameType !== "ip-name" && hostnameType !== "resource-name") {
    throw invalidValue(`Value (${hostnameType}) for parameter privateDnsHostnameTypeOnLaunch is invalid.`)
  }
  return {
    assignIpv6AddressOnCreation,
    hostnameType,
    mapPublicIpOnLaunch: input.MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIpOnLaunch,
    enableDns64: input.EnableDns64?.Value ?? subnet.enableDns64,
    enableResourceNameDnsARecord:
      input.EnableResourceNameDnsARecordOnLaunch?.Value ?? subnet.enableResourceNameDnsARecord,
    enableResourceNameDnsAAAARecord:
      input.EnableResourceNameDnsAAAARecordOnLaunch?.Value ?? subnet.enableResourceNameDnsAAAARecord,
  }
}
