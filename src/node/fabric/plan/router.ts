import type { FabricRouteTable } from "../../../wire/fabric.ts"
import { addressIn, canonicalPrefix, familyOf } from "../../linux/ip.ts"
import { type Entry, keyOf, ROUTE_TABLE_MAIN } from "../../linux/netlink/entries.ts"
import { routerTable } from "../filter/router-table.ts"
import type { FabricRecords } from "../records.ts"
import type { LocalVpc, Machine } from "./desired.ts"
import { machineAddress, machineMac, NEXT_HOP, peeringLink, routerMac, tableNumber, UPLINK, VXLAN } from "./links.ts"
import { resolverAddresses } from "./resolver-addresses.ts"
import type { LinkState, RouterState } from "./state.ts"
import { type Translation, translationOf } from "./translation.ts"

/** The router of one VPC. */
export function desiredRouter(
  local: LocalVpc,
  vpcs: ReadonlyMap<string, LocalVpc>,
  records: FabricRecords,
  machine: Machine,
): RouterState {
  const links = new Map<string, LinkState>()
  const entries = new Map<string, Entry>()
  const add = (...added: readonly Entry[]) => {
    for (const entry of added) entries.set(keyOf(entry), entry)
  }
  addOwnAddresses(local, add)
  for (const { entries } of local.locals) add(...entries.map(([, entry]) => entry))
  addUplink(local, machine, links, add)
  addPeers(local, vpcs, records, machine, links, add)
  addMachines(local, machinesWith(local, vpcs, records), machine, links, add)

  const tables = usedTables(local, records)
  const translations = tables.flatMap((table) => addTable(table, local, records, machine, links, add))
  const elastics = new Map(local.locals.map(({ record, state }) => [record.id, state]))
  const table = routerTable({ local, records, links: [...links.keys()], translations })
  return { links, entries, elastics, translations, table }
}

/** The same router with what its groups and ACLs say now. */
export function refilteredRouter(router: RouterState, local: LocalVpc, records: FabricRecords): RouterState {
  const { links, translations } = router
  return { ...router, table: routerTable({ local, records, links: [...links.keys()], translations }) }
}

type Add = (...entries: readonly Entry[]) => void

/** Gateways answer for themselves; what is of the VPC and nobody's leads nowhere. */
function addOwnAddresses({ vpc, locals }: LocalVpc, add: Add): void {
  for (const address of resolverAddresses(vpc)) add(onLoopback(address))
  for (const { cidr } of new Set(locals.map(({ subnet }) => subnet))) {
    if (cidr !== undefined) add(onLoopback(addressIn(cidr, 1)))
  }
  for (const cidr of [...vpc.cidrs, ...vpc.cidrs6]) {
    add({ kind: "route", table: ROUTE_TABLE_MAIN, destination: canonicalPrefix(cidr), type: "unreachable" })
  }
}

function onLoopback(address: string): Entry {
  return { kind: "address", link: "lo", address, prefixLength: familyOf(address) === 4 ? 32 : 128 }
}

function addUplink({ vpc }: LocalVpc, machine: Machine, links: Map<string, LinkState>, add: Add): void {
  const uplink = machine.uplinks.get(vpc.id)
  if (uplink === undefined) return
  const { hostLink, hostAddress, routerAddress } = uplink
  const mac = routerMac(vpc.id)
  const otherMac = machineMac(hostAddress)
  links.set(UPLINK, { kind: "connected", mac, mtu: machine.mtu, otherVpc: undefined, otherName: hostLink, otherMac })
  add(
    { kind: "address", link: UPLINK, address: routerAddress, prefixLength: 31 },
    { kind: "neighbour", link: UPLINK, address: hostAddress, mac: otherMac },
  )
}

/** The one whose id comes first says how the pair is made. */
function addPeers(
  { vpc }: LocalVpc,
  vpcs: ReadonlyMap<string, LocalVpc>,
  records: FabricRecords,
  { mtu }: Machine,
  links: Map<string, LinkState>,
  add: Add,
): void {
  for (const { id, vpcIds } of records.peering.values()) {
    const other = vpcIds.find((vpcId) => vpcId !== vpc.id)
    if (other === undefined || !vpcIds.includes(vpc.id) || !vpcs.has(other)) continue
    const link = peeringLink(id)
    const otherMac = routerMac(other)
    const connected = {
      kind: "connected",
      mac: routerMac(vpc.id),
      mtu,
      otherVpc: other,
      otherName: link,
      otherMac,
    } as const
    links.set(link, vpc.id < other ? connected : { kind: "end" })
    add({ kind: "neighbour", link, address: NEXT_HOP, mac: otherMac })
  }
}

