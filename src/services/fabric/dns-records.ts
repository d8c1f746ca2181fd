import { regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { networkInterfaces, type Vpc, type VpcEndpoint, vpcEndpoints } from "../ec2/index.ts"
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
  const values = endpoint.interfaceIds.flatMap((id) => tx.get(networkInterfaces, id)?.privateAddresses[0] ?? [])
  const region = regionOf(tx.scope)
  const service = endpoint.serviceName.split(".").slice(3).reverse().join(".")
  const own = `${endpoint.id}-${endpoint.dnsLabel}.${service}.${region}.vpce.amazonaws.com`
  const names =
    endpoint.privateDnsEnabled && vpc.enableDnsHostnames ? [own, `${service}.${region}.amazonaws.com`] : [own]
  return names.map((name) =>
    recordOf("dnsName", { id: `${endpoint.id} ${name}`, vpcIds: [vpc.id], name, type: "A", ttl: TTL_S, values }),
  )
}

const TTL_S = 60
