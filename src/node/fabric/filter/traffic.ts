import { contains, type Family, familyOf } from "../../linux/ip.ts"

/** What protocol and ports of a rule mean, as EC2 says it. */
export interface Traffic {
  readonly protocol: string
  readonly fromPort?: number | undefined
  readonly toPort?: number | undefined
}

/** Undefined is any. */
export interface Match {
  readonly protocol?: number
  readonly ports?: Range
  readonly icmp?: { readonly type: number; readonly code?: number }
}

export interface Range {
  readonly from: number
  readonly to: number
}

export const TCP = 6
export const UDP = 17
export const ICMP = 1
export const ICMP6 = 58

const PROTOCOLS: Readonly<Record<string, number | undefined>> = { icmp: ICMP, tcp: TCP, udp: UDP, icmpv6: ICMP6 }

export function matchOf({ protocol, fromPort, toPort }: Traffic): Match {
  const number = PROTOCOLS[protocol] ?? Number(protocol)
  if (number === -1) return {}
  if (number === ICMP || number === ICMP6) {
    if (fromPort === undefined || fromPort === -1) return { protocol: number }
    const code = toPort === undefined || toPort === -1 ? {} : { code: toPort }
    return { protocol: number, icmp: { type: fromPort, ...code } }
  }
  const isAny = fromPort === undefined || fromPort === -1 || (fromPort === 0 && (toPort ?? PORT_MAX) === PORT_MAX)
  if ((number !== TCP && number !== UDP) || isAny) return { protocol: number }
  return { protocol: number, ports: { from: fromPort, to: toPort ?? fromPort } }
}

const PORT_MAX = 65_535

export interface Packet {
  readonly protocol: number
  readonly source: string
  readonly destination: string

  /** Of protocols that have ports. */
  readonly destinationPort?: number
  readonly icmpType?: number
  readonly icmpCode?: number
}

export function matches({ protocol, ports, icmp }: Match, packet: Packet): boolean {
  if (protocol !== undefined && protocol !== packet.protocol) return false
  const port = packet.destinationPort
  if (ports !== undefined && (port === undefined || port < ports.from || port > ports.to)) return false
  if (icmp === undefined) return true
  return icmp.type === packet.icmpType && (icmp.code === undefined || icmp.code === packet.icmpCode)
}

export function renderMatch({ protocol, ports, icmp }: Match): string {
  if (protocol === undefined) return ""
  if (ports !== undefined) {
    const range = ports.from === ports.to ? `${ports.from}` : `${ports.from}-${ports.to}`
    return `${protocol === TCP ? "tcp" : "udp"} dport ${range}`
  }
  if (icmp === undefined) return `meta l4proto ${protocol}`
  const name = protocol === ICMP ? "icmp" : "icmpv6"
  return `${name} type ${icmp.type}${icmp.code === undefined ? "" : ` ${name} code ${icmp.code}`}`
}

/** Of one version, without those that others contain: a set of ranges may not overlap. */
export function distinctCidrs(cidrs: readonly string[], family: Family): string[] {
  const ofFamily = [...new Set(cidrs)].filter((cidr) => familyOf(cidr) === family)
  const lengthOf = (cidr: string) => Number(cidr.split("/")[1])
  const wideFirst = ofFamily.toSorted((a, b) => lengthOf(a) - lengthOf(b))
  const kept: string[] = []
  for (const cidr of wideFirst) if (!kept.some((wide) => contains(wide, cidr.split("/")[0]!))) kept.push(cidr)
  return kept
}

/** Packets whose source or destination is in one of them; undefined when there is none of the version. */
export function renderCidrs(cidrs: readonly string[], family: Family, side: "saddr" | "daddr"): string | undefined {
  const distinct = distinctCidrs(cidrs, family)
  if (distinct.length === 0) return undefined
  if (distinct.some((cidr) => cidr.endsWith("/0"))) return `meta nfproto ipv${family}`
  const name = family === 4 ? "ip" : "ip6"
  return `${name} ${side} ${distinct.length === 1 ? distinct[0] : `{ ${distinct.join(", ")} }`}`
}
