import { closeSync, openSync, statSync } from "node:fs"
import type { Host } from "../../../linux/host.ts"
import { readRecord, writeRecord } from "../../../linux/record-file.ts"
import type { LogPosition } from "../../log-source.ts"
import type { ContainerPlace } from "../places.ts"
import { BEGINNING, latest, type Offsets, planDrop, readPosition, STREAMS } from "./position.ts"

/**
 * The two files that a container's shim appends to. They only ever grow at their end; what is not needed any more is cut
 * out of their front as a hole, so that every offset stays what it was.
 */
export class LogFiles {
  readonly #host: Pick<Host, "punchHole">
  readonly #place: ContainerPlace
  #released: Offsets
  #dropped: Offsets
  #punched = BEGINNING

  constructor(host: Pick<Host, "punchHole">, place: ContainerPlace) {
    this.#host = host
    this.#place = place
    const kept = readRecord<{ released: Offsets; dropped: Offsets }>(place.log)
    this.#released = kept?.released ?? BEGINNING
    this.#dropped = kept?.dropped ?? BEGINNING
  }

  path(stream: keyof Offsets): string {
    return this.#place[stream]
  }

  get folder(): string {
    return this.#place.folder
  }

  /** Up to here all is kept elsewhere. */
  get released(): Offsets {
    return this.#released
  }

  /** Before this nothing is left, and not all of it was read. */
  get dropped(): Offsets {
    return this.#dropped
  }

  release(upTo: LogPosition): void {
    // A position beyond the end would let go of what is yet to be written.
    const { stdout, stderr } = readPosition(upTo)
    const sizes = this.sizes()
    const within = { stdout: Math.min(stdout, sizes.stdout), stderr: Math.min(stderr, sizes.stderr) }
    this.#released = latest(this.#released, within)
    this.#cut()
  }

  /** Drops the oldest of what nobody took away, where it has become more than it may. */
  bound(bytesMax: number): void {
    const kept = latest(this.#released, this.#dropped)
    const begin = planDrop(kept, this.sizes(), bytesMax)
    if (begin === kept) return
    this.#dropped = {
      stdout: begin.stdout > kept.stdout ? begin.stdout : this.#dropped.stdout,
      stderr: begin.stderr > kept.stderr ? begin.stderr : this.#dropped.stderr,
    }
    this.#cut()
  }

  sizes(): Offsets {
    const size = (stream: keyof Offsets) => statSync(this.#place[stream], { throwIfNoEntry: false })?.size ?? 0
    return { stdout: size("stdout"), stderr: size("stderr") }
  }

  #cut(): void {
    // What is gone is written down first: nobody may take the zeros of a hole for what a container wrote.
    if (statSync(this.#place.folder, { throwIfNoEntry: false }) === undefined) return
    writeRecord(this.#place.log, { released: this.#released, dropped: this.#dropped })
    const upTo = latest(this.#released, this.#dropped)
    for (const stream of STREAMS) {
      const end = Math.floor(upTo[stream] / PAGE_SIZE) * PAGE_SIZE
      const length = end - this.#punched[stream]
      if (length <= 0) continue
      const fd = openSync(this.#place[stream], "r+")
      try {
        this.#host.punchHole(fd, this.#punched[stream], length)
      } finally {
        closeSync(fd)
      }
      this.#punched = { ...this.#punched, [stream]: end }
    }
  }
}

const PAGE_SIZE = 4096
