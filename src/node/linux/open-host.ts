import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { sleep, type World } from "../../world/world.ts"
import { EngineError } from "../engine/engine-error.ts"
import { openCgroups } from "./cgroups/open.ts"
import { fleetingFolder } from "./fleeting.ts"
import { Holders } from "./holders.ts"
import type { Host } from "./host.ts"
import { MS_SHARED, mount, mountMemory, punchHole, tryLock } from "./libc.ts"
import { parseMounts } from "./mounts.ts"
import { Names } from "./names.ts"
import { NamespaceThread } from "./namespaces/thread.ts"
import { LinuxNetworks } from "./networks.ts"

export interface HostOptions {
  readonly world: World

  /** Where namespaces have their names, with what we have to know of them after a restart. */
  readonly stateFolder: string

  /** Subnets of instances are taken from it, where they lead nowhere else. */
  readonly addresses?: string
}

/** With what the fabric builds on. */
export interface LinuxHost extends Host {
  readonly names: Names
  readonly thread: NamespaceThread

  /** Where notes are kept that are worth as long as the kernel's state is. */
  readonly stateFolder: string
}

/** Finds what is there from before. One process at a time has a state folder. */
export async function openHost({ world, stateFolder, addresses = "172.30.0.0/16" }: HostOptions): Promise<LinuxHost> {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  // As the kernel names what is mounted there.
  const folder = realpathSync(stateFolder)
  const lock = openSync(join(folder, "lock"), "w", 0o600)
  const until = world.monotonic() + LOCK_MS_MAX
  while (!tryLock(lock)) {
    // A process that was killed may be about to go.
    if (world.monotonic() < until) await sleep(world, LOCK_AGAIN_MS)
    else {
      closeSync(lock)
      throw new EngineError("machine", `Another process uses ${stateFolder}.`)
    }
  }

  const names = new Names(folder)
  shareMounts(names.namespacesFolder)
  const thread = new NamespaceThread()
  const networks = new LinuxNetworks({ world, stateFolder: folder, names, thread, pool: addresses })
  const cgroups = openCgroups(world, parseMounts(readFileSync("/proc/self/mountinfo", "utf8")))
  const holders = new Holders({ world, folder: join(folder, "holders"), cgroups })
  let closed = false
  return {
    names,
    thread,
    stateFolder: folder,
    networks,
    cgroups,
    punchHole,
    hold: (id, namespaces, cgroup) => holders.hold(id, namespaces, cgroup),
    release: (id) => holders.release(id),
    fleetingFolder: (onDisk) => fleetingFolder(names, onDisk),
    async close() {
      if (closed) return
      closed = true
      await networks.close()
      await thread.close()
      closeSync(lock)
    },
  }
}

const LOCK_MS_MAX = 3_000
const LOCK_AGAIN_MS = 20

/**
 * What we mount has to be seen by processes that have a copy of this mount namespace, as containerd may: the folder is
 * a mount of its own that passes on what happens below it. It is in memory, as namespaces are.
 */
function shareMounts(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const mounted = parseMounts(readFileSync("/proc/self/mountinfo", "utf8")).find(({ point }) => point === folder)
  if (mounted === undefined) mountMemory(folder)
  if (!mounted?.shared) mount("", folder, MS_SHARED)
}
