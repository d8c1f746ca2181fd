import { openFilter } from "./filter.ts"

/**
 * A program that listens at every address of a namespace, as web servers do on port 80, cannot while somebody listens
 * on that port at any single one. So we listen at our addresses on a port that stands in for the one that people know,
 * and packets there have the one changed into the other, both ways. They never leave the loopback, but for the link that
 * may be named, and nobody has to remember connections for it.
 */
export function standIn(address: string, port: number, link?: string): number {
  const other = FIRST + port
  const table = tableOf(address)
  const links = link === undefined ? "" : `add element ip ${table} links { "${link}" }`
  filtered(`
    add table ip ${table}
    add map ip ${table} inward { type inet_service : inet_service; }
    add map ip ${table} outward { type inet_service : inet_service; }
    add set ip ${table} links { type ifname; }
    add chain ip ${table} arriving { type filter hook prerouting priority raw; }
    flush chain ip ${table} arriving
    add rule ip ${table} arriving iifname @links ip daddr ${address} tcp dport set tcp dport map @inward notrack
    add chain ip ${table} local { type filter hook output priority raw; }
    flush chain ip ${table} local
    add rule ip ${table} local oifname @links ip saddr ${address} notrack
    add rule ip ${table} local ip daddr ${address} tcp dport set tcp dport map @inward
    add rule ip ${table} local ip saddr ${address} tcp sport set tcp sport map @outward
    add element ip ${table} inward { ${port} : ${other} }
    add element ip ${table} outward { ${other} : ${port} }
    ${links}
  `)
  return other
}

export function forgetStandIns(address: string): void {
  const table = tableOf(address)
  filtered(`table ip ${table}\ndelete table ip ${table}\n`)
}

/** In the namespace of this thread. */
function filtered(text: string): void {
  const filter = openFilter()
  try {
    filter.run(text)
  } finally {
    filter.close()
  }
}

function tableOf(address: string): string {
  return `homeport_at_${address.replaceAll(".", "_")}`
}

/** So that 80 becomes 51679, which is an agent's wherever there is one. */
const FIRST = 51_599
