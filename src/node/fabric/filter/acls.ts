import type { FabricAcl, FabricSubnet } from "../../../wire/fabric.ts"
import { contains, familyOf } from "../../linux/ip.ts"
import { refusedAt } from "./router-hooks.ts"
import { type FilterChain, nameIn } from "./table.ts"
import { matches, matchOf, type Packet, renderCidrs, renderMatch } from "./traffic.ts"

/**
 * Network ACLs are stateless and stand between subnets: what stays inside of one passes. The first entry that matches
 * decides. One that lets everything pass, as most do, costs no chain.
 */
export function aclChain(subnetId: string, side: "ingress" | "egress"): string {
  return `acl_${side}_${nameIn(subnetId)}`
}

export function compileAcl(acl: FabricAcl, subnet: FabricSubnet, side: "ingress" | "egress"): FilterChain | undefined {
  const entries = acl[side]
  if (allowsAll(entries, subnet)) return undefined
  const [own, peer] = side === "ingress" ? (["saddr", "saddr"] as const) : (["daddr", "daddr"] as const)
  const refused = `goto ${refusedAt(side)}`
  const inside = [subnet.cidr, subnet.cidr6].flatMap((cidr) =>
    cidr === undefined ? [] : `${renderCidrs([cidr], familyOf(cidr), own)} return`,
  )
  const rules = entries.map(({ cidr, isAllowed, ...traffic }) =>
    [renderCidrs([cidr], familyOf(cidr), peer), renderMatch(matchOf(traffic)), isAllowed ? "return" : refused]
      .filter((part) => part !== "")
      .join(" "),
  )
  return { rules: [...inside, ...rules, refused] }
}

function allowsAll(entries: FabricAcl["ingress"], subnet: FabricSubnet): boolean {
  const isOpen = (family: 4 | 6) => {
    const first = entries.find(({ cidr }) => familyOf(cidr) === family)
    return first?.isAllowed === true && first.cidr.endsWith("/0") && first.protocol === "-1"
  }
  return isOpen(4) && (subnet.cidr6 === undefined || isOpen(6))
}

/** The same decision about one packet. */
export function passesAcl(acl: FabricAcl, subnet: FabricSubnet, side: "ingress" | "egress", packet: Packet): boolean {
  if (allowsAll(acl[side], subnet)) return true
  const peer = side === "ingress" ? packet.source : packet.destination
  if ([subnet.cidr, subnet.cidr6].some((cidr) => cidr !== undefined && contains(cidr, peer))) return true
  return (
    acl[side].find(({ cidr, ...traffic }) => contains(cidr, peer) && matches(matchOf(traffic), packet))?.isAllowed ??
    false
  )
}
