import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations } from "../../aws/operations.ts"
import { newHex } from "../../world/ids.ts"
import { toService } from "./conditions.ts"
import { chosen, described } from "./describe.ts"
import { fault, invalidValue, missing, notYet } from "./fault.ts"
import { newId } from "./ids.ts"
import { checkedGroups } from "./network-interface/groups.ts"
import { once } from "./once.ts"
import { permit, permitMaking, permitted } from "./permit.ts"
import { endpointKind, find, findAll, remove, routeTableKind, vpcKind } from "./resource.ts"
import { networkInterfaces, type RouteTable, type VpcEndpoint, vpcEndpoints } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"
import { refuseUnsupported } from "./unsupported.ts"
import { describeEndpoint, endpointFields } from "./vpc-endpoint/describe.ts"
import {
  addInterface,
  checkChosen,
  checkedSubnets,
  checkPrivateDns,
  dropInterfaces,
} from "./vpc-endpoint/interfaces.ts"
import { checkPolicy, FULL_ACCESS_DOCUMENT } from "./vpc-endpoint/policy.ts"
import { endpointServices } from "./vpc-endpoint/services.ts"
import { zonesOf } from "./zones.ts"

export const vpcEndpointOperations = {
  CreateVpcEndpoint(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "vpc-endpoint")
    const { SubnetIds, RouteTableIds, SecurityGroupIds } = input
    const others = [`vpc/${input.VpcId}`, ...partsNamed(SubnetIds, RouteTableIds, SecurityGroupIds)]
    permitMaking(call, input, endpointKind, tags, others, () => toService(input.ServiceName))
    refuseUnsupported(input, { ServiceNetworkArn: "VPC Lattice", ResourceConfigurationArn: "VPC Lattice" })
    checkPolicy(input.PolicyDocument)
    const { ServiceRegion = call.region, IpAddressType = "ipv4" } = input
    if (ServiceRegion !== call.region) throw notYet("endpoints of services in other regions")
    if (IpAddressType !== "ipv4") throw notYet("IPv6 addresses of endpoints")
    find(call.tx, vpcKind, input.VpcId!)
    const type = checkedType(call, input)
    const [id] = once(call, input, () => {
      const endpoint = type === "Gateway" ? gatewayEndpoint(call, input) : interfaceEndpoint(call, input)
      call.tx.put(vpcEndpoints, endpoint)
      putTags(call.tx, "vpc-endpoint", endpoint.id, tags)
      return [endpoint.id]
    })
    const endpoint = find(call.tx, endpointKind, id!)
    return { VpcEndpoint: describeEndpoint(call.tx, endpoint), ClientToken: input.ClientToken }
  },

  DescribeVpcEndpoints(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: endpointKind,
      ids: [input.VpcEndpointIds, "VpcEndpointIds"],
      fields: endpointFields(call.tx),
      indexed: { "vpc-id": "vpc" },
      show: (endpoint) => describeEndpoint(call.tx, endpoint),
    })
    return { VpcEndpoints: shown, NextToken }
  },

  ModifyVpcEndpoint(call, input) {
    const { AddSubnetIds, AddRouteTableIds, AddSecurityGroupIds } = input
    const others = partsNamed(AddSubnetIds, AddRouteTableIds, AddSecurityGroupIds)
    const endpoint = permitted(call, input, endpointKind, input.VpcEndpointId!, others)
    checkPolicy(input.PolicyDocument)
    if ((input.IpAddressType ?? "ipv4") !== "ipv4") throw notYet("IPv6 addresses of endpoints")
    const modified =
      endpoint.type === "Gateway" ? withRouteTables(call, endpoint, input) : withInterfaces(call, endpoint, input)
    call.tx.put(vpcEndpoints, modified)
    return { Return: true }
  },

  DeleteVpcEndpoints(call, input) {
    const ids = [...new Set(input.VpcEndpointIds!)]
    permit(
      call,
      input,
      ids.map((id) => `vpc-endpoint/${id}`),
    )
    const found = ids.map((id) => ({ id, endpoint: call.tx.get(vpcEndpoints, id) }))
    for (const { endpoint } of found) {
      if (endpoint === undefined) continue
      dropInterfaces(call, endpoint.interfaceIds)
      remove(call.tx, endpointKind, endpoint.id)
    }
    return {
      Unsuccessful: found
        .filter(({ endpoint }) => endpoint === undefined)
        .map(({ id }) => ({
          ResourceId: id,
          Error: { Code: endpointKind.notFound, Message: endpointKind.absent!([id]) },
        })),
    }
  },

  DescribeVpcEndpointServices(call, input) {
    permit(call, input, "*")
    const { ServiceNames = [], ServiceRegions = [call.region] } = input
    const all = ServiceRegions.includes(call.region) ? endpointServices(call.region) : []
    const unknown = ServiceNames.find((name) => !all.some((service) => service.name === name))
    if (unknown !== undefined) throw noService(unknown)
    const details = all
      .filter(({ name }) => ServiceNames.length === 0 || ServiceNames.includes(name))
      .flatMap(({ name, types, privateDnsName }) => types.map((type) => ({ name, type, privateDnsName })))
    const { page, nextToken } = chosen(call, input, {
      all: details,
      fields: {
        owner: () => "amazon",
        "service-name": ({ name }) => name,
        "service-region": () => call.region,
        "service-type": ({ type }) => type,
        "supported-ip-address-types": () => "ipv4",
      },
      position: ({ name, type }) => `${name} ${type}`,
    })
    return {
      ServiceNames: [...new Set(page.map(({ name }) => name))],
      ServiceDetails: page.map(({ name, type, privateDnsName }) => describeService(call, name, type, privateDnsName)),
      NextToken: nextToken,
    }
  },
} satisfies Operations<typeof sdk>

