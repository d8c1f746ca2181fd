import type { LocalInterface } from "../plan/elastic.ts"
import type { FilterChain, FilterSet } from "./table.ts"
import { TCP, UDP } from "./traffic.ts"

/**
 * Where packets of interfaces that have a flow log are counted: sets that the packets themselves fill, with an element
 * for each flow. No process sees a packet. A router without such an interface has none of this.
 */
export interface FlowSet {
  readonly name: string
  readonly side: "ingress" | "egress"
  readonly isAccepted: boolean
  readonly family: 4 | 6

  /** Undefined for all that have no ports; then the element says which. */
  readonly protocol: number | undefined
}

const SIDES = ["ingress", "egress"] as const
const FAMILIES = [4, 6] as const
const PROTOCOLS = [TCP, UDP, undefined] as const

/** By name. nftables combines five things at most, so that protocols with ports have sets of their own. */
export const FLOW_SETS: ReadonlyMap<string, FlowSet> = new Map(
  SIDES.flatMap((side) =>
    [true, false].flatMap((isAccepted) =>
      FAMILIES.flatMap((family) =>
        PROTOCOLS.map((protocol): [string, FlowSet] => {
          const name = `${flowChain(side, isAccepted)}_${nameOf(protocol)}${family}`
          return [name, { name, side, isAccepted, family, protocol }]
        }),
      ),
    ),
  ),
)

/** An element goes away when its flow was silent for that long, and must not before it was read. */
export const FLOW_SILENCE_MS = 45_000

/** Of one set. Packets of further flows are not counted, and pass or are refused all the same. */
export const FLOWS_MAX = 8192

/** The links of those that have a flow log. */
export const LOGGED = "logged"

/** Where a packet is counted; it is jumped to, and comes back. */
export function flowChain(side: "ingress" | "egress", isAccepted: boolean): string {
  return `flow_${side}_${isAccepted ? "accepted" : "refused"}`
}

export function addFlows(
  locals: readonly LocalInterface[],
  sets: Map<string, FilterSet>,
  chains: Map<string, FilterChain>,
): void {
  const logged = locals.filter(({ record }) => (record.flowIntervals ?? []).length > 0)
  if (logged.length === 0) return
  sets.set(LOGGED, { is: "set", type: "ifname", elements: new Map(logged.map(({ link }) => [`"${link}"`, undefined])) })
  for (const [name, set] of FLOW_SETS) sets.set(name, filterSet(set))
  for (const [name, chain] of FLOW_CHAINS) chains.set(name, chain)
}

/** Those of a router that counts flows, but for the sets themselves. */
const FLOW_CHAINS: readonly (readonly [string, FilterChain])[] = [
  ...SIDES.flatMap((side) =>
    [true, false].map((isAccepted) => {
      const own = [...FLOW_SETS.values()].filter((set) => set.side === side && set.isAccepted === isAccepted)
      return [flowChain(side, isAccepted), { rules: own.map(countingRule) }] as const
    }),
  ),
  [
    "counting",
    {
      // After all that refuses.
      hook: "type filter hook forward priority 10; policy accept;",
      rules: [
        `iifname @${LOGGED} jump ${flowChain("egress", true)}`,
        `oifname @${LOGGED} jump ${flowChain("ingress", true)}`,
      ],
    },
  ],
]

/** What precedes the verdict where a packet may not leave its interface, or may not arrive at one. */
export const REFUSED_LEAVING = [`iifname @${LOGGED} jump ${flowChain("egress", false)}`]
export const REFUSED_ARRIVING = [
  `iifname @${LOGGED} jump ${flowChain("egress", true)}`,
  `oifname @${LOGGED} jump ${flowChain("ingress", false)}`,
]

function filterSet({ family, protocol }: FlowSet): FilterSet {
  const address = `ipv${family}_addr`
  const type =
    protocol === undefined
      ? `ifname . ${address} . ${address} . inet_proto`
      : `ifname . ${address} . ${address} . inet_service . inet_service`
  return { is: "set", type, elements: NONE, filling: { silenceSeconds: FLOW_SILENCE_MS / 1000, countMax: FLOWS_MAX } }
}

/** Whatever is in there, packets have put it there. */
const NONE: FilterSet["elements"] = new Map()

function countingRule({ name, side, family, protocol }: FlowSet): string {
  const link = side === "egress" ? "iifname" : "oifname"
  const ip = family === 4 ? "ip" : "ip6"
  const ends = `${link} . ${ip} saddr . ${ip} daddr`
  const what = protocol === undefined ? `meta l4proto != ${TCP} meta l4proto != ${UDP}` : `meta l4proto ${protocol}`
  const transport = nameOf(protocol)
  const key = protocol === undefined ? `${ends} . meta l4proto` : `${ends} . ${transport} sport . ${transport} dport`
  return `meta nfproto ipv${family} ${what} update @${name} { ${key} counter }`
}

function nameOf(protocol: number | undefined): string {
  return protocol === TCP ? "tcp" : protocol === UDP ? "udp" : "other"
}
