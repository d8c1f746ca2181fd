import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import { formatCidr, parseCidr } from "../cidr.ts"
import { fault, invalidCombination, invalidValue, missing } from "../fault.ts"
import { permitted } from "../permit.ts"
import { networkAclKind } from "../resource.ts"
import { type NetworkAcl, type NetworkAclEntry, networkAcls } from "../tables.ts"
import { LAST_RULE } from "./entries.ts"

export const networkAclEntryOperations = {
  CreateNetworkAclEntry(call, input) {
    const acl = permitted(call, input, networkAclKind, input.NetworkAclId!)
    const entry = checkedEntry(input)
    if (entryAt(acl, entry) !== undefined) {
      throw fault(
        "NetworkAclEntryAlreadyExists",
        `The network acl entry identified by ${entry.ruleNumber} already exists.`,
      )
    }
    if (acl.entries.filter(({ isEgress }) => isEgress === entry.isEgress).length >= ENTRIES_MAX) {
      throw fault("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.")
    }
    call.tx.put(networkAcls, { ...acl, entries: [...acl.entries, entry] })
    return {}
  },

  ReplaceNetworkAclEntry(call, input) {
    const acl = permitted(call, input, networkAclKind, input.NetworkAclId!)
    const entry = checkedEntry(input)
    const present = entryAt(acl, entry)
    if (present === undefined) throw noEntry(entry.ruleNumber)
    call.tx.put(networkAcls, { ...acl, entries: acl.entries.map((one) => (one === present ? entry : one)) })
    return {}
  },

  DeleteNetworkAclEntry(call, input) {
    const acl = permitted(call, input, networkAclKind, input.NetworkAclId!)
    const present = entryAt(acl, { ruleNumber: input.RuleNumber!, isEgress: input.Egress! })
    if (present === undefined) throw noEntry(input.RuleNumber!)
    call.tx.put(networkAcls, { ...acl, entries: acl.entries.filter((one) => one !== present) })
    return {}
  },
} satisfies Operations<typeof sdk>

/** In each direction; AWS raises its quota to no more. */
const ENTRIES_MAX = 40

function entryAt({ entries }: NetworkAcl, place: Pick<NetworkAclEntry, "ruleNumber" | "isEgress">) {
  return entries.find(({ ruleNumber, isEgress }) => ruleNumber === place.ruleNumber && isEgress === place.isEgress)
}

function noEntry(ruleNumber: number) {
  return fault("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${ruleNumber} does not exist`)
}

function checkedEntry(input: sdk.CreateNetworkAclEntryRequest): NetworkAclEntry {
  const ruleNumber = input.RuleNumber!
  if (!Number.isInteger(ruleNumber) || ruleNumber < 1 || ruleNumber >= LAST_RULE) {
    throw invalidValue(`Value (${ruleNumber}) for parameter ruleNumber is invalid. It must be between 1 and 32766.`)
  }
  const action = input.RuleAction
  if (action !== "allow" && action !== "deny") {
    throw invalidValue(`Value (${action}) for parameter ruleAction is invalid. Unknown action.`)
  }
  const protocol = checkedProtocol(input.Protocol!)
  return {
    ruleNumber,
    isEgress: input.Egress!,
    action,
    protocol,
    cidr: checkedCidr(input),
    portRange: protocol === "6" || protocol === "17" ? checkedPorts(input.PortRange) : undefined,
    icmp: protocol === "1" || protocol === "58" ? checkedIcmp(input.IcmpTypeCode) : undefined,
  }
}

const NUMBERS: Readonly<Record<string, string>> = { all: "-1", tcp: "6", udp: "17", icmp: "1", icmpv6: "58" }

function checkedProtocol(sent: string): string {
  const protocol = NUMBERS[sent.toLowerCase()] ?? sent
  if (protocol === "-1" || (/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255)) return protocol
  throw invalidValue(`Invalid value '${sent}' for IP protocol. Unknown protocol.`)
}

function checkedCidr({ CidrBlock, Ipv6CidrBlock }: sdk.CreateNetworkAclEntryRequest): string {
  if (CidrBlock === undefined && Ipv6CidrBlock === undefined) throw missing("cidrBlock")
  if (CidrBlock !== undefined && Ipv6CidrBlock !== undefined) {
    throw invalidCombination("The parameter ipv6CidrBlock cannot be used with the parameter cidrBlock")
  }
  const text = (CidrBlock ?? Ipv6CidrBlock)!
  const cidr = parseCidr(text)
  if (cidr?.family === (CidrBlock === undefined ? 6 : 4)) return formatCidr(cidr)
  const parameter = CidrBlock === undefined ? "ipv6CidrBlock" : "cidrBlock"
  throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`)
}

function checkedPorts(range: sdk.PortRange | undefined) {
  if (range?.From === undefined || range.To === undefined) throw missing("portRange")
  // Both -1 is an older way to say all of them.
  const [from, to] = range.From === -1 && range.To === -1 ? [0, 65_535] : [range.From, range.To]
  const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535
  if (isPort(from) && isPort(to) && from <= to) return { from, to }
  throw invalidValue(`Invalid TCP/UDP port range (${range.From}:${range.To})`)
}

function checkedIcmp(icmp: sdk.IcmpTypeCode | undefined) {
  if (icmp?.Type === undefined || icmp.Code === undefined) throw missing("icmpTypeCode")
  const { Type: type, Code: code } = icmp
  const isOne = (number: number) => Number.isInteger(number) && number >= -1 && number <= 255
  if (isOne(type) && isOne(code)) return { type, code }
  throw invalidValue(`ICMP type (${type}) or code (${code}) out of range`)
}