/** What an endpoint is made part of, as policies name it. */
function partsNamed(
  subnetIds: readonly string[] = [],
  routeTableIds: readonly string[] = [],
  groupIds: readonly string[] = [],
): readonly string[] {
  return [
    ...subnetIds.map((id) => `subnet/${id}`),
    ...routeTableIds.map((id) => `route-table/${id}`),
    ...groupIds.map((id) => `security-group/${id}`),
  ]
}

function noService(name: string) {
  return fault("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`)
}

function checkedType(call: Call, { ServiceName, VpcEndpointType = "Gateway" }: sdk.CreateVpcEndpointRequest) {
  if (ServiceName === undefined) throw missing("serviceName")
  const service = endpointServices(call.region).find(({ name }) => name === ServiceName)
  if (service === undefined) throw noService(ServiceName)
  if (VpcEndpointType !== "Gateway" && VpcEndpointType !== "Interface") {
    throw notYet(`endpoints of type ${VpcEndpointType}`)
  }
  if (service.types.includes(VpcEndpointType)) return VpcEndpointType
  throw fault(
    "InvalidParameter",
    `Endpoint type (${VpcEndpointType}) does not match available service types ([${service.types.join(", ")}]).`,
  )
}

function endpointFor(call: Call, input: sdk.CreateVpcEndpointRequest): Omit<VpcEndpoint, "type"> {
  return {
    id: newId(call.random, "vpce"),
    vpcId: input.VpcId!,
    serviceName: input.ServiceName!,
    state: "available",
    policyDocument: input.PolicyDocument || FULL_ACCESS_DOCUMENT,
    routeTableIds: [],
    subnetIds: [],
    interfaceIds: [],
    securityGroupIds: [],
    privateDnsEnabled: false,
    ipAddressType: "ipv4",
    dnsRecordIpType: input.DnsOptions?.DnsRecordIpType ?? "ipv4",
    dnsLabel: newHex(call.random, 8),
    createdAt: call.now,
  }
}

function gatewayEndpoint(call: Call, input: sdk.CreateVpcEndpointRequest): VpcEndpoint {
  refuseForGateway(input)
  if (input.PrivateDnsEnabled) throw invalidValue("Private DNS cannot be enabled for endpoints of type Gateway")
  const endpoint: VpcEndpoint = { ...endpointFor(call, input), type: "Gateway" }
  return withRouteTables(call, endpoint, { AddRouteTableIds: input.RouteTableIds })
}

function refuseForGateway(input: {
  readonly SubnetIds?: readonly string[] | undefined
  readonly SecurityGroupIds?: readonly string[] | undefined
}): void {
  const parameter = input.SubnetIds?.length
    ? "SubnetIds"
    : input.SecurityGroupIds?.length
      ? "SecurityGroupIds"
      : undefined
  if (parameter !== undefined) {
    throw fault("InvalidParameter", `${parameter} cannot be used with endpoints of type Gateway.`)
  }
}

type RouteTableChange = Pick<sdk.ModifyVpcEndpointRequest, "AddRouteTableIds" | "RemoveRouteTableIds">

function withRouteTables(call: Call, endpoint: VpcEndpoint, change: RouteTableChange): VpcEndpoint {
  const { AddRouteTableIds = [], RemoveRouteTableIds = [] } = change
  const added = findAll(call.tx, routeTableKind, [...new Set(AddRouteTableIds)])
  for (const routeTable of added) checkRouteTable(call, endpoint, routeTable)
  const left = endpoint.routeTableIds.filter((id) => !RemoveRouteTableIds.includes(id))
  return { ...endpoint, routeTableIds: [...new Set([...left, ...added.map(({ id }) => id)])] }
}

function checkRouteTable({ tx }: Call, endpoint: VpcEndpoint, { id, vpcId }: RouteTable): void {
  if (vpcId !== endpoint.vpcId) {
    throw fault("InvalidParameter", `The route table ${id} does not belong to the VPC ${endpoint.vpcId}`)
  }
  const others = tx.where(vpcEndpoints, "routeTable", id).filter((other) => other.id !== endpoint.id)
  if (others.some(({ serviceName }) => serviceName === endpoint.serviceName)) {
    throw fault("RouteAlreadyExists", `route table ${id} already has a route to ${endpoint.serviceName}`)
  }
}

function interfaceEndpoint(call: Call, input: sdk.CreateVpcEndpointRequest): VpcEndpoint {
  if (input.RouteTableIds?.length) {
    throw fault("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoints.")
  }
  const privateDnsEnabled = input.PrivateDnsEnabled ?? true
  const base: VpcEndpoint = { ...endpointFor(call, input), type: "Interface", state: "pending", privateDnsEnabled }
  if (privateDnsEnabled) checkPrivateDns(call, call.region, { ...base, id: undefined })
  return withInterfaces(call, base, {
    AddSubnetIds: input.SubnetIds,
    AddSecurityGroupIds: input.SecurityGroupIds,
    SubnetConfigurations: input.SubnetConfigurations,
  })
}

type InterfaceChange = Omit<sdk.ModifyVpcEndpointRequest, "VpcEndpointId">

function withInterfaces(call: Call, endpoint: VpcEndpoint, change: InterfaceChange): VpcEndpoint {
  const { tx } = call
  const { AddSubnetIds = [], RemoveSubnetIds = [], SubnetConfigurations = [] } = change
  const { AddSecurityGroupIds = [], RemoveSecurityGroupIds = [] } = change
  if (change.AddRouteTableIds?.length) {
    throw fault("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoints.")
  }
  const { id, vpcId } = endpoint
  const wantedGroups = [...endpoint.securityGroupIds, ...AddSecurityGroupIds].filter(
    (groupId) => !RemoveSecurityGroupIds.includes(groupId),
  )
  const securityGroupIds = checkedGroups(tx, { id: vpcId, vpcId }, wantedGroups)
  const wantedSubnets = [...endpoint.subnetIds, ...AddSubnetIds].filter((one) => !RemoveSubnetIds.includes(one))
  const present = endpoint.interfaceIds.map((interfaceId) => tx.mustGet(networkInterfaces, interfaceId))
  const gone = present.filter(({ subnetId }) => !wantedSubnets.includes(subnetId))
  const kept = present.filter(({ subnetId }) => wantedSubnets.includes(subnetId))
  dropInterfaces(
    call,
    gone.map((one) => one.id),
  )
  for (const one of kept) tx.put(networkInterfaces, { ...one, securityGroupIds })

  const inSubnets = checkedSubnets(tx, vpcId, wantedSubnets)
  checkChosen(wantedSubnets, SubnetConfigurations)
  const interfaceIds = inSubnets.map(
    (subnet) =>
      kept.find(({ subnetId }) => subnetId === subnet.id)?.id ??
      addInterface(call, { id, securityGroupIds }, subnet, SubnetConfigurations),
  )
  const privateDnsEnabled = change.PrivateDnsEnabled ?? endpoint.privateDnsEnabled
  if (privateDnsEnabled && !endpoint.privateDnsEnabled) checkPrivateDns(call, call.region, endpoint)
  const subnetIds = inSubnets.map((subnet) => subnet.id)
  return { ...endpoint, securityGroupIds, subnetIds, interfaceIds, privateDnsEnabled }
}

function describeService(
  { region }: Call,
  name: string,
  ServiceType: VpcEndpoint["type"],
  privateDnsName: string | undefined,
): sdk.ServiceDetail {
  return {
    ServiceName: name,
    ServiceType: [{ ServiceType }],
    ServiceRegion: region,
    AvailabilityZones: zonesOf(region).map((zone) => zone.name),
    Owner: "amazon",
    BaseEndpointDnsNames: [`${name.split(".").slice(3).toReversed().join(".")}.${region}.vpce.amazonaws.com`],
    ...(privateDnsName !== undefined && {
      PrivateDnsName: privateDnsName,
      PrivateDnsNames: [{ PrivateDnsName: privateDnsName }],
      PrivateDnsNameVerificationState: "verified",
    }),
    VpcEndpointPolicySupported: true,
    AcceptanceRequired: false,
    ManagesVpcEndpoints: false,
    SupportedIpAddressTypes: ["ipv4"],
    Tags: [],
  }
}
