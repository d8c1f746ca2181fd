import type {
  FabricAcl,
  FabricGroup,
  FabricInterface,
  FabricPut,
  FabricRouteTable,
  FabricSubnet,
  FabricVpc,
} from "../../src/wire/fabric.ts"
import type { NetworkInterface } from "../../src/wire/task.ts"

/** Records as the region would tell of them; what a test does not care about is filled in. */
export const instanceArn = "arn:aws:ecs:eu-west-1:111122223333:container-instance/main/one"

export function aVpc(given: Partial<FabricVpc> = {}): FabricVpc {
  return {
    id: "vpc-a",
    cidrs: ["10.0.0.0/16"],
    cidrs6: [],
    networkNumber: 77,
    dnsSupport: true,
    dnsHostnames: true,
    domainNameServers: [],
    ...given,
  }
}

export function aSubnet(given: Partial<FabricSubnet> = {}): FabricSubnet {
  return { id: "subnet-a", vpcId: "vpc-a", cidr: "10.0.0.0/24", aclId: "acl-open", routeTableId: "rtb-a", ...given }
}

export function aRouteTable(given: Partial<FabricRouteTable> = {}): FabricRouteTable {
  return { id: "rtb-a", vpcId: "vpc-a", routes: [], ...given }
}

const everything = { protocol: "-1", cidr: "0.0.0.0/0", isAllowed: true }

export function anAcl(given: Partial<FabricAcl> = {}): FabricAcl {
  return { id: "acl-open", vpcId: "vpc-a", ingress: [everything], egress: [everything], ...given }
}

export function aGroup(given: Partial<FabricGroup> = {}): FabricGroup {
  const anywhere = { protocol: "-1", cidrs: ["0.0.0.0/0"] }
  return { id: "sg-open", vpcId: "vpc-a", ingress: [anywhere], egress: [anywhere], members: [], ...given }
}

/** Its MAC follows from its address and VPC. */
export function anInterface(id: string, address: string, given: Partial<FabricInterface> = {}): FabricInterface {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))
  const vpc = (given.vpcId ?? "vpc-a").charCodeAt(4).toString(16)
  return {
    id,
    vpcId: "vpc-a",
    subnetId: "subnet-a",
    macAddress: `0a:${vpc}:${bytes.join(":")}`,
    addresses: [address],
    addresses6: [],
    groupIds: ["sg-open"],
    host: instanceArn,
    sourceDestCheck: true,
    ...given,
  }
}

/** One VPC with one subnet where everything is allowed, and these interfaces. */
export function aNetwork(interfaces: readonly FabricInterface[], given: FabricPut = {}): FabricPut {
  return {
    vpc: [aVpc()],
    subnet: [aSubnet()],
    routeTable: [aRouteTable()],
    acl: [anAcl()],
    group: [aGroup()],
    interface: interfaces,
    ...given,
  }
}

/** As a task's payload names it. */
export function named({ id, macAddress }: FabricInterface): NetworkInterface {
  return { ec2Id: id, macAddress, attachmentArn: `${id}-attachment` }
}
