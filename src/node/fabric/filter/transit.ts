import { isPeeringLink, UPLINK, VXLAN } from "../plan/links.ts"

/**
 * What only passes through a router on its way to an interface on another machine, whose own router asks the groups: from
 * the host, and from a peer. Packets have these marks by where they come from; no route table has such a number.
 */
const FROM_HOST = 1
const FROM_PEER = 2

/** Elements of a map from links to marks. */
export function transitMarks(links: readonly string[]): ReadonlyMap<string, string> {
  const marks = new Map<string, string>()
  for (const link of links) {
    if (link === UPLINK) marks.set(`"${link}"`, String(FROM_HOST))
    if (isPeeringLink(link)) marks.set(`"${link}"`, String(FROM_PEER))
  }
  return marks
}

/** Each machine sends to a peer's interface through its own router of the peer: answers of connections come by another way. */
export const PEERS_PASS = `oifname "${VXLAN}" meta mark ${FROM_PEER} accept`

export const HOST_PASSES = `oifname "${VXLAN}" meta mark ${FROM_HOST} accept`

/** Other machines know this one's end of the VXLAN, and none of its links. */
export const HOST_SHOWS_ITS_MACHINE = `oifname "${VXLAN}" meta mark ${FROM_HOST} masquerade`
