import type { FabricGroup } from "../../../wire/fabric.ts"
import type { LocalVpc } from "../plan/desired.ts"
import type { LocalInterface } from "../plan/elastic.ts"
import { tableNumber } from "../plan/links.ts"
import { resolverAddresses } from "../plan/resolver-addresses.ts"
import type { Translation } from "../plan/translation.ts"
import type { FabricRecords } from "../records.ts"
import { aclChain, compileAcl } from "./acls.ts"
import { addFlows, LOGGED } from "./flow-sets.ts"
import { compileGroup, groupChain, memberSet } from "./groups.ts"
import { addHooks } from "./router-hooks.ts"
import type { Shape } from "./shapes.ts"
import type { FilterChain, FilterSet, FilterTable } from "./table.ts"
import { transitMarks } from "./transit.ts"

export interface RouterTableInput {
  readonly local: LocalVpc
  readonly records: FabricRecords

  /** Those that lead to other spaces. */
  readonly links: readonly string[]
  readonly translations: readonly Translation[]
}

/**
 * The rules of a VPC's router. A packet from an interface must come from an address and MAC of it; then the ACLs, which
 * know no connections, have their say both ways; then answers of connections pass. Whatever starts or continues a
 * connection is asked again, packet by packet, whether its sender's groups let it leave and its receiver's let it
 * arrive: so a change is in force for connections of before too, and those that stay allowed do not notice.
 */
export function routerTable(input: RouterTableInput): FilterTable {
  const sets = new Map<string, FilterSet>()
  const chains = new Map<string, FilterChain>()
  for (const [name, set] of interfaceSets(input.local.locals)) sets.set(name, set)
  addLinkSets(input, sets)
  addAcls(input, sets, chains)
  addGroups(input, sets, chains)
  addFlows(input.local.locals, sets, chains)
  addHooks({ translations: input.translations, countsFlows: sets.has(LOGGED) }, chains)
  return { sets, chains }
}

/** The part that follows from the interfaces alone, kept for as long as they stay the same. */
function interfaceSets(locals: readonly LocalInterface[]): NamedSets {
  const known = knownSets.get(locals)
  if (known !== undefined) return known
  const sets = makeInterfaceSets(locals)
  knownSets.set(locals, sets)
  return sets
}

type NamedSets = readonly (readonly [string, FilterSet])[]
const knownSets = new WeakMap<readonly LocalInterface[], NamedSets>()

function makeInterfaceSets(locals: readonly LocalInterface[]): NamedSets {
  const shapes = locals.map(({ shape }) => shape)
  const quoted = locals.map(({ link }) => `"${link}"`)
  const guarded = locals.filter(({ record }) => record.sourceDestCheck)
  const relays = locals.filter(({ record }) => !record.sourceDestCheck)
  const verdicts = (chainOf: (shape: Shape) => string) =>
    new Map(quoted.map((name, index) => [name, `goto ${chainOf(shapes[index]!)}`]))
  return [
    ["leaving_by", { is: "map", type: "ifname : verdict", elements: verdicts(({ egressChain }) => egressChain) }],
    ["arriving_by", { is: "map", type: "ifname : verdict", elements: verdicts(({ ingressChain }) => ingressChain) }],
    [
      "sources4",
      setOf(
        "ifname . ether_addr . ipv4_addr",
        guarded.flatMap(({ sources4 }) => sources4),
      ),
    ],
    [
      "sources6",
      setOf(
        "ifname . ether_addr . ipv6_addr",
        guarded.flatMap(({ sources6 }) => sources6),
      ),
    ],
    [
      "relays",
      setOf(
        "ifname . ether_addr",
        relays.map(({ link, record }) => `"${link}" . ${record.macAddress}`),
      ),
    ],
    ["route_tables", { is: "map", type: "ifname : mark", elements: marks(locals) }],
    [
      "public_sources",
      setOf(
        "ipv4_addr",
        publics(locals).map(([own]) => own),
      ),
    ],
    ["to_public", { is: "map", type: "ipv4_addr : ipv4_addr", elements: new Map(publics(locals)) }],
    [
      "to_private",
      {
        is: "map",
        type: "ipv4_addr : ipv4_addr",
        elements: new Map(publics(locals).map(([own, other]) => [other, own])),
      },
    ],
  ]
}

