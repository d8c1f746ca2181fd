import { arnOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import {
  elasticIps,
  networkAcls,
  networkInterfaces,
  type PeeringSide,
  routeTables,
  securityGroups,
  subnets,
  vpcEndpoints,
  vpcPeeringConnections,
  vpcs,
} from "./tables.ts"
import { tagsOf } from "./tagging.ts"

/** What policies may ask of a resource, as in `vpc/vpc-0…`: its tags, and what is special to its kind. */
export function resourceConditions(call: Call, resource: string): Conditions {
  const [type = "", id = ""] = resource.split("/")
  return {
    "ec2:Region": call.region,
    ...resourceTagConditions(tagsOf(call.tx, id), "ec2"),
    ...(Object.hasOwn(PROPERTIES, type) && PROPERTIES[type]!(call, id)),
  }
}

/** Where something is that lies in a VPC. */
export function inVpc(call: Call, vpcId: string | undefined): Conditions {
  return { "ec2:Vpc": vpcId && arnOf("ec2", call, `vpc/${vpcId}`) }
}

/** Where something is that lies in a subnet. */
export function inSubnet(call: Call, subnetId: string | undefined): Conditions {
  const subnet = subnetId === undefined ? undefined : call.tx.get(subnets, subnetId)
  return {
    ...inVpc(call, subnet?.vpcId),
    "ec2:Subnet": subnetId && arnOf("ec2", call, `subnet/${subnetId}`),
    "ec2:AvailabilityZone": subnet?.zone,
  }
}

/** Whom a peering connection connects. */
export function betweenVpcs(requester: Side, accepter: Side): Conditions {
  return {
    "ec2:RequesterVpc": arnOf("ec2", requester, `vpc/${requester.vpcId}`),
    "ec2:AccepterVpc": arnOf("ec2", accepter, `vpc/${accepter.vpcId}`),
  }
}

type Side = Pick<PeeringSide, "account" | "region" | "vpcId">

/** Every service that an endpoint can be for is AWS's own. */
export function toService(serviceName: string | undefined): Conditions {
  return { "ec2:VpceServiceName": serviceName, "ec2:VpceServiceOwner": "amazon" }
}

/** By type, for those that have more to ask for than tags. */
const PROPERTIES: Readonly<Record<string, (call: Call, id: string) => Conditions | undefined>> = {
  vpc: ({ tx }, id) => ({ "ec2:VpcID": id, "ec2:Tenancy": tx.get(vpcs, id)?.tenancy }),

  subnet(call, id) {
    const subnet = call.tx.get(subnets, id)
    return { "ec2:SubnetID": id, "ec2:AvailabilityZone": subnet?.zone, ...inVpc(call, subnet?.vpcId) }
  },

  "network-interface": (call, id) => ({
    "ec2:NetworkInterfaceID": id,
    ...inSubnet(call, call.tx.get(networkInterfaces, id)?.subnetId),
  }),

  "security-group": (call, id) => ({
    "ec2:SecurityGroupID": id,
    ...inVpc(call, call.tx.get(securityGroups, id)?.vpcId),
  }),

  "internet-gateway": (_, id) => ({ "ec2:InternetGatewayID": id }),

  "route-table": (call, id) => ({ "ec2:RouteTableID": id, ...inVpc(call, call.tx.get(routeTables, id)?.vpcId) }),

  "network-acl": (call, id) => ({ "ec2:NetworkAclID": id, ...inVpc(call, call.tx.get(networkAcls, id)?.vpcId) }),

  "elastic-ip": ({ tx }, id) => ({
    "ec2:AllocationId": id,
    "ec2:Domain": "vpc",
    "ec2:PublicIpAddress": tx.get(elasticIps, id)?.publicIp,
  }),

  "vpc-peering-connection"({ tx }, id) {
    const connection = tx.get(vpcPeeringConnections, id)
    return {
      "ec2:VpcPeeringConnectionID": id,
      ...(connection && betweenVpcs(connection.requester, connection.accepter)),
    }
  },

  "vpc-endpoint"({ tx }, id) {
    const endpoint = tx.get(vpcEndpoints, id)
    return endpoint && toService(endpoint.serviceName)
  },

  "dhcp-options": (_, id) => ({ "ec2:DhcpOptionsID": id }),
}
