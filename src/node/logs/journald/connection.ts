import { closeSync, statSync } from "node:fs"
import { sleep, type World } from "../../../world/world.ts"
import { connectTo, SOCK_DGRAM, sendNow } from "../../linux/libc.ts"
import type { LogConnection } from "../connection.ts"

/** Whether this machine has one there. */
export function isJournal(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

/**
 * Carries entries to the journal, each in a datagram. A line comes in pieces of 16 KiB and a task's environment is
 * bounded, so none is ever as long as a datagram may be, and needs a file of its own.
 */
export function connectJournal(world: World, path: string): LogConnection {
  let fd: number | undefined
  const opened = () => {
    fd ??= connectTo(path, SOCK_DGRAM)
    return fd
  }
  return {
    open: async () => void opened(),
    async send(messages) {
      for (const message of messages) {
        // Asked for each time: it may have been closed while we waited.
        while (!sendNow(opened(), message)) await sleep(world, FULL_MS)
      }
    },
    async close() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

/** The journal reads a few hundred entries in this time. */
const FULL_MS = 2
