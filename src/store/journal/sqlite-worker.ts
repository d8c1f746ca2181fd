import { parentPort, workerData } from "node:worker_threads"
import type { JournalFailure } from "./journal.ts"
import type { Piece, SqliteFile } from "./sqlite-file.ts"
import { failureOf, openSqliteFile } from "./sqlite-open.ts"

/**
 * The thread that owns a journal's file. It replays what is there, a piece for each that is asked for, and then appends;
 * while no append waits, it folds. After a failure it does nothing more to the file.
 */

export interface Settings {
  readonly file: string
  readonly bytesMax: number | undefined
  readonly logLengthMax: number
}

export type Order =
  | { readonly kind: "more" | "fold" | "close" }
  | { readonly kind: "append"; readonly text: string; readonly firstVersion: number; readonly version: number }

export type Report =
  | { readonly kind: "piece"; readonly piece: Piece }
  | { readonly kind: "ready"; readonly version: number }
  | { readonly kind: "appended" | "folded" | "closed" }
  | { readonly kind: "failed"; readonly failure: Pick<JournalFailure, "kind" | "message"> }

const { file: path, bytesMax, logLengthMax } = workerData as Settings
const port = parentPort!

/** Pieces sent before the first is asked for, so that this thread reads while the other one applies. */
const PIECES_AHEAD = 2

/** A log that has been left alone for so long is folded however short it is. */
const IDLE_MS = 1_000

/** What closing spends on folding, so that the next start is quick. The next process can fold what is left. */
const CLOSING_MS_MAX = 500

let file: SqliteFile | undefined
let pieces: Generator<Piece> | undefined
let folding: Generator<void> | undefined
let idle: NodeJS.Timeout | undefined
let ready = false

/** Nothing more is done to the file: it is closed, or something failed. */
let over = false

port.on("message", (order: Order) => {
  if (order.kind === "close") return close()
  attempt((file) => {
    if (order.kind === "more") sendPiece(file)
    else if (order.kind === "append") append(file, order)
    else {
      foldAll(file)
      report({ kind: "folded" })
    }
  })
})

attempt(() => {
  file = openSqliteFile(path, bytesMax)
  pieces = file.replay()
  for (let sent = 0; sent < PIECES_AHEAD; sent++) sendPiece(file)
})

function attempt(work: (file: SqliteFile) => void): void {
  if (over) return
  try {
    work(file!)
  } catch (error) {
    over = true
    const { kind, message } = failureOf(error, path, ready ? "io" : "damaged")
    report({ kind: "failed", failure: { kind, message } })
  }
}

function sendPiece(file: SqliteFile): void {
  if (ready) return
  const { done, value } = pieces!.next()
  if (!done) {
    report({ kind: "piece", piece: value })
    return
  }
  ready = true
  report({ kind: "ready", version: file.version })
  foldInTime(file)
}

function append(file: SqliteFile, { text, firstVersion, version }: Extract<Order, { kind: "append" }>): void {
  file.append(text, firstVersion, version)
  report({ kind: "appended" })

  // Appends that outrun the folding wait for it here, so that the file is bounded whatever comes.
  while (file.logLength > 4 * logLengthMax) foldStep(file)
  foldInTime(file)
}

function foldInTime(file: SqliteFile): void {
  clearTimeout(idle)
  if (folding !== undefined) return
  if (file.logLength > logLengthMax) foldOn()
  else if (file.logLength > 0) idle = setTimeout(foldOn, IDLE_MS)
}

/** A step at a time: an append that came meanwhile goes first. */
function foldOn(): void {
  attempt((file) => {
    if (foldStep(file)) setImmediate(foldOn)
    else foldInTime(file)
  })
}

/** Answers whether there is more to do. */
function foldStep(file: SqliteFile): boolean {
  folding ??= file.fold()
  if (!folding.next().done) return true
  folding = undefined
  return false
}

function foldAll(file: SqliteFile, msMax = Number.POSITIVE_INFINITY): void {
  const deadline = performance.now() + msMax
  while (file.logLength > 0 && performance.now() < deadline) foldStep(file)
}

/** What is durable stays so, whether or not the last folding succeeds. */
function close(): void {
  try {
    if (ready && !over) foldAll(file!, CLOSING_MS_MAX)
  } catch {}
  over = true
  try {
    file?.close()
  } catch {}
  report({ kind: "closed" })
}

function report(message: Report): void {
  port.postMessage(message)
}
