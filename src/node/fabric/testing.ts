import type {
  FabricAcl,
  FabricDnsName,
  FabricGroup,
  FabricInterface,
  FabricMachine,
  FabricNatGateway,
  FabricPeering,
  FabricRouteTable,
  FabricSubnet,
  FabricVpc,
} from "../../wire/fabric.ts"
import type { Machine } from "./plan/desired.ts"
import type { FabricRecords } from "./records.ts"

interface Given {
  readonly vpc?: readonly Partial<FabricVpc>[]
  readonly subnet?: readonly Partial<FabricSubnet>[]
  readonly routeTable?: readonly Partial<FabricRouteTable>[]
  readonly group?: readonly Partial<FabricGroup>[]
  readonly acl?: readonly Partial<FabricAcl>[]
  readonly interface?: readonly Partial<FabricInterface>[]
  readonly machine?: readonly FabricMachine[]
  readonly natGateway?: readonly FabricNatGateway[]
  readonly peering?: readonly FabricPeering[]
  readonly dnsName?: readonly FabricDnsName[]
}

/** Records for tests of decisions; what a test does not care about is filled in. */
export function aRecordSet(given: Given): FabricRecords {
  const table = <T extends { readonly id: string }>(rows: readonly Partial<T>[] | undefined, defaults: Omit<T, "id">) =>
    new Map(
      (rows ?? [])
        .map((row, index) => ({ id: `${index}`, ...defaults, ...row }) as unknown as T)
        .map((row) => [row.id, row]),
    )
  const ofVpc = { vpcId: "vpc-a" }
  return {
    vpc: table<FabricVpc>(given.vpc, {
      cidrs: ["10.0.0.0/16"],
      cidrs6: [],
      networkNumber: 77,
      dnsSupport: true,
      dnsHostnames: true,
      domainNameServers: [],
    }),
    subnet: table<FabricSubnet>(given.subnet, { ...ofVpc, cidr: "10.0.0.0/24", aclId: "acl-a", routeTableId: "rtb-a" }),
    routeTable: table<FabricRouteTable>(given.routeTable, { ...ofVpc, routes: [] }),
    group: table<FabricGroup>(given.group, { ...ofVpc, ingress: [], egress: [], members: [] }),
    acl: table<FabricAcl>(given.acl, { ...ofVpc, ingress: [], egress: [] }),
    interface: table<FabricInterface>(given.interface, {
      ...ofVpc,
      subnetId: "subnet-a",
      macAddress: "0a:00:00:00:00:01",
      addresses: ["10.0.0.5"],
      addresses6: [],
      groupIds: [],
      host: "instance-a",
      sourceDestCheck: true,
    }),
    machine: table<FabricMachine>(given.machine, { host: "", underlayAddress: "" }),
    natGateway: table<FabricNatGateway>(given.natGateway, { ...ofVpc, subnetId: "", interfaceId: "" }),
    peering: table<FabricPeering>(given.peering, { vpcIds: [] }),
    dnsName: table<FabricDnsName>(given.dnsName, { vpcIds: [], name: "", type: "A", ttl: 60, values: [] }),
  }
}

export function aMachine(given: Partial<Machine> = {}): Machine {
  return { hosts: new Set(["instance-a"]), mtu: 1450, uplinks: new Map(), taken: [], ...given }
}
