import { assert } from "../../base/assert.ts"
import type { World } from "../../world/world.ts"
import {
  assertNext,
  decodeChange,
  decodeChanges,
  type EncodedChange,
  encodeChanges,
  lastVersion,
  splitChanges,
} from "./codec.ts"
import { type Apply, type Entry, type Journal, JournalFailure, type Leadership } from "./journal.ts"

/** A journal for tests and the simulator. What it makes durable is on a `MemoryDisk`, which outlives the process. */
export interface MemoryJournal extends Journal {
  /** Ends as `kill -9` ends a process: nothing settles any more, and an append under way reached the disk or did not. */
  crash(inFlight?: "kept" | "lost"): void
}

export interface MemoryJournalOptions {
  readonly disk?: MemoryDisk

  /** How long each append takes in world time; without it, an append is done as soon as the present turn ends. */
  readonly appendMs?: () => number

  /** Whether a process waits and follows while another one leads; otherwise it is refused. */
  readonly waits?: boolean

  /** Where this process says it can be reached. */
  readonly address?: string
}

export function memoryJournal(world: Pick<World, "after">, options: MemoryJournalOptions = {}): MemoryJournal {
  const { disk = new MemoryDisk(), appendMs, waits = false } = options
  const lost = Promise.withResolvers<JournalFailure>()
  let applyOf: Apply | undefined
  let leading: PromiseWithResolvers<Leadership> | undefined
  let version = 0
  let underWay: { readonly commit: () => void; readonly settled: Promise<void> } | undefined
  let failure: JournalFailure | undefined
  let over = false

  const self: Process = {
    address: options.address,
    apply: (changes, at) => applyOf!(changes, at),
    promote() {
      version = disk.version
      leading!.resolve({ version, append, mayAnswer: () => disk.leader === self && !over, lost: lost.promise })
    },
  }

  function append(entries: readonly Entry[]): Promise<void> {
    const appending = Promise.withResolvers<void>()
    const commit = () => {
      disk.append(text, lastVersion(entries))
      version = lastVersion(entries)
    }
    const finish = () => {
      if (crashed) return
      underWay = undefined
      failure = disk.takeFault()
      if (failure === undefined) {
        commit()
        return appending.resolve()
      }
      disk.leave(self)
      lost.resolve(failure)
      appending.reject(failure)
    }

    if (failure !== undefined) return Promise.reject(failure)
    let text: string
    try {
      assert(!over, "the journal is closed")
      assert(underWay === undefined, "an append is under way")
      assertNext(entries, version)
      text = encodeChanges(entries.flatMap((entry) => entry.changes))
    } catch (error) {
      return Promise.reject(error)
    }
    underWay = { commit, settled: appending.promise }
    if (appendMs === undefined) queueMicrotask(finish)
    else world.after(appendMs(), finish)
    return appending.promise
  }

  let crashed = false
  return {
    async lead(apply) {
      assert(leading === undefined && !over, "a journal leads once")
      if (disk.leader !== undefined && !waits) throw new JournalFailure("in-use", "Another process uses this disk.")
      applyOf = apply
      leading = Promise.withResolvers()
      disk.replay(apply)
      disk.enter(self)
      return leading.promise
    },
    leaderAddress: () => (disk.leader === self || over ? undefined : disk.leader?.address),
    async close() {
      over = true
      await underWay?.settled.catch(() => {})
      disk.leave(self)
      leading?.reject(new Error("The journal was closed before it led."))
    },
    crash(inFlight = "lost") {
      if (inFlight === "kept") underWay?.commit()
      crashed = true
      over = true
      disk.leave(self)
    },
  }
}

interface Process {
  readonly address: string | undefined
  readonly apply: Apply
  readonly promote: () => void
}

/** What is durable, and the processes that use it. */
export class MemoryDisk {
  readonly #records = new Map<string, EncodedChange>()
  #foldedVersion = 0
  #log: { readonly text: string; readonly version: number }[] = []
  #logLength = 0
  #fault: JournalFailure | undefined

  /** The first leads, the others wait behind it. */
  #processes: Process[] = []

  get version(): number {
    return this.#log.at(-1)?.version ?? this.#foldedVersion
  }

  get leader(): Process | undefined {
    return this.#processes[0]
  }

  /** Makes the next append fail. Its entries do not become durable. */
  failNextAppend(kind: JournalFailure["kind"]): void {
    this.#fault = new JournalFailure(kind, "The test asked for this failure.")
  }

  takeFault(): JournalFailure | undefined {
    const fault = this.#fault
    this.#fault = undefined
    return fault
  }

  enter(process: Process): void {
    this.#processes.push(process)
    if (this.leader === process) process.promote()
  }

  leave(process: Process): void {
    const led = this.leader === process
    this.#processes = this.#processes.filter((other) => other !== process)
    if (led) this.leader?.promote()
  }

  append(text: string, version: number): void {
    this.#log.push({ text, version })
    this.#logLength += text.length
    if (this.#logLength > LOG_LENGTH_MAX) this.fold()
    for (const follower of this.#processes.slice(1)) follower.apply(decodeChanges(text), version)
  }

  replay(apply: Apply): void {
    if (this.#foldedVersion > 0) apply([...this.#records.values()].map(decodeChange), this.#foldedVersion)
    for (const { text, version } of this.#log) apply(decodeChanges(text), version)
  }

  /** Keeps of each record only what it is now. */
  fold(): void {
    for (const { text, version } of this.#log) {
      for (const change of splitChanges(text)) {
        const address = JSON.stringify([change.table, change.scope, change.key])
        if (change.body === "") this.#records.delete(address)
        else this.#records.set(address, change)
      }
      this.#foldedVersion = version
    }
    this.#log = []
    this.#logLength = 0
  }

  /** Characters held. */
  get length(): number {
    let length = this.#logLength
    for (const { key, body } of this.#records.values()) length += key.length + body.length
    return length
  }
}

const LOG_LENGTH_MAX = 1_000_000