/** Machines that have a router of the VPC as well, by their addresses: for interfaces in it, or in a peer of it. */
function machinesWith(
  { vpc, remotes }: LocalVpc,
  vpcs: ReadonlyMap<string, LocalVpc>,
  records: FabricRecords,
): ReadonlySet<string> {
  const peers = [...records.peering.values()].filter(({ vpcIds }) => vpcIds.includes(vpc.id))
  const ofPeers = peers.flatMap(({ vpcIds }) => vpcIds.flatMap((id) => vpcs.get(id)?.remotes ?? []))
  return new Set([...remotes, ...ofPeers].map(({ underlayAddress }) => underlayAddress))
}

function addMachines(
  { vpc, remotes }: LocalVpc,
  others: ReadonlySet<string>,
  machine: Machine,
  links: Map<string, LinkState>,
  add: Add,
): void {
  const { underlayAddress, mtu } = machine
  if (others.size === 0 || underlayAddress === undefined) return
  const mac = machineMac(underlayAddress)
  links.set(VXLAN, { kind: "vxlan", mac, mtu, network: vpc.networkNumber, underlayAddress })
  add({ kind: "address", link: VXLAN, address: machineAddress(underlayAddress), prefixLength: 32 })
  const lead = (destination: string, gateway: string) =>
    add({ kind: "route", table: ROUTE_TABLE_MAIN, destination, type: "unicast", link: VXLAN, gateway })
  for (const to of others) {
    add({ kind: "neighbour", link: VXLAN, address: to, mac: machineMac(to) })
    add({ kind: "forwarding", link: VXLAN, mac: machineMac(to), to })
    lead(`${machineAddress(to)}/32`, to)
  }
  for (const { record, underlayAddress: gateway } of remotes) {
    for (const address of record.addresses) lead(`${address}/32`, gateway)
  }
}

function usedTables({ locals }: LocalVpc, records: FabricRecords): FabricRouteTable[] {
  const ids = new Set(locals.map(({ subnet }) => subnet.routeTableId))
  return [...ids].flatMap((id) => records.routeTable.get(id) ?? [])
}

/** What a route table says of everything but the VPC itself, which the main table knows. */
function addTable(
  { id, routes }: FabricRouteTable,
  { vpc, locals }: LocalVpc,
  records: FabricRecords,
  machine: Machine,
  links: ReadonlyMap<string, LinkState>,
  add: Add,
): Translation[] {
  const table = tableNumber(id)
  const families = vpc.cidrs6.length > 0 ? ([4, 6] as const) : ([4] as const)
  for (const family of families) add({ kind: "rule", family, mark: table, table })
  const hostAddress = machine.uplinks.get(vpc.id)?.hostAddress
  const translations: Translation[] = []
  for (const { destination: text, target, targetId } of routes) {
    const destination = canonicalPrefix(text)
    const through = (link: string, gateway: string | undefined) =>
      add({ kind: "route", table, destination, type: "unicast", link, gateway })
    const nowhere = () => add({ kind: "route", table, destination, type: "blackhole" })
    const isFour = familyOf(destination) === 4
    if (target === "nothing") nowhere()
    else if (target === "internet" && isFour && hostAddress !== undefined) through(UPLINK, hostAddress)
    else if (target === "nat" && isFour && hostAddress !== undefined) {
      const translation = translationOf(targetId, table, destination, records)
      if (translation === undefined) nowhere()
      else {
        translations.push(translation)
        through(UPLINK, hostAddress)
      }
    } else if (target === "peering" && isFour && targetId !== undefined && links.has(peeringLink(targetId))) {
      through(peeringLink(targetId), NEXT_HOP)
    } else if (target === "interface") {
      const found = locals.find(({ record }) => record.id === targetId)
      const gateway = (isFour ? found?.record.addresses : found?.record.addresses6)?.[0]
      if (found !== undefined && gateway !== undefined) through(found.link, gateway)
      else nowhere()
    }
  }
  return translations
}
