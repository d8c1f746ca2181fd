import { contains, familyOf } from "../../linux/ip.ts"
import type { FilterTable } from "./table.ts"
import { ICMP, ICMP6, type Packet, TCP, UDP } from "./traffic.ts"

/** The first packet of a connection on its way from one link to another. */
export interface PassingPacket extends Packet {
  readonly from: string
  readonly to: string
}

type Verdict = "accept" | "drop" | "return"

/**
 * What the kernel would do with a packet in a chain, from the text of the rules as they are given to it. It knows the words
 * that our rules use, and none else.
 */
export function verdictOf(
  table: FilterTable,
  chain: string,
  packet: PassingPacket,
  counted: (set: string) => void = () => {},
): Verdict {
  const { hook, rules } = table.chains.get(chain)!
  for (const rule of rules) {
    const verdict = apply(table, words(rule), packet, counted)
    if (verdict !== undefined) return verdict
  }
  return hook === undefined ? "return" : hook.includes("policy drop") ? "drop" : "accept"
}

/** Sets in braces are one word. */
function words(rule: string): string[] {
  return rule.match(/\{[^}]*\}|\S+/g) ?? []
}

function apply(
  table: FilterTable,
  rule: readonly string[],
  packet: PassingPacket,
  counted: (set: string) => void,
): Verdict | undefined {
  const rest = [...rule]
  const next = () => rest.shift()!
  while (rest.length > 0) {
    const word = next()
    switch (word) {
      case "accept":
      case "drop":
      case "return":
        return word
      case "goto":
        return verdictOf(table, next(), packet, counted)
      case "jump": {
        const verdict = verdictOf(table, next(), packet, counted)
        if (verdict !== "return") return verdict
        break
      }
      case "update": {
        const set = next().slice(1)
        if (table.sets.get(set)?.filling === undefined) throw new Error(`${set} is none that packets fill`)
        // What it is counted by.
        next()
        counted(set)
        break
      }
      case "iifname":
      case "oifname": {
        const link = `"${word === "iifname" ? packet.from : packet.to}"`
        if (rest[0] === "vmap") {
          next()
          const verdict = table.sets.get(next().slice(1))!.elements.get(link)
          if (verdict === undefined) return undefined
          rest.unshift(...verdict.split(" "))
        } else if (!isAmong(table, next(), link, (member) => member === link)) return undefined
        break
      }
      case "ct": {
        // It is the first of its connection: nothing is known of it yet.
        const [what, value] = [next(), next()]
        if (what === "state" || what === "direction") return undefined
        throw new Error(`ct ${what} ${value} is only for later packets`)
      }
      default:
        if (!matchesWord(table, word, next, packet)) return undefined
    }
  }
  return undefined
}

function matchesWord(table: FilterTable, word: string, next: () => string, packet: PassingPacket): boolean {
  const family = familyOf(packet.source)
  const what = next()
  const first = next()
  const isNegated = first === "!="
  const value = isNegated ? next() : first
  switch (`${word} ${what}`) {
    case "meta nfproto":
      return value === `ipv${family}`
    case "meta l4proto":
      return (Number(value) === packet.protocol) !== isNegated
    case "ip saddr":
    case "ip6 saddr":
    case "ip daddr":
    case "ip6 daddr": {
      if ((word === "ip") !== (family === 4)) return false
      const address = what === "saddr" ? packet.source : packet.destination
      return isAmong(table, value, address, (cidr) => contains(cidr, address))
    }
    case "tcp dport":
    case "udp dport": {
      const [from, to = from] = value.split("-").map(Number)
      const port = packet.destinationPort ?? -1
      return packet.protocol === (word === "tcp" ? TCP : UDP) && port >= from! && port <= to!
    }
    case "icmp type":
    case "icmpv6 type":
      return packet.protocol === (word === "icmp" ? ICMP : ICMP6) && packet.icmpType === Number(value)
    case "icmp code":
    case "icmpv6 code":
      return packet.icmpCode === Number(value)
  }
  throw new Error(`${word} ${what} is not a word of ours`)
}

function isAmong(table: FilterTable, text: string, value: string, fits: (member: string) => boolean): boolean {
  if (text.startsWith("@")) return table.sets.get(text.slice(1))!.elements.has(value)
  const members = text.startsWith("{")
    ? text
        .slice(1, -1)
        .split(",")
        .map((member) => member.trim())
    : [text]
  return members.some(fits)
}
