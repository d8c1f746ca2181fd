import type { FabricGroup, FabricGroupRule } from "../../../wire/fabric.ts"
import { contains, familyOf } from "../../linux/ip.ts"
import { type FilterChain, type FilterSet, nameIn } from "./table.ts"
import { type Match, matches, matchOf, type Packet, renderCidrs, renderMatch } from "./traffic.ts"

/** A rule as it is compiled: what the chain is written from, and what tells of a connection whether it may go on. */
export interface CompiledRule {
  readonly match: Match
  readonly cidrs: readonly string[]
  readonly groupId?: string
}

/** A security group as compiled. It is made once for each version of the record. */
export interface CompiledGroup {
  readonly id: string
  readonly ingress: readonly CompiledRule[]
  readonly egress: readonly CompiledRule[]

  /** Looked at by those who ask about single packets. */
  readonly members: () => ReadonlySet<string>
  readonly ingressChain: FilterChain
  readonly egressChain: FilterChain
  readonly memberSets: readonly (readonly [name: string, set: FilterSet])[]
}

const compiledGroups = new WeakMap<FabricGroup, CompiledGroup>()

export function compileGroup(group: FabricGroup): CompiledGroup {
  const known = compiledGroups.get(group)
  if (known !== undefined) return known
  const [ingress, egress] = [group.ingress, group.egress].map((rules) => rules.map(compileRule))
  const compiled: CompiledGroup = {
    id: group.id,
    ingress: ingress!,
    egress: egress!,
    members: once(() => new Set(group.members)),
    ingressChain: { rules: ingress!.flatMap((rule) => renderRule(rule, "saddr", "accept")) },
    // What may leave is then asked whether it may arrive.
    egressChain: { rules: egress!.flatMap((rule) => renderRule(rule, "daddr", "goto arriving")) },
    memberSets: FAMILIES.map((family) => [
      memberSet(group.id, family),
      { is: "set", type: `ipv${family}_addr`, elements: elementsOf(group.members, family) },
    ]),
  }
  compiledGroups.set(group, compiled)
  return compiled
}

const FAMILIES = [4, 6] as const

function elementsOf(members: readonly string[], family: 4 | 6): ReadonlyMap<string, undefined> {
  const elements = new Map<string, undefined>()
  for (const member of members) if (familyOf(member) === family) elements.set(member, undefined)
  return elements
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function compileRule(rule: FabricGroupRule): CompiledRule {
  const { cidrs = [], groupId } = rule
  return { match: matchOf(rule), cidrs, ...(groupId !== undefined && { groupId }) }
}

export function memberSet(groupId: string, family: 4 | 6): string {
  return `members${family}_${nameIn(groupId)}`
}

export function groupChain(groupId: string, side: "ingress" | "egress"): string {
  return `${side}_${nameIn(groupId)}`
}

function renderRule({ match, cidrs, groupId }: CompiledRule, side: "saddr" | "daddr", verdict: string): string[] {
  const rest = renderMatch(match)
  return FAMILIES.flatMap((family) => {
    const name = family === 4 ? "ip" : "ip6"
    const peers =
      groupId === undefined ? renderCidrs(cidrs, family, side) : `${name} ${side} @${memberSet(groupId, family)}`
    return peers === undefined ? [] : [[peers, rest, verdict].filter((part) => part !== "").join(" ")]
  })
}

/** Whether any of an interface's groups lets a packet pass. */
export function isAllowed(
  groupIds: readonly string[],
  groups: ReadonlyMap<string, CompiledGroup>,
  side: "ingress" | "egress",
  packet: Packet,
): boolean {
  const peer = side === "ingress" ? packet.source : packet.destination
  return groupIds.some((id) =>
    groups.get(id)?.[side].some(({ match, cidrs, groupId }) => {
      if (!matches(match, packet)) return false
      if (groupId !== undefined) return groups.get(groupId)?.members().has(peer) ?? false
      return cidrs.some((cidr) => contains(cidr, peer))
    }),
  )
}