function marks(locals: readonly LocalInterface[]): Map<string, string> {
  const numbers = new Map<string, string>()
  return new Map(
    locals.map(({ link, subnet: { routeTableId } }) => {
      const number = numbers.get(routeTableId) ?? String(tableNumber(routeTableId))
      numbers.set(routeTableId, number)
      return [`"${link}"`, number]
    }),
  )
}

/** A public address stands for the primary private one. */
function publics(locals: readonly LocalInterface[]): (readonly [own: string, other: string])[] {
  return locals.flatMap(({ record: { addresses, publicAddress } }) =>
    publicAddress === undefined || addresses[0] === undefined ? [] : [[addresses[0], publicAddress] as const],
  )
}

function setOf(type: string, elements: readonly string[]): FilterSet {
  return { is: "set", type, elements: new Map(elements.map((element) => [element, undefined])) }
}

function addLinkSets({ links, local }: RouterTableInput, sets: Map<string, FilterSet>): void {
  const resolvers = resolverAddresses(local.vpc)
  sets.set(
    "links",
    setOf(
      "ifname",
      links.map((link) => `"${link}"`),
    ),
  )
  sets.set("transits", { is: "map", type: "ifname : mark", elements: transitMarks(links) })
  const four = resolvers.filter((address) => !address.includes(":"))
  const six = resolvers.filter((address) => address.includes(":"))
  sets.set("resolvers4", setOf("ipv4_addr", four))
  sets.set("resolvers6", setOf("ipv6_addr", six))
}

function addAcls({ local, records }: RouterTableInput, sets: Map<string, FilterSet>, chains: Map<string, FilterChain>) {
  for (const side of ["ingress", "egress"] as const) {
    const elements = new Map<string, string>()
    const closed = new Set<string>()
    for (const subnet of new Set(local.locals.map((one) => one.subnet))) {
      const acl = records.acl.get(subnet.aclId)
      const chain = acl && compileAcl(acl, subnet, side)
      if (chain === undefined) continue
      chains.set(aclChain(subnet.id, side), chain)
      closed.add(subnet.id)
    }
    if (closed.size > 0) {
      for (const { link, subnet } of local.locals) {
        if (closed.has(subnet.id)) elements.set(`"${link}"`, `jump ${aclChain(subnet.id, side)}`)
      }
    }
    sets.set(`acl_${side}_by`, { is: "map", type: "ifname : verdict", elements })
  }
}

/** Of the groups that interfaces here have, and the members of those that their rules name. */
function addGroups(
  { local, records }: RouterTableInput,
  sets: Map<string, FilterSet>,
  chains: Map<string, FilterChain>,
) {
  const named = new Set<string>()
  for (const shape of new Set(local.locals.map(({ shape }) => shape))) {
    chains.set(shape.egressChain, shape.egress)
    chains.set(shape.ingressChain, shape.ingress)
    for (const id of shape.groupIds) {
      const { ingressChain, egressChain, ingress, egress } = compileGroup(records.group.get(id) ?? unknownGroup(id))
      chains.set(groupChain(id, "ingress"), ingressChain)
      chains.set(groupChain(id, "egress"), egressChain)
      for (const { groupId } of [...ingress, ...egress]) if (groupId !== undefined) named.add(groupId)
    }
  }
  for (const id of named) {
    const group = records.group.get(id)
    if (group !== undefined) for (const [name, set] of compileGroup(group).memberSets) sets.set(name, set)
    else for (const family of [4, 6] as const) sets.set(memberSet(id, family), setOf(`ipv${family}_addr`, []))
  }
}

const unknownGroups = new Map<string, FabricGroup>()

/** One that we were not told of allows nothing. */
function unknownGroup(id: string): FabricGroup {
  const known = unknownGroups.get(id) ?? { id, vpcId: "", ingress: [], egress: [], members: [] }
  unknownGroups.set(id, known)
  return known
}
