import type { FabricInterface, FabricSubnet } from "../../../wire/fabric.ts"
import { addressIn, parsePrefix } from "../../linux/ip.ts"
import { type Entry, keyOf, ROUTE_TABLE_MAIN } from "../../linux/netlink/entries.ts"
import { type Shape, shapeOf } from "../filter/shapes.ts"
import { elasticLink, NEXT_HOP_6, routerMac } from "./links.ts"
import type { ElasticState } from "./state.ts"

/** An interface of this machine with all that its record alone decides. It is worked out once for each version of it. */
export interface LocalInterface {
  readonly record: FabricInterface
  readonly subnet: FabricSubnet
  readonly link: string
  readonly shape: Shape
  readonly state: ElasticState

  /** In the router. */
  readonly entries: readonly (readonly [key: string, entry: Entry])[]

  /** What may come from it, by version: link, MAC and address. */
  readonly sources4: readonly string[]
  readonly sources6: readonly string[]
}

interface Known {
  readonly subnet: FabricSubnet
  readonly mtu: number
  readonly local: LocalInterface
}
const known = new WeakMap<FabricInterface, Known>()

export function localInterface(record: FabricInterface, subnet: FabricSubnet, mtu: number): LocalInterface {
  const found = known.get(record)
  if (found !== undefined && found.subnet === subnet && found.mtu === mtu) return found.local
  const local = work(record, subnet, mtu)
  known.set(record, { subnet, mtu, local })
  return local
}

function work(record: FabricInterface, subnet: FabricSubnet, mtu: number): LocalInterface {
  const { macAddress: mac, addresses, addresses6 } = record
  const link = elasticLink(record.id)
  const quoted = `"${link}" . ${mac}`
  const all = [...addresses, ...addresses6]
  const ways = all.flatMap((address): Entry[] => [
    {
      kind: "route",
      table: ROUTE_TABLE_MAIN,
      destination: `${address}/${address.includes(":") ? 128 : 32}`,
      type: "unicast",
      link,
    },
    { kind: "neighbour", link, address, mac },
  ])
  return {
    record,
    subnet,
    link,
    shape: shapeOf(record.groupIds),
    state: {
      name: INSIDE,
      mac,
      mtu,
      link,
      linkMac: routerMac(record.vpcId),
      entries: keyed(entriesInside(record, subnet)),
    },
    entries: [...keyed(ways)],
    sources4: addresses.map((address) => `${quoted} . ${address}`),
    sources6: addresses6.map((address) => `${quoted} . ${address}`),
  }
}

/** A task sees its subnet's prefix, and yet sends everything to the router, which is where all is decided. */
function entriesInside({ vpcId, addresses, addresses6 }: FabricInterface, { cidr, cidr6 }: FabricSubnet): Entry[] {
  const mac = routerMac(vpcId)
  const table = ROUTE_TABLE_MAIN
  const versions = [
    { own: addresses, prefix: cidr, all: "0.0.0.0/0", gateway: cidr && addressIn(cidr, 1) },
    { own: addresses6, prefix: cidr6, all: "::/0", gateway: NEXT_HOP_6 },
  ]
  return versions.flatMap(({ own, prefix, all, gateway }): Entry[] => {
    if (own.length === 0 || prefix === undefined || gateway === undefined) return []
    const { length: prefixLength } = parsePrefix(prefix)
    return [
      ...own.map((address): Entry => ({ kind: "address", link: INSIDE, address, prefixLength })),
      { kind: "neighbour", link: INSIDE, address: gateway, mac },
      { kind: "route", table, destination: all, type: "unicast", link: INSIDE, gateway },
    ]
  })
}

/** A namespace has one interface, as the tasks of ECS do. */
const INSIDE = "eth0"

export function keyed(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [keyOf(entry), entry]))
}
