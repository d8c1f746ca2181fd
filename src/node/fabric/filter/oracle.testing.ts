import type { FabricAcl, FabricGroup, FabricInterface, FabricSubnet } from "../../../wire/fabric.ts"
import type { FabricRecords } from "../records.ts"
import type { Packet } from "./traffic.ts"

// The API's own words about what may pass, read as plainly as can be.

export interface Asked {
  readonly withAcls: boolean
}

/** Whether a packet may leave its sender, and may arrive at its receiver; what has no interface is not asked. */
export function allowed(records: FabricRecords, sent: Packet, { withAcls }: Asked) {
  const check = (one: FabricInterface | undefined, side: "ingress" | "egress") => {
    if (one === undefined) return true
    const subnet = records.subnet.get(one.subnetId)!
    const groups = one.groupIds.map((id) => records.group.get(id))
    if (withAcls && !aclAllows(records.acl.get(subnet.aclId)!, subnet, side, sent)) return false
    return groupsAllow(records, groups, side, sent)
  }
  return {
    toLeave: check(interfaceOf(records, sent.source), "egress"),
    toArrive: check(interfaceOf(records, sent.destination), "ingress"),
  }
}

export function mayPass(records: FabricRecords, sent: Packet, asked: Asked): boolean {
  const { toLeave, toArrive } = allowed(records, sent, asked)
  return toLeave && toArrive
}

export function interfaceOf(records: FabricRecords, address: string): FabricInterface | undefined {
  return [...records.interface.values()].find(({ addresses, addresses6 }) =>
    [...addresses, ...addresses6].includes(address),
  )
}

function groupsAllow(
  records: FabricRecords,
  groups: readonly (FabricGroup | undefined)[],
  side: "ingress" | "egress",
  sent: Packet,
): boolean {
  const peer = side === "ingress" ? sent.source : sent.destination
  return groups.some((group) =>
    group?.[side].some(
      (rule) =>
        fits(rule, sent) &&
        (rule.groupId === undefined
          ? rule.cidrs!.some((cidr) => inCidr(cidr, peer))
          : (records.group.get(rule.groupId)?.members.includes(peer) ?? false)),
    ),
  )
}

function aclAllows(acl: FabricAcl, subnet: FabricSubnet, side: "ingress" | "egress", sent: Packet): boolean {
  const peer = side === "ingress" ? sent.source : sent.destination
  if (inCidr(subnet.cidr!, peer) || inCidr(subnet.cidr6!, peer)) return true
  for (const entry of acl[side]) if (inCidr(entry.cidr, peer) && fits(entry, sent)) return entry.isAllowed
  return false
}

function fits(
  {
    protocol,
    fromPort,
    toPort,
  }: { readonly protocol: string; readonly fromPort?: number | undefined; readonly toPort?: number | undefined },
  sent: Packet,
): boolean {
  const numbers: Record<string, number> = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 }
  if (protocol === "-1") return true
  const number = numbers[protocol] ?? Number(protocol)
  if (number !== sent.protocol) return false
  if (fromPort === undefined || number === 47) return true
  if (number === 1 || number === 58) {
    return fromPort === -1 || (fromPort === sent.icmpType && (toPort === -1 || toPort === sent.icmpCode))
  }
  return sent.destinationPort! >= fromPort && sent.destinationPort! <= toPort!
}

function inCidr(cidr: string, address: string): boolean {
  const [base = "", length] = cidr.split("/")
  if (base.includes(":") !== address.includes(":")) return false
  const bits = base.includes(":") ? 128 : 32
  const size = 2n ** BigInt(bits - Number(length))
  return numberOf(base) / size === numberOf(address) / size
}

function numberOf(address: string): bigint {
  if (!address.includes(":")) return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = "", tail = ""] = address.split("::")
  const parts = (text: string) => (text === "" ? [] : text.split(":"))
  const zeros = new Array(8 - parts(head).length - parts(tail).length).fill("0")
  const all = [...parts(head), ...zeros, ...parts(tail)]
  return all.reduce((sum: bigint, part) => sum * 65_536n + BigInt(`0x${part}`), 0n)
}
