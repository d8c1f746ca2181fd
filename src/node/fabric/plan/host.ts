import { canonicalPrefix, contains, parsePrefix } from "../../linux/ip.ts"
import { type Entry, keyOf, ROUTE_TABLE_MAIN } from "../../linux/netlink/entries.ts"
import { hostTable } from "../filter/host-table.ts"
import { emptyTable } from "../filter/table.ts"
import type { FabricRecords } from "../records.ts"
import type { LocalVpc, Machine } from "./desired.ts"
import { routerMac } from "./links.ts"
import type { Failure, LinkState, SpaceState } from "./state.ts"

/**
 * The host's own namespace: a link into each VPC, the way to private addresses of those VPCs that meet no other, and to
 * public addresses.
 */
export function desiredHost(
  vpcs: readonly LocalVpc[],
  records: FabricRecords,
  machine: Machine,
): { readonly state: SpaceState; readonly failures: readonly Failure[] } {
  const links = new Map<string, LinkState>()
  const entries = new Map<string, Entry>()
  const failures: Failure[] = []
  const publicAddresses: string[] = []
  const seenOutside: string[] = []
  const led: string[] = [...machine.taken]
  const byId = new Map(vpcs.map((local) => [local.vpc.id, local]))
  const add = (entry: Entry) => entries.set(keyOf(entry), entry)

  for (const [vpcId, { hostLink, hostAddress, routerAddress }] of machine.uplinks) {
    const local = byId.get(vpcId)
    if (local === undefined) continue
    links.set(hostLink, { kind: "end" })
    add({ kind: "address", link: hostLink, address: hostAddress, prefixLength: 31 })
    add({ kind: "neighbour", link: hostLink, address: routerAddress, mac: routerMac(vpcId) })
    const lead = (destination: string) =>
      add({
        kind: "route",
        table: ROUTE_TABLE_MAIN,
        destination,
        type: "unicast",
        link: hostLink,
        gateway: routerAddress,
      })

    for (const cidr of local.vpc.cidrs.map(canonicalPrefix)) {
      const other = led.find((prefix) => overlap(prefix, cidr))
      if (other === undefined) {
        lead(cidr)
        led.push(cidr)
      } else failures.push({ kind: "vpc", id: vpcId, reason: notLed(cidr, other) })
    }
    for (const address of publicAddressesOf(local, records)) {
      lead(`${address}/32`)
      publicAddresses.push(address)
      const { publicRange } = local.vpc
      if (publicRange !== undefined && contains(publicRange, address)) seenOutside.push(address)
    }
  }
  const machines = new Set(vpcs.flatMap(({ remotes }) => remotes.map(({ underlayAddress }) => underlayAddress)))
  for (const { vpc } of vpcs) {
    if (!machine.uplinks.has(vpc.id)) failures.push({ kind: "vpc", id: vpc.id, reason: NO_UPLINK })
  }
  const table =
    links.size === 0
      ? emptyTable
      : hostTable({ uplinks: [...links.keys()], publicAddresses, seenOutside, machines: [...machines] })
  return { state: { links, entries, table }, failures }
}

/** Of its interfaces here, and of the NAT gateways that its router stands in for. */
export function publicAddressesOf({ vpc, locals }: LocalVpc, records: FabricRecords): string[] {
  const gateways = [...records.natGateway.values()].filter(({ vpcId }) => vpcId === vpc.id)
  const all = [...locals.map(({ record }) => record), ...gateways].flatMap(({ publicAddress }) => publicAddress ?? [])
  return [...new Set(all)]
}

function overlap(a: string, b: string): boolean {
  return contains(a, parsePrefix(b).address) || contains(b, parsePrefix(a).address)
}

function notLed(cidr: string, other: string): string {
  return `This machine reaches ${other} elsewhere, so its own processes do not reach private addresses of ${cidr}.`
}

const NO_UPLINK = "No addresses are left for a link between this machine and the VPC: it has no way out."
