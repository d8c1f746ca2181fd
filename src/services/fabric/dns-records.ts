import type { Tx } from "../../store/transaction.ts"
import { endpointDnsNames, networkInterfaces, type Vpc, type VpcEndpoint, vpcEndpoints } from "../ec2/index.ts"
import { type FabricRecord, recordOf } from "./record.ts"

/** Names that only this VPC's resolver knows: of the region's services where they have endpoints in it. */
export function dnsRecords(tx: Tx, vpc: Vpc): FabricRecord[] {
  if (!vpc.enableDnsSupport) return []
  return tx
    .where(vpcEndpoints, "vpc", vpc.id)
    .filter(({ type, state }) => type === "Interface" && state === "available")
    .flatMap((endpoint) => endpointNames(tx, vpc, endpoint))
}

function endpointNames(tx: Tx, vpc: Vpc, endpoint: VpcEndpoint): FabricRecord[] {
  const interfaces = endpoint.interfaceIds.flatMap((id) => tx.get(networkInterfaces, id) ?? [])
  return endpointDnsNames(tx, endpoint).flatMap(({ name, zone, isPrivate }) => {
    if (isPrivate && !vpc.enableDnsHostnames) return []
    const inZone = interfaces.filter((one) => zone === undefined || one.zone === zone)
    const values = inZone.map(({ privateAddresses }) => privateAddresses[0]!)
    return recordOf("dnsName", { id: `${endpoint.id} ${name}`, vpcIds: [vpc.id], name, type: "A", ttl: TTL_S, values })
  })
}

const TTL_S = 60
