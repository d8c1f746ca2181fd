import { invalidValue } from "../fault.ts"
import type { RuleContent } from "../tables.ts"

/** What a caller says of protocol and ports, in whatever spelling. */
export interface SentPorts {
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
}

type Ports = Pick<RuleContent, "protocol" | "fromPort" | "toPort">

const ANY = { fromPort: -1, toPort: -1 }

/** Protocol and ports in the one way in which they are kept, so that the same rule is recognised. */
export function checkedPorts({ IpProtocol, FromPort, ToPort }: SentPorts): Ports {
  const protocol = checkedProtocol(IpProtocol)
  switch (protocol) {
    case "tcp":
    case "udp":
      return { protocol, ...checkedRange(FromPort, ToPort) }
    case "icmp":
    case "icmpv6":
      return { protocol, ...checkedIcmp(FromPort, ToPort) }
    default:
      // Ports of protocols that have none mean nothing; AWS drops them as well.
      return { protocol, ...ANY }
  }
}

const NAMES: Readonly<Record<string, string>> = { all: "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" }

function checkedProtocol(sent = "-1"): string {
  const protocol = sent.toLowerCase()
  const name = NAMES[protocol] ?? protocol
  if (["-1", "tcp", "udp", "icmp", "icmpv6"].includes(name)) return name
  if (/^\d{1,3}$/.test(name) && Number(name) <= 255) return String(Number(name))
  throw invalidValue(`Invalid value '${sent}' for IP protocol. Unknown protocol.`)
}

function checkedRange(from: number | undefined, to: number | undefined): Omit<Ports, "protocol"> {
  if (from === undefined || to === undefined) {
    throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
  }
  // Both -1 is an older way to say all of them.
  if (from === -1 && to === -1) return { fromPort: 0, toPort: 65_535 }
  for (const port of [from, to]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw invalidValue(`Invalid value '${port}' for portRange.`)
  }
  if (from > to) throw invalidValue(`Invalid TCP/UDP port range (${from}:${to})`)
  return { fromPort: from, toPort: to }
}

function checkedIcmp(type = -1, code = -1): Omit<Ports, "protocol"> {
  const isOne = (number: number) => Number.isInteger(number) && number >= -1 && number <= 255
  if (!isOne(type)) throw invalidValue(`ICMP type (${type}) out of range`)
  if (!isOne(code)) throw invalidValue(`ICMP code (${code}) out of range`)
  if (type === -1 && code !== -1) {
    throw invalidValue("Invalid ICMP type/code: a code cannot be specified when all types are allowed")
  }
  return { fromPort: type, toPort: code }
}

/** In AWS's words: `TCP, from port: 22, to port: 22`. */
export function portsInWords({ protocol, fromPort, toPort }: Ports): string {
  switch (protocol) {
    case "-1":
      return "ALL"
    case "tcp":
    case "udp":
      return `${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`
    case "icmp":
    case "icmpv6":
      return `${protocol.toUpperCase()}, type: ${fromPort === -1 ? "ALL" : fromPort}, code: ${toPort === -1 ? "ALL" : toPort}`
    default:
      return `protocol: ${protocol}`
  }
}
