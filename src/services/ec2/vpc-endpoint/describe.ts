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
    DnsEntries: endpointDnsNames(tx, endpoint).map(({ name }) => ({ DnsName: name })),
    CreationTimestamp: new Date(endpoint.createdAt),
    OwnerId: accountIn(tx),
    Tags: shownTags(tx, endpoint.id),
  }
}

/** One name for all its interfaces, one for those of each zone, and the service's own if it answers to that. */
export function endpointDnsNames(tx: Tx, endpoint: VpcEndpoint): readonly EndpointDnsName[] {
  const { id, type, dnsLabel, subnetIds, serviceName, privateDnsEnabled } = endpoint
  if (type === "Gateway") return []
  const region = regionIn(tx)
  const service = endpointServices(region).find(({ name }) => name === serviceName)!
  const domain = `${serviceName.split(".").slice(3).toReversed().join(".")}.${region}.vpce.amazonaws.com`
  const zones = subnetIds.map((subnetId) => tx.mustGet(subnets, subnetId).zone)
  const named = (name: string, isPrivate = false): EndpointDnsName => ({ name, zone: undefined, isPrivate })
  return [
    named(`${id}-${dnsLabel}.${domain}`),
    ...zones.map((zone) => ({ ...named(`${id}-${dnsLabel}-${zone}.${domain}`), zone })),
    ...(privateDnsEnabled && service.privateDnsName !== undefined ? [named(service.privateDnsName, true)] : []),
  ]
}

export interface EndpointDnsName {
  readonly name: string

  /** Whose interfaces alone it stands for; undefined for all of them. */
  readonly zone: string | undefined

  /** The name that clients know the service by. */
  readonly isPrivate: boolean
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
