import { VXLAN_PORT } from "../../linux/netlink/vxlan.ts"
import { LINK_PREFIX } from "../../linux/rules.ts"
import type { FilterTable } from "./table.ts"

export interface HostTableInput {
  readonly uplinks: readonly string[]
  readonly publicAddresses: readonly string[]

  /** Those of them that are of the operator's own range. */
  readonly seenOutside: readonly string[]

  /** Addresses of the other machines. */
  readonly machines: readonly string[]
}

/**
 * What the host itself does for the VPCs. Its own processes reach into them, and so do containers on its bridges; from a
 * VPC only public addresses of others are reached, and from beyond the machine nothing but public addresses of the
 * operator's own range. What leaves the machine leaves behind its address, unless it is such a one, so that other public
 * addresses of the fabric are never seen there. Packets of VPCs are taken from the other machines alone.
 */
export function hostTable({ uplinks, publicAddresses, seenOutside, machines }: HostTableInput): FilterTable {
  return {
    sets: new Map([
      ["uplinks", { is: "set", type: "ifname", elements: elementsOf(uplinks.map((name) => `"${name}"`)) }],
      ["machines", { is: "set", type: "ipv4_addr", elements: elementsOf(machines) }],
      ["seen_outside", { is: "set", type: "ipv4_addr", elements: elementsOf(seenOutside) }],
      ["public_addresses", { is: "set", type: "ipv4_addr", elements: elementsOf(publicAddresses) }],
    ]),
    chains: new Map([
      [
        "passing",
        {
          hook: "type filter hook forward priority 0; policy accept;",
          rules: [
            "oifname @uplinks ct state established,related accept",
            `oifname @uplinks iifname "${LINK_PREFIX}*" iifname != @uplinks accept`,
            `oifname @uplinks iifname "${LINK_PREFIX}*" ip daddr @public_addresses accept`,
            "oifname @uplinks ip daddr @seen_outside accept",
            "oifname @uplinks drop",
          ],
        },
      ],
      [
        "arriving",
        {
          hook: "type filter hook input priority 0; policy accept;",
          rules: [`udp dport ${VXLAN_PORT} ip saddr != @machines drop`],
        },
      ],
      [
        "leaving",
        {
          hook: "type nat hook postrouting priority 100;",
          rules: [
            "ip saddr @seen_outside accept",
            `ip saddr @public_addresses oifname != "${LINK_PREFIX}*" masquerade`,
          ],
        },
      ],
    ]),
  }
}

function elementsOf(names: readonly string[]): ReadonlyMap<string, undefined> {
  return new Map(names.map((name) => [name, undefined]))
}
