import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { sleep, type World } from "../../world/world.ts"
import { EngineError } from "../engine/engine-error.ts"
import type { JoinableCgroups } from "./cgroups/open.ts"
import type { HeldNamespaces } from "./host.ts"
import { startTimeOf } from "./process-start.ts"
import { Records } from "./records.ts"

interface Holder {
  readonly pid: number

  /** Since the machine's start: a process with the same number that started at another time is another one. */
  readonly startTime: string
  readonly boot: string
  readonly namespaces: { readonly pid: boolean; readonly ipc: boolean }
}

export interface HoldersOptions {
  readonly world: Pick<World, "after" | "monotonic">
  readonly folder: string
  readonly cgroups: JoinableCgroups
}

/** Processes that do nothing but hold namespaces open. Such a namespace lives in its processes, and cannot be a mount. */
export class Holders {
  readonly #options: HoldersOptions
  readonly #records: Records<Holder>

  constructor(options: HoldersOptions) {
    this.#options = options
    this.#records = new Records(options.folder)
  }

  async hold(id: string, namespaces: Holder["namespaces"], cgroup: string): Promise<HeldNamespaces> {
    const there = this.#records.get(id)
    if (there !== undefined && isAlive(there)) return pathsOf(there)
    const started = await start(namespaces)
    try {
      // A cgroup of version 2 that has others below it may hold no process itself.
      const place = `${cgroup}/holder`
      await this.#options.cgroups.create(place, {})
      await this.#options.cgroups.join(place, started.pid)
      const holder = { pid: started.pid, startTime: startTimeOf(started.pid)!, boot: bootId(), namespaces }
      this.#records.put(id, holder)
      started.proceed()
      return pathsOf(holder)
    } catch (error) {
      started.abandon()
      throw error
    }
  }

  async release(id: string): Promise<void> {
    const holder = this.#records.get(id)
    if (holder === undefined) return
    const { world } = this.#options
    const deadline = world.monotonic() + END_MS_MAX
    while (isAlive(holder)) {
      if (world.monotonic() > deadline) throw new EngineError("machine", `Process ${holder.pid} was killed, and stays.`)
      end(holder.pid)
      await sleep(world, RETRY_MS)
    }
    this.#records.delete(id)
  }
}

const RETRY_MS = 2
const END_MS_MAX = 5_000

/**
 * The first process of a process-id namespace inherits its orphans and has to reap them, which a shell that waits for
 * something does. It tells its number, as it is outside, and waits until it is recorded: should this process end before that,
 * it ends as well.
 */
const SCRIPT =
  'read pid rest </proc/self/stat; echo "$pid"; read go || exit; exec <&- >&-; while :; do sleep 2147483; done'

interface Started {
  readonly pid: number
  proceed(): void
  abandon(): void
}

async function start(namespaces: Holder["namespaces"]): Promise<Started> {
  const flags = [...(namespaces.pid ? ["--pid", "--fork"] : []), ...(namespaces.ipc ? ["--ipc"] : [])]
  const child = spawn("unshare", [...flags, "--", "sh", "-c", SCRIPT], {
    cwd: "/",
    env: { PATH: SYSTEM_PATH },
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  })
  const pid = await firstLine(child)
  const { stdin, stdout } = child
  // An end of the pipe that nobody reads any more is none of our concern.
  stdin!.on("error", () => {})
  child.unref()
  return {
    pid,
    proceed() {
      stdin!.end("go\n")
      stdout!.destroy()
    },
    abandon() {
      stdin!.destroy()
      stdout!.destroy()
    },
  }
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

async function firstLine(child: ChildProcess): Promise<number> {
  const ended = once(child, "exit").then(() => {
    throw new EngineError("machine", "The process that holds a task's namespaces ended at once.")
  })
  const [line] = await Promise.race([once(child.stdout!, "data"), ended])
  ended.catch(() => {})
  return Number(String(line).trim())
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended meanwhile.
  }
}

function pathsOf({ pid, namespaces }: Holder): HeldNamespaces {
  return {
    ...(namespaces.pid && { pid: `/proc/${pid}/ns/pid` }),
    ...(namespaces.ipc && { ipc: `/proc/${pid}/ns/ipc` }),
  }
}

function isAlive({ pid, startTime, boot }: Holder): boolean {
  return bootId() === boot && startTimeOf(pid) === startTime
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
}
