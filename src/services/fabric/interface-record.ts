import type { Tx } from "../../store/transaction.ts"
import { elasticIps, flowLogsOf, type NetworkInterface, privateDnsName, type Vpc } from "../ec2/index.ts"
import { type FabricRecord, recordOf } from "./record.ts"

/** An interface as machines are told of it. One that is as it was is the same record, and nobody has to compare it. */
export function interfaceRecord(tx: Tx, vpc: Vpc, one: NetworkInterface, host: string | undefined): FabricRecord {
  const publicAddress = publicAddressOf(tx, one)
  const hasName = vpc.enableDnsHostnames
  const flowIntervals = flowIntervalsOf(tx, one)
  const made = MADE.get(one)
  if (
    made?.host === host &&
    made?.publicAddress === publicAddress &&
    made?.hasName === hasName &&
    made?.flowIntervals.join() === flowIntervals.join()
  ) {
    return made.record
  }
  const record = newRecord(tx, one, { host, publicAddress, hasName, flowIntervals })
  MADE.set(one, { host, publicAddress, hasName, flowIntervals, record })
  return record
}

/** What an interface's record depends on beside its row. */
interface Circumstances {
  readonly host: string | undefined
  readonly publicAddress: string | undefined
  readonly hasName: boolean

  /** In seconds. */
  readonly flowIntervals: readonly number[]
}

const MADE = new WeakMap<NetworkInterface, Circumstances & { readonly record: FabricRecord }>()

function newRecord(
  tx: Tx,
  one: NetworkInterface,
  { host, publicAddress, hasName, flowIntervals }: Circumstances,
): FabricRecord {
  const { id, vpcId, subnetId, macAddress, privateAddresses, ipv6Addresses, securityGroupIds, sourceDestCheck } = one
  return recordOf("interface", {
    id,
    vpcId,
    subnetId,
    macAddress,
    addresses: privateAddresses,
    addresses6: ipv6Addresses,
    groupIds: securityGroupIds,
    sourceDestCheck,
    ...(publicAddress !== undefined && { publicAddress }),
    ...(host !== undefined && { host }),
    ...(one.interfaceType === "vpc_endpoint" && { isEndpoint: true }),
    ...(flowIntervals.length > 0 && { flowIntervals }),
    ...(hasName && { privateDnsName: privateDnsName(tx, privateAddresses[0]!) }),
  })
}

function flowIntervalsOf(tx: Tx, one: NetworkInterface): number[] {
  const intervals = flowLogsOf(tx, one).map(({ maxAggregationInterval }) => maxAggregationInterval)
  return [...new Set(intervals)].sort((a, b) => a - b)
}

/** In front of the primary address: an elastic IP before what the interface was given when it was made. */
function publicAddressOf(tx: Tx, { id, privateAddresses, publicAddress }: NetworkInterface): string | undefined {
  const elasticIp = tx
    .where(elasticIps, "interface", id)
    .find(({ association }) => association!.privateAddress === privateAddresses[0])
  return elasticIp?.publicIp ?? publicAddress
}
