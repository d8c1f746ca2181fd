/**
 * Amazon EC2, as far as it is about networks: what lies below a task that has an interface of its own.
 *
 * Covers: VPCs with several blocks of both families, subnets, DHCP options; network interfaces with their addresses;
 * security groups and their rules, by permission and by id; prefix lists; route tables; internet, egress-only and NAT
 * gateways; elastic IPs; network ACLs; peering of VPCs, also between accounts and regions; VPC endpoints of both kinds;
 * flow logs to CloudWatch Logs; tags; zones, regions, account attributes and instance types. The default VPC is made
 * at an account's first use of EC2 in a region.
 *
 * Leaves out, and says so when asked: instances and everything about them, so an interface can only be attached by
 * another service; volumes, images, key pairs, launch templates; VPN, transit, local and carrier gateways, IPAM, Outposts,
 * subnets without IPv4, prefixes of interfaces, regional NAT gateways and secondary addresses of NAT gateways,
 * Gateway Load Balancers, endpoint services of one's own, endpoint policies that allow less than everything,
 * flow logs to S3 and Firehose, address pools of one's own. Policies cannot ask for the condition key `ec2:Attribute`.
 *
 * In force on the nodes (src/node/fabric) are addresses and names, security groups, network ACLs, routes to internet and
 * NAT gateways and peering. So are interface endpoints, as ways to the region; the domain name and
 * name servers of DHCP options; and prefix lists wherever they are named. Kept without effect so far: routes to egress-only
 * internet gateways, gateway endpoints beyond their routes, other DHCP options, a second interface of a task. Kept beyond
 * that: `InstanceTenancy`, `EnableNetworkAddressUsageMetrics`, `EnableDns64` and the role of a flow log. `LogFormat` of a
 * flow log is checked field by field.
 *
 * Unlike AWS on purpose: what takes AWS seconds is done at once, and only NAT gateways, interface endpoints and peering
 * connections pass through states that anyone sees. An address that was freed rests for a minute, but is given out
 * sooner, the longest rested first, when a subnet has no other. Public addresses come from 198.18.0.0/15 until
 * the operator names another (`setPublicRange`), IPv6 blocks from a range of unique local addresses. There are few
 * quotas: where AWS has one that it raises, its highest value holds. All regions have three zones. A VPC may have
 * secondary blocks of any private range. An interface has 16 security groups at most. AWS's own prefix lists hold
 * the one address at which tasks reach the region.
 */
import { service } from "../../aws/service.ts"
import { withBeginning } from "./default-network.ts"
import { dhcpOptionsOperations } from "./dhcp-options.ts"
import { egressOnlyInternetGatewayOperations } from "./egress-only-internet-gateway.ts"
import { elasticIpOperations } from "./elastic-ip.ts"
import { flowLogOperations } from "./flow-log.ts"
import { instanceTypeOperations } from "./instance-type.ts"
import { internetGatewayOperations } from "./internet-gateway.ts"
import { natGatewayMoves } from "./nat-gateway/controller.ts"
import { natGatewayOperations } from "./nat-gateway.ts"
import { networkAclEntryOperations } from "./network-acl/entry.ts"
import { networkAclOperations } from "./network-acl.ts"
import { interfaceAddressOperations } from "./network-interface/address.ts"
import { interfaceAttributeOperations } from "./network-interface/attribute.ts"
import { networkInterfaceOperations } from "./network-interface.ts"
import { peeringExpiry } from "./peering/controller.ts"
import { placeOperations } from "./place.ts"
import { prefixListOperations } from "./prefix-list.ts"
import { routeTableAssociationOperations } from "./route-table/association.ts"
import { routeOperations } from "./route-table/route.ts"
import { routeTableOperations } from "./route-table.ts"
import { securityGroupChangeOperations } from "./security-group/change.ts"
import { securityGroupRuleOperations } from "./security-group/rule.ts"
import { securityGroupOperations } from "./security-group.ts"
import { subnetAttributeOperations } from "./subnet/attribute.ts"
import { subnetCidrBlockOperations } from "./subnet/cidr-block.ts"
import { subnetOperations } from "./subnet.ts"
import * as tables from "./tables.ts"
import { tagOperations } from "./tag.ts"
import { vpcCidrBlockOperations } from "./vpc/cidr-block.ts"
import { vpcOperations } from "./vpc.ts"
import { endpointMoves } from "./vpc-endpoint/controller.ts"
import { vpcEndpointOperations } from "./vpc-endpoint.ts"
import { vpcPeeringConnectionOperations } from "./vpc-peering-connection.ts"

export { availableCount } from "./address/allocate.ts"
export { operatorsRange, publicRange, setPublicRange } from "./address/public.ts"
export { flowLogsOf } from "./flow-log/covering.ts"
export { type FlowLogField, fieldsOf, versionOf } from "./flow-log/format.ts"
export { type InstanceType, instanceType } from "./instance-type/data.ts"
export {
  attachInterface,
  defaultVpc,
  deleteInterface,
  describeSubnet,
  type InterfaceForService,
} from "./interface-for-services.ts"
export { privateDnsName, publicDnsName } from "./network-interface/names.ts"
export { interfaceSurroundings, type Surroundings } from "./network-interface/surroundings.ts"
export { awsPrefixLists } from "./prefix-list/aws-managed.ts"
export { routeTableOf } from "./route-table/find.ts"
export * from "./tables.ts"
export { endpointDnsNames } from "./vpc-endpoint/describe.ts"
export { type Zone, zonesOf } from "./zones.ts"

export const ec2 = service({
  name: "ec2",
  queryVersion: "2016-11-15",
  protocols: ["ec2Query"],
  sdk: () => import("@aws-sdk/client-ec2"),
  operations: withBeginning({
    ...placeOperations,
    ...tagOperations,
    ...vpcOperations,
    ...vpcCidrBlockOperations,
    ...subnetOperations,
    ...subnetCidrBlockOperations,
    ...subnetAttributeOperations,
    ...networkInterfaceOperations,
    ...interfaceAddressOperations,
    ...interfaceAttributeOperations,
    ...securityGroupOperations,
    ...securityGroupRuleOperations,
    ...securityGroupChangeOperations,
    ...prefixListOperations,
    ...internetGatewayOperations,
    ...egressOnlyInternetGatewayOperations,
    ...routeTableOperations,
    ...routeOperations,
    ...routeTableAssociationOperations,
    ...elasticIpOperations,
    ...natGatewayOperations,
    ...networkAclOperations,
    ...networkAclEntryOperations,
    ...vpcPeeringConnectionOperations,
    ...vpcEndpointOperations,
    ...dhcpOptionsOperations,
    ...flowLogOperations,
    ...instanceTypeOperations,
  }),
  tables: [
    tables.beginnings,
    tables.vpcs,
    tables.ipv6Blocks,
    tables.subnets,
    tables.dhcpOptions,
    tables.privateAddresses,
    tables.publicAddresses,
    tables.publicRanges,
    tables.macAddresses,
    tables.networkInterfaces,
    tables.elasticIps,
    tables.securityGroups,
    tables.securityGroupRules,
    tables.prefixLists,
    tables.routeTables,
    tables.routeTableAssociations,
    tables.internetGateways,
    tables.egressOnlyInternetGateways,
    tables.natGateways,
    tables.networkAcls,
    tables.vpcPeeringConnections,
    tables.vpcEndpoints,
    tables.flowLogs,
    tables.resourceTags,
    tables.clientTokens,
  ],
  controllers: [natGatewayMoves, endpointMoves, peeringExpiry],
})
