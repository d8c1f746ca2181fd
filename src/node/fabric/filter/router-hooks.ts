import { UPLINK } from "../plan/links.ts"
import type { Translation } from "../plan/translation.ts"
import { REFUSED_ARRIVING, REFUSED_LEAVING } from "./flow-sets.ts"
import type { FilterChain } from "./table.ts"
import { HOST_PASSES, HOST_SHOWS_ITS_MACHINE, PEERS_PASS } from "./transit.ts"

/** A connection with this mark was refused once, so that its answers do not pass either. */
const CUT = "0x7a"

/** Where a packet goes that its sender's side does not let leave, or its receiver's does not let arrive. */
export function refusedAt(side: "egress" | "ingress"): string {
  return side === "egress" ? "refused_leaving" : "refused_arriving"
}

/** The chains that are the same in every router, but for what NAT gateways do. */
export function addHooks(
  { translations, countsFlows }: { readonly translations: readonly Translation[]; readonly countsFlows: boolean },
  chains: Map<string, FilterChain>,
): void {
  const chain = (name: string, rules: readonly string[], hook?: string) =>
    chains.set(name, hook === undefined ? { rules } : { hook, rules })

  chain(
    "guarding",
    [
      "iifname @links accept",
      `iifname "lo" accept`,
      "iifname . ether saddr . ip saddr @sources4 accept",
      "iifname . ether saddr . ip6 saddr @sources6 accept",
      "iifname . ether saddr @relays accept",
      "drop",
    ],
    "type filter hook prerouting priority -300;",
  )
  chain(
    "marking",
    ["meta mark set iifname map @route_tables", "meta mark set iifname map @transits"],
    "type filter hook prerouting priority -150;",
  )
  chain(
    "passing",
    [
      // Neither the metadata of instances nor anything else that is meant for one link goes further.
      "ip daddr 169.254.0.0/16 drop",
      "ip saddr 169.254.0.0/16 drop",
      PEERS_PASS,
      "ct state invalid drop",
      "iifname vmap @acl_egress_by",
      "ct state related goto answering",
      `ct state established ct direction reply ct mark != ${CUT} goto answering`,
      `ct direction reply goto ${refusedAt("egress")}`,
      `ct state established ct mark ${CUT} ct mark set 0`,
      HOST_PASSES,
      "iifname vmap @leaving_by",
      "iifname @links goto arriving_from_link",
    ],
    "type filter hook forward priority 0; policy drop;",
  )
  chain("answering", ["oifname vmap @acl_ingress_by", "accept"])
  chain("arriving", [
    "oifname vmap @acl_ingress_by",
    "oifname vmap @arriving_by",
    `oifname "${UPLINK}" goto leaving_vpc`,
    "oifname @links accept",
    `goto ${refusedAt("ingress")}`,
  ])
  // What comes from elsewhere is for an interface here, and is not sent on.
  chain("arriving_from_link", [
    "oifname vmap @acl_ingress_by",
    "oifname vmap @arriving_by",
    `goto ${refusedAt("ingress")}`,
  ])
  const translated = translations.map(({ mark, destination }) => `meta mark ${mark} ${toward(destination)}`)
  chain("leaving_vpc", [
    ...translated.map((packets) => `${packets} accept`),
    "ip saddr @public_sources accept",
    `goto ${refusedAt("ingress")}`,
  ])
  chain(refusedAt("egress"), [...(countsFlows ? REFUSED_LEAVING : []), "goto refused"])
  chain(refusedAt("ingress"), [...(countsFlows ? REFUSED_ARRIVING : []), "goto refused"])
  chain("refused", [`ct state established ct mark set ${CUT}`, "drop"])
  chain(
    "local",
    [
      `iifname "lo" accept`,
      "ct state established,related accept",
      "iifname @links drop",
      "ip daddr @resolvers4 meta l4proto { 6, 17 } th dport 53 accept",
      "ip6 daddr @resolvers6 meta l4proto { 6, 17 } th dport 53 accept",
    ],
    "type filter hook input priority 0; policy drop;",
  )
  const narrowFirst = translations.toSorted((a, b) => lengthOf(b.destination) - lengthOf(a.destination))
  chain(
    "translating_source",
    [
      ...narrowFirst.map(
        ({ mark, destination, address }) =>
          `oifname "${UPLINK}" meta mark ${mark} ${toward(destination)} snat ip to ${address}`,
      ),
      `oifname "${UPLINK}" snat ip to ip saddr map @to_public`,
      HOST_SHOWS_ITS_MACHINE,
    ],
    "type nat hook postrouting priority 100;",
  )
  chain(
    "translating_destination",
    [`iifname "${UPLINK}" dnat ip to ip daddr map @to_private`],
    "type nat hook prerouting priority -100;",
  )
}

function toward(destination: string): string {
  return destination.endsWith("/0") ? "meta nfproto ipv4" : `ip daddr ${destination}`
}

function lengthOf(destination: string): number {
  return Number(destination.split("/")[1])
}
