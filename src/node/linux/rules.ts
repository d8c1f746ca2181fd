import type { PublishedPort } from "../engine/engine.ts"

/**
 * The texts of nftables. Each instance has a table of its own, so that it comes and goes whole, and the rules in it never
 * change: what is published is an element of a map, put in and taken out with all others of its container at once.
 */
export interface InstanceRules {
  /** Names the table. */
  readonly table: string
  readonly bridge: string
  readonly subnet: string

  /** Whether leaving the namespace means leaving the machine. Otherwise the host stands in between, and does it. */
  readonly masquerade: boolean

  /** What is published from before. */
  readonly published: readonly Publication[]
}

export interface Publication {
  readonly address: string
  readonly ports: readonly PublishedPort[]
}

export function instanceRules({ table, bridge, subnet, masquerade, published }: InstanceRules): string {
  const elements = published.flatMap(elementsOf)
  return `${replaced(table)}
table ip ${table} {
  map published {
    type inet_proto . inet_service : ipv4_addr . inet_service
    ${elements.length === 0 ? "" : `elements = { ${elements.join(", ")} }`}
  }
  # The bridge routes 127.0.0.0/8, for what this machine sends to published ports there. Nobody else may.
  chain bounds {
    type filter hook prerouting priority raw
    iifname "${bridge}" ip daddr 127.0.0.0/8 drop
  }
  chain arriving {
    type nat hook prerouting priority dstnat
    fib daddr type local dnat ip to meta l4proto . th dport map @published
  }
  chain started_here {
    type nat hook output priority -100
    fib daddr type local dnat ip to meta l4proto . th dport map @published
  }
  # What a container sends to a published port of its own or a neighbour has to come back the same way, and so has what
  # is sent from 127.0.0.1, which nobody else can answer.
  chain leaving {
    type nat hook postrouting priority srcnat
    oifname "${bridge}" ct status dnat ip saddr { 127.0.0.0/8, ${subnet} } masquerade
    ${masquerade ? `ip saddr ${subnet} oifname != "${bridge}" masquerade` : ""}
  }
${masquerade ? sheltered(bridge, `iifname != "${bridge}" ct state new ct status & dnat == 0 drop`) : ""}
}
`
}

/** From beyond the machine a container is reached through its published ports and not otherwise. */
function sheltered(link: string, rule: string): string {
  return `  chain passing {
    type filter hook forward priority filter
    oifname "${link}" ${rule}
  }`
}

export interface OwnInstanceRules {
  readonly table: string

  /** The host's end of the veth. */
  readonly link: string

  /** Of containers, and of the veth. */
  readonly sources: readonly string[]

  /** The instance's own. */
  readonly address: string
}

/** What the host does for an instance with a namespace of its own: other instances reach its address, the world nothing. */
export function ownInstanceRules({ table, link, sources, address }: OwnInstanceRules): string {
  return `${replaced(table)}
table ip ${table} {
  chain leaving {
    type nat hook postrouting priority srcnat
    ip saddr { ${sources.join(", ")} } oifname != "${LINK_PREFIX}*" masquerade
  }
  chain passing {
    type filter hook forward priority filter
    oifname "${link}" ct state new iifname != "${LINK_PREFIX}*" drop
    oifname "${link}" ct state new ip daddr != ${address} drop
  }
}
`
}

/** Of every interface of ours in the host's namespace. */
export const LINK_PREFIX = "hport"

/** In the same transaction as what follows. */
function replaced(table: string): string {
  return `table ip ${table}\ndelete table ip ${table}`
}

export function withoutTable(table: string): string {
  return `table ip ${table}\ndelete table ip ${table}\n`
}

export function publish(table: string, publication: Publication): string {
  return `add element ip ${table} published { ${elementsOf(publication).join(", ")} }`
}

export function withdraw(table: string, publication: Publication): string {
  return `delete element ip ${table} published { ${elementsOf(publication).join(", ")} }`
}

function elementsOf({ address, ports }: Publication): string[] {
  return ports.map(
    ({ protocol, hostPort, containerPort }) => `${protocol} . ${hostPort} : ${address} . ${containerPort}`,
  )
}
