import type { TestWorld } from "../../src/services/testing.ts"
import type { Setting } from "./setting.ts"

/** As the API reference spells them, which is not always alike. */
const FAULTS = [
  "AuthFailure",
  "CannotDelete",
  "CidrLimitExceeded",
  "DefaultSubnetAlreadyExistsInAvailabilityZone",
  "DefaultVpcAlreadyExists",
  "DefaultVpcDoesNotExist",
  "DependencyViolation",
  "DryRunOperation",
  "DuplicateSubnetsInSameZone",
  "FilterLimitExceeded",
  "FlowLogAlreadyExists",
  "Gateway.NotAttached",
  "IdempotentParameterMismatch",
  "InsufficientAddressCapacity",
  "InsufficientFreeAddressesInSubnet",
  "InvalidAddress.NotFound",
  "InvalidAllocationID.NotFound",
  "InvalidAssociationID.NotFound",
  "InvalidAttachmentID.NotFound",
  "InvalidCidrBlock.InUse",
  "InvalidDhcpOptionID.NotFound",
  "InvalidDhcpOptionsId.Malformed",
  "InvalidEgressOnlyInternetGatewayId.Malformed",
  "InvalidFlowLogId.Malformed",
  "InvalidFlowLogId.NotFound",
  "InvalidGatewayID.NotFound",
  "InvalidGroup.Duplicate",
  "InvalidGroup.NotFound",
  "InvalidGroupId.Malformed",
  "InvalidID",
  "InvalidIPAddress.InUse",
  "InvalidInstanceID.NotFound",
  "InvalidInstanceType",
  "InvalidInternetGatewayID.NotFound",
  "InvalidInternetGatewayId.Malformed",
  "InvalidNetworkAclEntry.NotFound",
  "InvalidNetworkAclID.NotFound",
  "InvalidNetworkAclId.Malformed",
  "InvalidNetworkInterfaceID.NotFound",
  "InvalidNetworkInterfaceId.Malformed",
  "InvalidNextToken",
  "InvalidParameter",
  "InvalidParameterCombination",
  "InvalidParameterValue",
  "InvalidPermission.Duplicate",
  "InvalidPermission.NotFound",
  "InvalidPrefixListID.NotFound",
  "InvalidPrefixListId.Malformed",
  "InvalidPrefixListId.NotFound",
  "InvalidRoute.NotFound",
  "InvalidRouteTableID.NotFound",
  "InvalidRouteTableId.Malformed",
  "InvalidSecurityGroupRuleId.Malformed",
  "InvalidSecurityGroupRuleId.NotFound",
  "InvalidServiceName",
  "InvalidStateTransition",
  "InvalidSubnet.Conflict",
  "InvalidSubnet.Range",
  "InvalidSubnetCidrBlockAssociationID.NotFound",
  "InvalidSubnetID.Malformed",
  "InvalidSubnetID.NotFound",
  "InvalidVpc.Conflict",
  "InvalidVpc.Range",
  "InvalidVpcCidrBlockAssociationID.NotFound",
  "InvalidVpcEndpointId.Malformed",
  "InvalidVpcEndpointId.NotFound",
  "InvalidVpcID.Malformed",
  "InvalidVpcID.NotFound",
  "InvalidVpcPeeringConnectionID.NotFound",
  "InvalidVpcPeeringConnectionId.Malformed",
  "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
  "MissingParameter",
  "NatGatewayMalformed",
  "NatGatewayNotFound",
  "NetworkAclEntryAlreadyExists",
  "NetworkAclEntryLimitExceeded",
  "OperationNotPermitted",
  "PrefixListMaxEntriesExceeded",
  "PrefixListVersionMismatch",
  "PrefixListVersionNotFound",
  "PrivateIpAddressLimitExceeded",
  "Resource.AlreadyAssociated",
  "RouteAlreadyExists",
  "RouteLimitExceeded",
  "RouteNotSupported",
  "RulesPerSecurityGroupLimitExceeded",
  "SecurityGroupsPerInterfaceLimitExceeded",
  "TagLimitExceeded",
  "UnknownParameter",
  "UnsupportedOperation",
  "UnsupportedTenancy",
  "VPCIdNotSpecified",
  "VpcPeeringConnectionAlreadyExists",
]

