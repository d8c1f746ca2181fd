import type { ElementEdit } from "../../linux/netlink/filter-elements.ts"

/**
 * A table of nftables as data, so that what is to be can be compared with what is. Everything in it has a name, and a
 * change is written as commands that take effect at once and together.
 */
export interface FilterTable {
  readonly sets: ReadonlyMap<string, FilterSet>
  readonly chains: ReadonlyMap<string, FilterChain>
}

export interface FilterSet {
  readonly is: "set" | "map"

  /** As in `ipv4_addr`, or of a map `ifname : verdict`. */
  readonly type: string

  /** What a map has for them; of a set there is nothing. */
  readonly elements: ReadonlyMap<string, string | undefined>

  /** Packets fill it, so that its elements are none of ours; they go away after a silence. */
  readonly filling?: { readonly silenceSeconds: number; readonly countMax: number }
}

export interface FilterChain {
  /** Where the kernel comes in, as in `type filter hook forward priority 0; policy drop;`. */
  readonly hook?: string
  readonly rules: readonly string[]
}

/** There is no table then. */
export const emptyTable: FilterTable = { sets: new Map(), chains: new Map() }

/** Replaces whatever is there under the name. */
export function wholeTable(family: string, name: string, table: FilterTable): string {
  const without = [`add table ${family} ${name}`, `delete table ${family} ${name}`]
  if (table === emptyTable) return without.join("\n")
  return [...without, `add table ${family} ${name}`, ...changes(`${family} ${name}`, emptyTable, table)].join("\n")
}

/** Empty when there is nothing to change. */
export function changedTable(family: string, name: string, before: FilterTable, after: FilterTable): string {
  if (before === emptyTable || after === emptyTable) return wholeTable(family, name, after)
  return changes(`${family} ${name}`, before, after).join("\n")
}

/** When nothing but elements differs, which are few: what has to be put in and taken out. */
export function elementEdits(before: FilterTable, after: FilterTable): ElementEdit[] | undefined {
  if (before.sets.size !== after.sets.size || before.chains.size !== after.chains.size) return undefined
  for (const [name, chain] of after.chains) {
    const was = before.chains.get(name)
    if (was !== chain && (was === undefined || !sameRules(was, chain))) return undefined
  }
  const edits: ElementEdit[] = []
  let count = 0
  for (const [name, set] of after.sets) {
    const was = before.sets.get(name)
    if (was === undefined) return undefined
    const { removed, added } = differenceOf(was.elements, set.elements)
    count += removed.length + added.length
    if (count > EDITS_MAX) return undefined
    if (removed.length + added.length > 0) edits.push({ set: name, type: set.type, remove: removed, add: added })
  }
  return edits
}

/** More of them are written as text. */
const EDITS_MAX = 500

/**
 * What is named has to be there before it is, and may go only when nothing names it any more: so all is declared first,
 * elements come and go and chains are filled, and what is not wanted any more is deleted last.
 */
function changes(table: string, before: FilterTable, after: FilterTable): string[] {
  const commands: string[] = []
  const gone: string[] = []
  const elements: string[] = []
  for (const [name, set] of after.sets) {
    const was = before.sets.get(name)
    if (was === set) continue
    if (was === undefined) commands.push(`add ${set.is} ${table} ${name} { type ${set.type};${filled(set)} }`)
    const { removed, added } = differenceOf(was?.elements, set.elements)
    if (removed.length > 0) commands.push(`delete element ${table} ${name} { ${removed.join(", ")} }`)
    if (added.length > 0) elements.push(`add element ${table} ${name} { ${added.map(renderElement).join(", ")} }`)
  }
  const rules: string[] = []
  for (const [name, chain] of after.chains) {
    const was = before.chains.get(name)
    if (was === chain) continue
    if (was === undefined) commands.push(`add chain ${table} ${name}${chain.hook ? ` { ${chain.hook} }` : ""}`)
    else if (sameRules(was, chain)) continue
    else rules.push(`flush chain ${table} ${name}`)
    rules.push(...chain.rules.map((rule) => `add rule ${table} ${name} ${rule}`))
  }
  for (const [name] of before.chains) {
    if (after.chains.has(name)) continue
    rules.push(`flush chain ${table} ${name}`)
    gone.push(`delete chain ${table} ${name}`)
  }
  for (const [name, { is }] of before.sets) if (!after.sets.has(name)) gone.push(`delete ${is} ${table} ${name}`)
  return [...commands, ...rules, ...elements, ...gone]
}

function filled({ filling }: FilterSet): string {
  if (filling === undefined) return ""
  return ` size ${filling.countMax}; flags dynamic,timeout; timeout ${filling.silenceSeconds}s;`
}

type Elements = FilterSet["elements"]

/** Most elements are the same and in the same order: both are walked side by side, and looked up only where they part. */
function differenceOf(before: Elements = NONE, after: Elements) {
  const removed: string[] = []
  const added: [key: string, value: string | undefined][] = []
  if (before === after) return { removed, added }
  const olds = before[Symbol.iterator]()
  let old = olds.next().value
  for (const [key, value] of after) {
    for (; old !== undefined && old[0] !== key && !after.has(old[0]); old = olds.next().value) removed.push(old[0])
    const isHere = old?.[0] === key
    const isKnown = isHere || before.has(key)
    if (!isKnown || (isHere ? old![1] : before.get(key)) !== value) {
      if (isKnown) removed.push(key)
      added.push([key, value])
    }
    if (isHere) old = olds.next().value
  }
  for (; old !== undefined; old = olds.next().value) if (!after.has(old[0])) removed.push(old[0])
  return { removed, added }
}

const NONE: Elements = new Map()

function renderElement([key, value]: readonly [string, string | undefined]): string {
  return value === undefined ? key : `${key} : ${value}`
}

function sameRules(a: FilterChain, b: FilterChain): boolean {
  return a.rules.length === b.rules.length && a.rules.every((rule, index) => rule === b.rules[index])
}

/** What has a name in nftables consists of these characters; ids of the region do, and others do no harm. */
export function nameIn(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, "_")
}
