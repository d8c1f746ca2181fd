import { type Entry, keyOf } from "../../linux/netlink/entries.ts"
import { changedTable, elementEdits, wholeTable } from "../filter/table.ts"
import type { ElasticState, FabricState, RouterState, SpaceState, Step } from "./state.ts"

/**
 * What has to be done to get from one state to another. Rules come before the links that they are about, so that
 * nothing passes unasked; and what goes loses its rules and ways first, and is then taken away. Equal states give no step.
 */
export function planSteps(from: FabricState, to: FabricState, hostTable: string): Step[] {
  const steps: Step[] = []
  const late: Step[] = []
  const remade = remadeLinks(from, to)
  for (const [vpcId, router] of to.routers) {
    planRouter(vpcId, withoutLinks(from.routers.get(vpcId), remade.get(vpcId)), router, steps, late)
  }
  // A link to another router needs both.
  const connecting = steps.filter(({ kind }) => kind === "connect" || kind === "open vxlan")
  const configuring = steps.filter(({ kind }) => kind === "configure")
  const first = steps.filter((step) => !connecting.includes(step) && !configuring.includes(step))
  const hostSteps: Step[] = []
  planFilter(undefined, from.host, to.host, hostTable, hostSteps)
  const hostConfiguring: Step[] = []
  planEntries(undefined, withoutLinks(from.host, remade.get(undefined)), to.host, hostConfiguring)
  for (const [vpcId, { elastics }] of from.routers) {
    if (to.routers.has(vpcId)) continue
    const subject = { kind: "vpc", id: vpcId }
    for (const [id, { link }] of elastics) late.push({ kind: "remove elastic", subject, vpcId, id, link })
    late.push({ kind: "close router", subject, vpcId })
  }
  for (const link of from.host.links.keys()) {
    if (to.host.links.has(link)) continue
    late.push({ kind: "remove link", subject: { kind: "vpc", id: link }, vpcId: undefined, link })
  }
  return [...hostSteps, ...first, ...connecting, ...configuring, ...hostConfiguring, ...late]
}

/** By VPC, links that are made anew as they should be others, at both ends; undefined is the host. */
function remadeLinks(from: FabricState, to: FabricState): ReadonlyMap<string | undefined, ReadonlySet<string>> {
  const remade = new Map<string | undefined, Set<string>>()
  const add = (vpcId: string | undefined, link: string) => remade.set(vpcId, (remade.get(vpcId) ?? new Set()).add(link))
  for (const [vpcId, { links }] of to.routers) {
    const before = from.routers.get(vpcId)?.links
    if (before === links) continue
    for (const [link, state] of links) {
      const was = before?.get(link)
      if (was === undefined || state.kind === "end" || sameLink(was, state)) continue
      add(vpcId, link)
      if (was.kind === "connected") add(was.otherVpc, was.otherName)
    }
  }
  return remade
}

/** With a link goes all that leads over it. */
function withoutLinks<Space extends SpaceState | undefined>(
  space: Space,
  links: ReadonlySet<string> | undefined,
): Space {
  if (space === undefined || links === undefined) return space
  const stays = ([, entry]: readonly [string, Entry]) => !("link" in entry) || !links.has(entry.link ?? "")
  return { ...space, entries: new Map([...space.entries].filter(stays)) }
}

function planRouter(vpcId: string, from: RouterState | undefined, to: RouterState, steps: Step[], late: Step[]): void {
  if (from === to) return
  const subject = { kind: "vpc", id: vpcId }
  if (from === undefined) steps.push({ kind: "open router", subject, vpcId })
  const before: RouterState = from ?? {
    links: new Map(),
    entries: new Map(),
    elastics: new Map(),
    translations: [],
    table: undefined,
  }
  planFilter(vpcId, before, to, ROUTER_TABLE, steps)

  for (const [link, state] of to.links) {
    const was = before.links.get(link)
    if (state.kind === "end" || (was !== undefined && sameLink(was, state))) continue
    if (was !== undefined) steps.push({ kind: "remove link", subject, vpcId, link })
    if (state.kind === "connected") steps.push({ kind: "connect", subject, vpcId, link, state })
    else steps.push({ kind: "open vxlan", subject, vpcId, link, state })
  }
  for (const link of before.links.keys()) {
    if (!to.links.has(link)) late.push({ kind: "remove link", subject, vpcId, link })
  }
  planEntries(vpcId, before, to, steps)
  if (before.elastics === to.elastics) return
  for (const [id, state] of to.elastics) {
    const was = before.elastics.get(id)
    if (was !== state) planElastic(vpcId, id, was, state, steps)
  }
  for (const [id, { link }] of before.elastics) {
    if (to.elastics.has(id)) continue
    late.push({ kind: "remove elastic", subject: { kind: "interface", id }, vpcId, id, link })
  }
}

/** Of the router of a VPC, which has a namespace to itself. */
export const ROUTER_TABLE = "vpc"

function planElastic(
  vpcId: string,
  id: string,
  was: ElasticState | undefined,
  state: ElasticState,
  steps: Step[],
): void {
  const subject = { kind: "interface", id }
  if (was === undefined || was.mac !== state.mac || was.link !== state.link || was.linkMac !== state.linkMac) {
    steps.push({ kind: "create elastic", subject, vpcId, id, state })
    return
  }
  const { remove, add } = entriesBetween(was.entries, state.entries)
  if (remove.length > 0 || add.length > 0) steps.push({ kind: "change elastic", subject, id, remove, add })
}

function planFilter(
  vpcId: string | undefined,
  { table: from }: SpaceState,
  { table: to }: SpaceState,
  name: string,
  steps: Step[],
): void {
  if (to === undefined || from === to) return
  const text = from === undefined ? wholeTable("inet", name, to) : changedTable("inet", name, from, to)
  if (text === "") return
  const edits = from === undefined ? undefined : elementEdits(from, to)
  const subject = { kind: "vpc", id: vpcId ?? "" }
  steps.push({ kind: "filter", subject, vpcId, table: name, text, ...(edits !== undefined && { edits }) })
}

function planEntries(vpcId: string | undefined, from: SpaceState, to: SpaceState, steps: Step[]): void {
  const { remove, add } = entriesBetween(from.entries, to.entries)
  if (remove.length === 0 && add.length === 0) return
  steps.push({ kind: "configure", subject: { kind: "vpc", id: vpcId ?? "" }, vpcId, remove, add })
}

/** What the kernel replaces in place is not taken away first, so that there is no moment without it. */
function entriesBetween(from: ReadonlyMap<string, Entry>, to: ReadonlyMap<string, Entry>) {
  if (from === to) return { remove: [], add: [] }
  const add: Entry[] = []
  for (const [key, entry] of to) if (!from.has(key)) add.push(entry)
  const places = new Set(add.map(placeOf))
  const remove: Entry[] = []
  for (const [key, entry] of from) if (!to.has(key) && !places.has(placeOf(entry))) remove.push(entry)
  return { remove, add }
}

function placeOf(entry: Entry): string {
  if (entry.kind === "route") return `route ${entry.table} ${entry.destination}`
  if (entry.kind === "neighbour") return `neighbour ${entry.link} ${entry.address}`
  if (entry.kind === "forwarding") return `forwarding ${entry.link} ${entry.mac}`
  return keyOf(entry)
}

function sameLink(a: SpaceState["links"] extends ReadonlyMap<string, infer L> ? L : never, b: typeof a): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