/** One of each kind of resource that nothing hangs on, and one that others hang on. */
export const ec2Setting: Setting = {
  client: "ec2",
  async prepare(region) {
    const { ec2, account } = region
    const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true })).Vpc!.VpcId!
    const { Vpc: peer } = await ec2.createVpc({ CidrBlock: "10.1.0.0/16" })
    const { Vpc: empty } = await ec2.createVpc({ CidrBlock: "10.2.0.0/16" })
    await ec2.associateVpcCidrBlock({ VpcId, CidrBlock: "10.9.0.0/16" })
    const { Vpcs } = await ec2.describeVpcs({ VpcIds: [VpcId] })
    const [, secondary] = Vpcs![0]!.CidrBlockAssociationSet!
    const ipv6 = Vpcs![0]!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!.replace("/56", "/64")

    const SubnetId = (await ec2.createSubnet({ VpcId, CidrBlock: "10.0.0.0/24" })).Subnet!.SubnetId!
    const { Subnet: dual } = await ec2.createSubnet({ VpcId, CidrBlock: "10.0.1.0/24", Ipv6CidrBlock: ipv6 })
    const { Subnet: free } = await ec2.createSubnet({ VpcId, CidrBlock: "10.0.2.0/24" })
    const own = await ec2.createNetworkInterface({ SubnetId, SecondaryPrivateIpAddressCount: 1 })
    const NetworkInterfaceId = own.NetworkInterface!.NetworkInterfaceId!
    const secondAddress = own.NetworkInterface!.PrivateIpAddresses![1]!.PrivateIpAddress!
    const inDual = await ec2.createNetworkInterface({ SubnetId: dual!.SubnetId!, Ipv6AddressCount: 1 })

    const made = await Promise.all([
      gateways(region, VpcId, SubnetId),
      groups(region, VpcId),
      routes(region, VpcId, SubnetId),
      connections(region, VpcId, peer!.VpcId!),
    ])
    const [{ nat, natAttachment, ...gateway }, { rules, egressRule, ...group }, route, connection] = made
    const names = {
      VpcId,
      SubnetId,
      NetworkInterfaceId,
      ...gateway,
      ...group,
      ...route.names,
      ...connection.names,
      AvailabilityZone: "us-east-1a",
      CidrBlock: "10.0.3.0/24",
    }
    const dryFree = { SubnetId: free!.SubnetId! }
    const rule = { IpProtocol: "tcp", FromPort: 81, ToPort: 81, CidrIp: "10.0.0.0/8" }
    return {
      names,
      inputs: {
        CreateVpc: { CidrBlock: "10.5.0.0/16" },
        DeleteVpc: { VpcId: empty!.VpcId! },
        CreateDefaultVpc: { DryRun: false },
        ModifyVpcAttribute: { VpcId, EnableDnsHostnames: { Value: true } },
        DescribeVpcAttribute: { VpcId, Attribute: "enableDnsSupport" },
        ModifyVpcTenancy: { VpcId, InstanceTenancy: "default" },
        AssociateVpcCidrBlock: { VpcId, CidrBlock: "10.6.0.0/16" },
        DisassociateVpcCidrBlock: { AssociationId: secondary!.AssociationId! },
        CreateSubnet: { VpcId, CidrBlock: "10.0.3.0/24" },
        CreateDefaultSubnet: { AvailabilityZone: "us-east-1a" },
        DeleteSubnet: dryFree,
        ModifySubnetAttribute: { SubnetId, MapPublicIpOnLaunch: { Value: true } },
        AssociateSubnetCidrBlock: { SubnetId, Ipv6CidrBlock: ipv6.replace("00::/64", "01::/64") },
        DisassociateSubnetCidrBlock: {
          AssociationId: dual!.Ipv6CidrBlockAssociationSet![0]!.AssociationId!,
        },
        CreateTags: { Resources: [VpcId], Tags: [{ Key: "a", Value: "b" }] },
        DeleteTags: { Resources: [VpcId] },
        AssignPrivateIpAddresses: { NetworkInterfaceId, SecondaryPrivateIpAddressCount: 1 },
        UnassignPrivateIpAddresses: { NetworkInterfaceId, PrivateIpAddresses: [secondAddress] },
        AssignIpv6Addresses: {
          NetworkInterfaceId: inDual.NetworkInterface!.NetworkInterfaceId!,
          Ipv6AddressCount: 1,
        },
        UnassignIpv6Addresses: {
          NetworkInterfaceId: inDual.NetworkInterface!.NetworkInterfaceId!,
          Ipv6Addresses: [inDual.NetworkInterface!.Ipv6Addresses![0]!.Ipv6Address!],
        },
        ModifyNetworkInterfaceAttribute: { NetworkInterfaceId, Description: { Value: "b" } },
        DescribeNetworkInterfaceAttribute: { NetworkInterfaceId, Attribute: "description" },
        ResetNetworkInterfaceAttribute: { NetworkInterfaceId, SourceDestCheck: "true" },
        DetachNetworkInterface: { AttachmentId: natAttachment },
        CreateSecurityGroup: { GroupName: "new", Description: "new", VpcId },
        DeleteSecurityGroup: { GroupId: group.GroupId },
        DescribeSecurityGroupReferences: { GroupId: [group.GroupId] },
        AuthorizeSecurityGroupIngress: { GroupId: group.GroupId, ...rule },
        AuthorizeSecurityGroupEgress: { GroupId: group.GroupId, ...rule },
        RevokeSecurityGroupIngress: { GroupId: group.GroupId, SecurityGroupRuleIds: rules },
        RevokeSecurityGroupEgress: { GroupId: group.GroupId, SecurityGroupRuleIds: [egressRule] },
        UpdateSecurityGroupRuleDescriptionsIngress: {
          GroupId: group.GroupId,
          SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: rules[0]!, Description: "a" }],
        },
        UpdateSecurityGroupRuleDescriptionsEgress: {
          GroupId: group.GroupId,
          SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: egressRule, Description: "a" }],
        },
        ModifySecurityGroupRules: {
          GroupId: group.GroupId,
          SecurityGroupRules: [
            {
              SecurityGroupRuleId: rules[0]!,
              SecurityGroupRule: { IpProtocol: "-1", CidrIpv4: "10.0.0.0/8" },
            },
          ],
        },
        AttachInternetGateway: { InternetGatewayId: gateway.freeGateway, VpcId: empty!.VpcId! },
        DeleteInternetGateway: { InternetGatewayId: gateway.freeGateway },
        DetachInternetGateway: { InternetGatewayId: gateway.InternetGatewayId, VpcId },
        DeleteNatGateway: { NatGatewayId: nat },
        CreateNatGateway: { SubnetId, ConnectivityType: "private" },
        AssociateAddress: { AllocationId: gateway.AllocationId, NetworkInterfaceId },
        DisassociateAddress: { AssociationId: gateway.associated },
        ReleaseAddress: { AllocationId: gateway.AllocationId },
        ...route.inputs,
        ...connection.inputs,
        CreateFlowLogs: {
          ResourceIds: [VpcId],
          ResourceType: "VPC",
          TrafficType: "ALL",
          LogGroupName: "flows",
          DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/flows`,
        },
      },
    }
  },

  refusals: {
    AttachNetworkInterface: "InvalidInstanceID.NotFound",
    CreateDefaultSubnet: "DefaultSubnetAlreadyExistsInAvailabilityZone",
    CreateDefaultVpc: "DefaultVpcAlreadyExists",
    DetachInternetGateway: "DependencyViolation",
    DetachNetworkInterface: "OperationNotPermitted",
    DisassociateSubnetCidrBlock: "InvalidCidrBlock.InUse",
  },

  faults: FAULTS,
}

async function gateways({ ec2, world }: TestWorld, VpcId: string, SubnetId: string) {
  const InternetGatewayId = (await ec2.createInternetGateway({})).InternetGateway!.InternetGatewayId!
  const freeGateway = (await ec2.createInternetGateway({})).InternetGateway!.InternetGatewayId!
  await ec2.attachInternetGateway({ InternetGatewayId, VpcId })
  const eigw = await ec2.createEgressOnlyInternetGateway({ VpcId })
  const AllocationId = (await ec2.allocateAddress({})).AllocationId!
  const used = (await ec2.allocateAddress({})).AllocationId!
  const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId })
  const { AssociationId } = await ec2.associateAddress({
    AllocationId: used,
    NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId!,
  })
  const nat = (await ec2.createNatGateway({ SubnetId, ConnectivityType: "private" })).NatGateway!
  await world.settle()
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
    NetworkInterfaceIds: [nat.NatGatewayAddresses![0]!.NetworkInterfaceId!],
  })
  return {
    InternetGatewayId,
    freeGateway,
    EgressOnlyInternetGatewayId: eigw.EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!,
    AllocationId,
    associated: AssociationId!,
    nat: nat.NatGatewayId!,
    natAttachment: NetworkInterfaces![0]!.Attachment!.AttachmentId!,
  }
}

async function groups({ ec2 }: TestWorld, VpcId: string) {
  const GroupId = (await ec2.createSecurityGroup({ VpcId, GroupName: "known", Description: "known" })).GroupId!
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }]
  const ingress = await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
  const egress = await ec2.authorizeSecurityGroupEgress({ GroupId, IpPermissions })
  return {
    GroupId,
    rules: ingress.SecurityGroupRules!.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId!),
    egressRule: egress.SecurityGroupRules![0]!.SecurityGroupRuleId!,
  }
}

async function routes({ ec2 }: TestWorld, VpcId: string, SubnetId: string) {
  const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId })
  const NetworkInterfaceId = NetworkInterface!.NetworkInterfaceId!
  const table = async () => (await ec2.createRouteTable({ VpcId })).RouteTable!.RouteTableId!
  const [RouteTableId, associated, free] = [await table(), await table(), await table()]
  const route = { RouteTableId: RouteTableId!, DestinationCidrBlock: "192.168.0.0/16" }
  await ec2.createRoute({ ...route, NetworkInterfaceId })
  const other = (await ec2.createSubnet({ VpcId, CidrBlock: "10.0.9.0/24" })).Subnet!.SubnetId!
  const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: associated!, SubnetId: other })
  const acls = await ec2.describeNetworkAcls({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId] }] })
  const association = acls.NetworkAcls![0]!.Associations!.find((one) => one.SubnetId === SubnetId)!
  const NetworkAclId = (await ec2.createNetworkAcl({ VpcId })).NetworkAcl!.NetworkAclId!
  const place = { NetworkAclId, RuleNumber: 7, Egress: false }
  const entry = { ...place, Protocol: "-1", RuleAction: "allow" as const, CidrBlock: "0.0.0.0/0" }
  await ec2.createNetworkAclEntry(entry)
  return {
    names: { RouteTableId: RouteTableId!, NetworkAclId },
    inputs: {
      CreateRoute: { RouteTableId, DestinationCidrBlock: "192.169.0.0/16", NetworkInterfaceId },
      ReplaceRoute: { ...route, NetworkInterfaceId },
      DeleteRoute: route,
      DeleteRouteTable: { RouteTableId: free! },
      AssociateRouteTable: { RouteTableId, SubnetId },
      DisassociateRouteTable: { AssociationId: AssociationId! },
      ReplaceRouteTableAssociation: { AssociationId: AssociationId!, RouteTableId },
      ReplaceNetworkAclAssociation: { AssociationId: association.NetworkAclAssociationId!, NetworkAclId },
      CreateNetworkAclEntry: { ...entry, RuleNumber: 8 },
      ReplaceNetworkAclEntry: entry,
      DeleteNetworkAclEntry: place,
    },
  }
}

async function connections({ ec2, account }: TestWorld, VpcId: string, PeerVpcId: string) {
  const pending = await ec2.createVpcPeeringConnection({ VpcId, PeerVpcId })
  const pendingId = pending.VpcPeeringConnection!.VpcPeeringConnectionId!
  const third = (await ec2.createVpc({ CidrBlock: "10.3.0.0/16" })).Vpc!.VpcId!
  const active = await ec2.createVpcPeeringConnection({ VpcId, PeerVpcId: third })
  const VpcPeeringConnectionId = active.VpcPeeringConnection!.VpcPeeringConnectionId!
  await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
  const ServiceName = "com.amazonaws.us-east-1.s3"
  const VpcEndpointId = (await ec2.createVpcEndpoint({ VpcId, ServiceName })).VpcEndpoint!.VpcEndpointId!
  const DhcpConfigurations = [{ Key: "domain-name", Values: ["a.internal"] }]
  const DhcpOptionsId = (await ec2.createDhcpOptions({ DhcpConfigurations })).DhcpOptions!.DhcpOptionsId!
  const list = { PrefixListName: "a", AddressFamily: "IPv4", MaxEntries: 2 }
  const PrefixListId = (await ec2.createManagedPrefixList(list)).PrefixList!.PrefixListId!
  await ec2.modifyManagedPrefixList({ PrefixListId, CurrentVersion: 1, AddEntries: [{ Cidr: "10.0.0.0/8" }] })
  const { FlowLogIds } = await ec2.createFlowLogs({
    ResourceIds: [third],
    ResourceType: "VPC",
    TrafficType: "ALL",
    LogGroupName: "flows",
    DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/flows`,
  })
  return {
    names: { VpcPeeringConnectionId, VpcEndpointId, DhcpOptionsId, PrefixListId },
    inputs: {
      CreateVpcPeeringConnection: { VpcId: PeerVpcId, PeerVpcId: third },
      AcceptVpcPeeringConnection: { VpcPeeringConnectionId: pendingId },
      RejectVpcPeeringConnection: { VpcPeeringConnectionId: pendingId },
      CreateVpcEndpoint: { VpcId, ServiceName },
      DeleteVpcEndpoints: { VpcEndpointIds: [VpcEndpointId] },
      CreateDhcpOptions: { DhcpConfigurations },
      CreateManagedPrefixList: list,
      RestoreManagedPrefixListVersion: { PrefixListId, PreviousVersion: 1, CurrentVersion: 2 },
      DeleteFlowLogs: { FlowLogIds },
    },
  }
}
