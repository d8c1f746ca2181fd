import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { accountIn, regionIn } from "../maker.ts"
import { describeGroups } from "../network-interface/describe.ts"
import { subnets, type VpcEndpoint } from "../tables.ts"
import { shownTags } from "../tagging.ts"
import { endpointServices } from "./services.ts"

export function describeEndpoint(tx: Tx, endpoint: VpcEndpoint): sdk.VpcEndpoint {
  return {
    VpcEndpointId: endpoint.id,
    VpcEndpointType: endpoint.type,
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.serviceName,
    ServiceRegion: regionIn(tx),
    // The SDK has these in capitals; EC2 answers in small letters.
    State: endpoint.state as sdk.State,
    PolicyDocument: endpoint.policyDocument,
    RouteTableIds: [...endpoint.routeTableIds],
    SubnetIds: [...endpoint.subnetIds],
    Groups: describeGroups(tx, endpoint.securityGroupIds),
    IpAddressType: endpoint.ipAddressType,
    DnsOptions: { DnsRecordIpType: endpoint.dnsRecordIpType as sdk.DnsRecordIpType },
    PrivateDnsEnabled: endpoint.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: [...endpoint.interfaceIds],
    DnsEntries: dnsNames(tx, endpoint).map((DnsName) => ({ DnsName })),
    CreationTimestamp: new Date(endpoint.createdAt),
    OwnerId: accountIn(tx),
    Tags: shownTags(tx, endpoint.id),
  }
}

/** One name for all its interfaces, one for those of each zone, and the service's own if it answers to that. */
export function dnsNames(tx: Tx, endpoint: VpcEndpoint): readonly string[] {
  const { id, type, dnsLabel, subnetIds, serviceName, privateDnsEnabled } = endpoint
  if (type === "Gateway") return []
  const region = regionIn(tx)
  const service = endpointServices(region).find(({ name }) => name === serviceName)!
  const domain = `${serviceName.split(".").slice(3).toReversed().join(".")}.${region}.vpce.amazonaws.com`
  const zones = subnetIds.map((subnetId) => tx.mustGet(subnets, subnetId).zone)
  return [
    `${id}-${dnsLabel}.${domain}`,
    ...zones.map((zone) => `${id}-${dnsLabel}-${zone}.${domain}`),
    ...(privateDnsEnabled && service.privateDnsName !== undefined ? [service.privateDnsName] : []),
  ]
}

export function endpointFields(tx: Tx): FilterFields<VpcEndpoint> {
  return {
    "ip-address-type": ({ ipAddressType }) => ipAddressType,
    "service-name": ({ serviceName }) => serviceName,
    "service-region": () => regionIn(tx),
    "vpc-endpoint-id": ({ id }) => id,
    "vpc-endpoint-state": ({ state }) => state,
    "vpc-endpoint-type": ({ type }) => type,
    "vpc-id": ({ vpcId }) => vpcId,
  }
}
