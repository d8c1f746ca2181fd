import { closeSync, openSync } from "node:fs"
import { CLONE_NEWNET, setns, unshare } from "../libc.ts"
import { NetlinkSocket } from "../netlink/socket.ts"
import { type Filter, openFilter } from "./filter.ts"

/** Where this thread was when it started, and is whenever it waits for an order. Elsewhere than on Linux it is nowhere. */
const home = process.platform === "linux" ? openSync("/proc/thread-self/ns/net", "r") : -1

/** Does something in a namespace, and comes back whatever happens. */
export function inside<T>(namespace: number, act: () => T): T {
  setns(namespace, CLONE_NEWNET)
  try {
    return act()
  } finally {
    comeBack()
  }
}

/** Does something in a new namespace, which lasts for as long as something holds it. */
export function insideNew<T>(act: (namespace: number) => T): T {
  unshare(CLONE_NEWNET)
  let namespace: number | undefined
  try {
    namespace = openSync("/proc/thread-self/ns/net", "r")
    return act(namespace)
  } finally {
    if (namespace !== undefined) closeSync(namespace)
    comeBack()
  }
}

function comeBack(): void {
  try {
    setns(home, CLONE_NEWNET)
  } catch {
    // Every order from now on would be carried out in the wrong place.
    process.exit(1)
  }
}

/** A namespace in which we do things again and again: the host's, or an instance's. */
export class Place {
  readonly namespace: number
  readonly netlink: NetlinkSocket
  readonly filter: Filter

  constructor(path: string | undefined) {
    const namespace = path === undefined ? home : openSync(path, "r")
    const [netlink, filter] = inside(namespace, () => [new NetlinkSocket(), openFilter()] as const)
    this.namespace = namespace
    this.netlink = netlink
    this.filter = filter
  }

  enter<T>(act: () => T): T {
    return this.namespace === home ? act() : inside(this.namespace, act)
  }

  /** Nothing of ours holds the namespace after this. */
  close(): void {
    this.netlink.close()
    this.filter.close()
    if (this.namespace !== home) closeSync(this.namespace)
  }
}

const places = new Map<string | undefined, Place>()

export function placeAt(path: string | undefined): Place {
  const known = places.get(path)
  if (known !== undefined) return known
  const place = new Place(path)
  places.set(path, place)
  return place
}

export function forgetPlaces(): void {
  for (const place of places.values()) place.close()
  places.clear()
}

export function forgetPlace(path: string): void {
  places.get(path)?.close()
  places.delete(path)
}
