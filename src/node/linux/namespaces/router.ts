import { existsSync, readFileSync } from "node:fs"
import { isSystemError } from "../libc.ts"
import { parseMounts } from "../mounts.ts"
import { addEntry, decodeEntry, type Entry, getEntries, removeEntry } from "../netlink/entries.ts"
import { getLinks } from "../netlink/link.ts"
import { DUMP, decodeAttributes } from "../netlink/message.ts"
import type { NetlinkSocket } from "../netlink/socket.ts"
import { createEmpty } from "./bridged.ts"
import type { FabricOrders, LinkView, Refusal, RouterView } from "./fabric-orders.ts"
import { closeOwn } from "./instance.ts"
import { placeAt } from "./place.ts"
import { setting } from "./settings.ts"

export const openRouter: FabricOrders["openRouter"] = ({ path }) => {
  if (!isKept(path)) {
    // What is left of a start in the middle, or of before the machine went down.
    closeOwn(path)
    createEmpty(path)
  }
  placeAt(path).enter(() => {
    for (const [name, value] of ROUTING) setting(name, value)
  })
}

/** Whom a packet may come from is checked by rules, and interfaces have no addresses but those we give. */
const ROUTING = [
  ["ipv4/ip_forward", "1"],
  ["ipv4/conf/all/rp_filter", "0"],
  ["ipv4/conf/default/rp_filter", "0"],
  ["ipv4/conf/all/send_redirects", "0"],
  ["ipv4/conf/default/send_redirects", "0"],
  ["ipv6/conf/all/forwarding", "1"],
  ["ipv6/conf/default/accept_ra", "0"],
  ["ipv6/conf/default/addr_gen_mode", "1"],
] as const

/** Whether a path is a namespace now, and not only the file that was one. */
export function isKept(path: string): boolean {
  return existsSync(path) && keptPaths().has(path)
}

export function keptPaths(): ReadonlySet<string> {
  return new Set(parseMounts(readFileSync("/proc/self/mountinfo", "utf8")).map(({ point }) => point))
}

export const lookAtRouter: FabricOrders["lookAtRouter"] = ({ path }) => {
  if (path !== undefined && !isKept(path)) return undefined
  return look(placeAt(path).netlink)
}

export function look(netlink: NetlinkSocket): RouterView {
  const links: Record<string, LinkView> = {}
  const names = new Map<number, string>()
  for (const body of netlink.ask(getLinks())) {
    const attributes = decodeAttributes(body.subarray(16))
    const name = attributes.get(3)!.toString("utf8").replace(/\0$/, "")
    names.set(body.readInt32LE(4), name)
    links[name] = { mac: macOf(attributes.get(1)), mtu: attributes.get(4)!.readUInt32LE(0) }
  }
  const nameOf = (index: number) => names.get(index) ?? ""
  // What a dump answers with is of the kind that adds, which is two before the one that asks.
  const entries = getEntries().flatMap((asked) => {
    const found = netlink.ask({ ...asked, flags: DUMP }).map((body) => decodeEntry(asked.type - 2, body, nameOf))
    return found.filter((entry) => entry !== undefined)
  })
  return { links, entries }
}

function macOf(bytes: Buffer | undefined): string {
  return [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join(":")
}

export const configure: FabricOrders["configure"] = ({ path, remove, add }) => {
  const { netlink } = placeAt(path)
  return carryOut(netlink, remove, add)
}

export function carryOut(netlink: NetlinkSocket, remove: readonly Entry[], add: readonly Entry[]): Refusal[] {
  const indexes = new Map<string, number | undefined>()
  const indexOf = (link: string) => {
    if (!indexes.has(link)) indexes.set(link, link === "lo" ? 1 : indexIn(netlink, link))
    return indexes.get(link) ?? NO_LINK
  }
  const gone = netlink.attempt(remove.map((entry) => removeEntry(entry, indexOf)))
  const refused = netlink.attempt(add.map((entry) => addEntry(entry, indexOf)))
  return [
    ...[...gone].flatMap(([place, error]) =>
      isSystemError(error, ...NOT_THERE) ? [] : [{ entry: remove[place]!, reason: error.message }],
    ),
    ...[...refused].flatMap(([place, error]) =>
      isSystemError(error, "EEXIST") ? [] : [{ entry: add[place]!, reason: error.message }],
    ),
  ]
}

/** As the kernel says it of an address, a route or a rule, a neighbour, and of anything on a link that is gone. */
const NOT_THERE = ["EADDRNOTAVAIL", "ESRCH", "ENOENT", "ENODEV", "EINVAL"]

/** No link has it, so the kernel refuses what names it. */
const NO_LINK = 0x7fff_ffff

function indexIn(netlink: NetlinkSocket, link: string): number | undefined {
  try {
    return netlink.linkIndex(link)
  } catch (error) {
    if (isSystemError(error, "ENODEV")) return undefined
    throw error
  }
}
