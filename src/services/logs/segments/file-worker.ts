import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { parentPort, workerData } from "node:worker_threads"
import { DAMAGED, logName } from "./file-layout.ts"
import { LogFile, syncDirectory } from "./file-log.ts"
import { mergeSegments } from "./file-merge.ts"
import { openDirectory } from "./file-opening.ts"
import type { Order, Report, Settings } from "./file-orders.ts"
import { sealLog } from "./file-seal.ts"

/**
 * The thread that owns the directory. Appends come first; between them it turns logs into segments and merges segments,
 * a block at a time.
 */

const { directory, logBytesMax } = workerData as Settings
const port = parentPort!

let log: LogFile | undefined

/** What is done between appends, one after the other. */
const chores: Generator<void, void>[] = []
let working = false
let over = false

port.on("message", (order: Order) => {
  switch (order.kind) {
    case "append":
      append(order)
      break
    case "seal":
      endLog()
      break
    case "merge":
      addChore(merge(order))
      break
    case "remove":
      remove(order)
      break
    case "close":
      over = true
      log?.close()
      report({ kind: "closed" })
  }
})

try {
  report({ kind: "opened", ...openDirectory(directory, (sentence) => report({ kind: "remark", sentence })) })
} catch (error) {
  report({ kind: "failed", reason: reasonOf(error) })
}

function append({ log: number, bytes }: Extract<Order, { kind: "append" }>): void {
  try {
    if (log?.number !== number) {
      endLog()
      log = new LogFile(directory, number, logBytesMax)
    }
    log.append(bytes)
    report({ kind: "appended" })
  } catch (error) {
    // After a failed write nobody knows what the disk has kept of this file, so the next append begins another.
    report({ kind: "refused", reason: reasonOf(error) })
  }
}

function endLog(): void {
  if (log === undefined) return
  log.close()
  addChore(seal(log.number))
  log = undefined
}

function* seal(number: number): Generator<void, void> {
  const path = join(directory, logName(number))
  try {
    const { segment, lostBytes } = yield* sealLog(directory, { number, path })
    if (lostBytes > 0) report({ kind: "remark", sentence: `${path} has ${lostBytes} damaged bytes` })
    rmSync(path)
    report({ kind: "sealed", log: number, segment })
  } catch (error) {
    report({ kind: "stuck", reason: reasonOf(error) })
    setTimeout(() => addChore(seal(number)), RETRY_MS)
  }
}

const RETRY_MS = 2_000

function* merge({ names, horizons, streams }: Extract<Order, { kind: "merge" }>): Generator<void, void> {
  try {
    const { segment, damages } = yield* mergeSegments(directory, { names, horizons, streams })
    for (const sentence of damages) report({ kind: "remark", sentence })
    report({ kind: "merged", names, segment, isDamaged: damages.length > 0 })
  } catch (error) {
    report({ kind: "not merged", names, reason: reasonOf(error) })
  }
}

function remove({ names, setAside }: Extract<Order, { kind: "remove" }>): void {
  try {
    for (const name of names) {
      const path = join(directory, name)
      if (setAside) renameSync(path, path + DAMAGED)
      else rmSync(path, { force: true })
    }
    syncDirectory(directory)
  } catch (error) {
    // A file that is still there is found at the next start to have been replaced, or is emptied by the next merge.
    report({ kind: "remark", sentence: `a segment could not be removed: ${reasonOf(error)}` })
  }
}

function addChore(chore: Generator<void, void>): void {
  chores.push(chore)
  if (working) return
  working = true
  setImmediate(work)
}

function work(): void {
  const [chore] = chores
  if (over || chore === undefined) {
    working = false
    return
  }
  if (chore.next().done) chores.shift()
  setImmediate(work)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function report(message: Report): void {
  port.postMessage(message)
}
