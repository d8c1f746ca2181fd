import type { Scope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { natGateways, networkInterfaces, operatorsRange, type Subnet, subnets, vpcs } from "../ec2/index.ts"
import { aclRecords } from "./acl-records.ts"
import { dnsRecords } from "./dns-records.ts"
import { groupRecords } from "./group-records.ts"
import { interfaceRecord } from "./interface-record.ts"
import { type FabricRecord, type RecordOf, recordOf } from "./record.ts"
import { routedBy, routeTableRecords } from "./route-records.ts"
import { hostedInterfaces, networkNumbers } from "./tables.ts"
import { resolving } from "./vpc-dns.ts"

/** A VPC and where its records lie. */
export interface LocatedVpc {
  readonly vpcId: string
  readonly scope: Scope
}

export interface VpcState {
  readonly records: readonly FabricRecord[]

  /** The machines that have interfaces in it. */
  readonly hosts: ReadonlySet<string>
}

/** Everything about a VPC that machines which have something to do with it must know; nothing for one that is not there. */
export function vpcState({ anywhere }: Tx, { vpcId, scope }: LocatedVpc): VpcState {
  const tx = anywhere.in(scope)
  const vpc = tx.get(vpcs, vpcId)
  const number = anywhere.installation.get(networkNumbers, vpcId)?.number
  // A VPC that has just been made gets its number in a moment.
  if (vpc === undefined || number === undefined) return { records: [], hosts: new Set() }

  const hosts = new Map(
    anywhere.installation.where(hostedInterfaces, "vpc", vpcId).map(({ interfaceId, host }) => [interfaceId, host]),
  )
  const range = operatorsRange(tx)
  const interfaces = tx.where(networkInterfaces, "vpc", vpcId)
  const records: FabricRecord[] = [
    recordOf("vpc", {
      id: vpcId,
      cidrs: vpc.cidrBlocks.map(({ cidr }) => cidr),
      cidrs6: vpc.ipv6CidrBlocks.map(({ cidr }) => cidr),
      networkNumber: number,
      ...resolving(tx, vpc),
      // It is named when the process starts, so it is no source of changes.
      ...(range !== undefined && { publicRange: range }),
    }),
    ...tx.where(subnets, "vpc", vpcId).map((subnet) => recordOf("subnet", subnetRecord(tx, subnet))),
    ...routeTableRecords(tx, vpcId),
    ...groupRecords(tx, vpcId, interfaces),
    ...aclRecords(tx, vpcId),
    ...natRecords(tx, vpcId),
    ...interfaces.map((one) => interfaceRecord(tx, vpc, one, hosts.get(one.id))),
    ...dnsRecords(tx, vpc),
  ]
  return { records, hosts: new Set(hosts.values()) }
}

function subnetRecord(tx: Tx, { id, vpcId, cidr, ipv6CidrBlock, networkAclId }: Subnet): RecordOf<"subnet"> {
  return {
    id,
    vpcId,
    cidr,
    ...(ipv6CidrBlock !== undefined && { cidr6: ipv6CidrBlock.cidr }),
    aclId: networkAclId,
    routeTableId: routedBy(tx, id, vpcId),
  }
}

/** Only one that works is any use; routes to another lead nowhere. */
function natRecords(tx: Tx, vpcId: string): FabricRecord[] {
  return tx
    .where(natGateways, "vpc", vpcId)
    .filter(({ state }) => state === "available")
    .map(({ id, subnetId, interfaceId, publicIp }) =>
      recordOf("natGateway", { id, vpcId, subnetId, interfaceId, ...(publicIp && { publicAddress: publicIp }) }),
    )
}
