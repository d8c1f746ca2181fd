import { LINK_PREFIX } from "./rules.ts"

/** A chain that sees what this machine forwards, and a table of nftables that has it. */
export interface ForwardChain {
  readonly table: string
  readonly chain: string
}

/** From nftables' list of all chains: those that see forwarded packets of version 4. */
export function forwardChains(listing: string): ForwardChain[] {
  const found: ForwardChain[] = []
  for (const [, table = "", body = ""] of listing.matchAll(/^table ((?:ip|inet) \S+) \{.*\n((?:\t.*\n|\n)*)^\}/gm)) {
    for (const [, chain = "", inside = ""] of body.matchAll(CHAIN)) {
      if (/type filter hook forward /.test(inside)) found.push({ table, chain })
    }
  }
  return found
}

/** Whether a chain refuses what no earlier rule of it has let pass, by its policy or by a rule for everything. */
export function refusesTheRest(listing: string, chain: string): boolean {
  const chains = new Map([...listing.matchAll(CHAIN)].map(([, name = "", body = ""]) => [name, body.split("\n")]))
  return refuses(chains, chain, new Set())
}

/** Whether whoever wrote a table has thought of our links. */
export function namesOurLinks(listing: string): boolean {
  return NAMES_OURS.test(listing)
}

function refuses(chains: ReadonlyMap<string, readonly string[]>, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false
  seen.add(name)
  return (chains.get(name) ?? []).some((line) => {
    const rule = line
      .trim()
      .replace(/ # handle \d+$/, "")
      .replace(/^counter packets \d+ bytes \d+ /, "")
    if (/^type filter hook .*policy drop;/.test(rule)) return true
    if (/^(drop|reject|reject with .*|xt target "REJECT")$/.test(rule)) return true
    const to = /^(?:jump|goto) (\S+)$/.exec(rule)?.[1]
    return to !== undefined && refuses(chains, to, seen)
  })
}

/** What the owner of a machine is to do about a chain that refuses. */
export function remedyFor({ table, chain }: ForwardChain): string {
  if (table === "inet firewalld") {
    return `Run: firewall-cmd --permanent --zone=trusted --add-interface=${LINK_PREFIX}+ && firewall-cmd --reload`
  }
  const rules = ["iifname", "oifname"].map(
    (side) => `nft insert rule ${table} ${chain} ${side} '"${LINK_PREFIX}*"' accept`,
  )
  return `Let them pass there, also after a restart of this machine: ${rules.join("; ")}`
}

const CHAIN = /^\tchain (\S+) \{.*\n((?:\t\t.*\n|\n)*)\t\}/gm
const NAMES_OURS = new RegExp(`[io]ifname .*"${LINK_PREFIX}`)
