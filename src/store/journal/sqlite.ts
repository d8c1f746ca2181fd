import { Worker } from "node:worker_threads"
import { assert } from "../../base/assert.ts"
import { assertNext, decodeChanges, encodeChanges, lastVersion } from "./codec.ts"
import { type Apply, type Entry, type Journal, JournalFailure, type Leadership } from "./journal.ts"
import type { Order, Report, Settings } from "./sqlite-worker.ts"

/** A journal in one SQLite file, for one process. All work on the file is done in a thread of its own. */
export interface SqliteJournal extends Journal {
  /** Brings the file into its most compact form now. It comes near to that by itself. */
  fold(): Promise<void>

  /** Ends the thread in the middle of whatever it does. Promises under way never settle. */
  abandon(): Promise<void>
}

export interface SqliteJournalOptions {
  /** Made when it does not exist, for this user alone; its directory as well. */
  readonly file: string

  /** Bytes that the file may have; an append that needs more fails like one on a full disk. */
  readonly bytesMax?: number

  /** Characters of log that are kept before they are folded into the records. */
  readonly logLengthMax?: number
}

export function sqliteJournal({ file, bytesMax, logLengthMax = LOG_LENGTH_MAX }: SqliteJournalOptions): SqliteJournal {
  const lost = Promise.withResolvers<JournalFailure>()
  const ended = Promise.withResolvers<void>()
  let thread: Worker | undefined
  let apply: Apply | undefined
  let leading: PromiseWithResolvers<Leadership> | undefined
  let appending: PromiseWithResolvers<void> | undefined
  let folding: PromiseWithResolvers<void> | undefined
  let closing: PromiseWithResolvers<void> | undefined
  let version = 0
  let failure: JournalFailure | undefined
  let abandoned = false

  const order = (message: Order) => thread!.postMessage(message)

  function receive(report: Report): void {
    switch (report.kind) {
      case "piece":
        apply!(decodeChanges(report.piece.text), report.piece.version)
        order({ kind: "more" })
        break
      case "ready":
        version = report.version
        leading!.resolve({ version, append, mayAnswer, lost: lost.promise })
        break
      case "appended":
        appending!.resolve()
        appending = undefined
        break
      case "folded":
        folding!.resolve()
        folding = undefined
        break
      case "failed":
        fail(new JournalFailure(report.failure.kind, report.failure.message))
        break
      case "closed":
        closing!.resolve()
    }
  }

  function fail(cause: JournalFailure): void {
    failure ??= cause
    // The process is to end now, and this thread must not be what keeps it.
    thread!.unref()
    for (const waiting of [leading, appending, folding]) waiting?.reject(failure)
    lost.resolve(failure)
  }

  function threadEnded(): JournalFailure {
    return new JournalFailure("io", `The thread of the journal ${file} has ended.`)
  }

  async function append(entries: readonly Entry[]): Promise<void> {
    if (failure !== undefined) throw failure
    assert(closing === undefined, "the journal is closed")
    assert(appending === undefined, "an append is under way")
    assertNext(entries, version)
    let text = ""
    for (const entry of entries) text += encodeChanges(entry.changes)
    version = lastVersion(entries)
    appending = Promise.withResolvers()
    order({ kind: "append", text, firstVersion: entries[0]!.version, version })
    return appending.promise
  }

  // The file is locked for as long as this process lives, so nobody else can have taken over.
  const mayAnswer = () => failure === undefined && closing === undefined

  return {
    async lead(to) {
      assert(thread === undefined && closing === undefined, "a journal leads once")
      apply = to
      leading = Promise.withResolvers()
      thread = startThread({ file, bytesMax, logLengthMax })
      thread.on("message", receive)
      thread.on("error", (error) =>
        fail(new JournalFailure("io", `The thread of the journal ${file} failed.`, { cause: error })),
      )
      thread.on("exit", () => {
        ended.resolve()
        // Whoever closes or abandons the journal ends its thread; nobody else has any business to.
        if (closing === undefined && !abandoned) fail(threadEnded())
      })
      return leading.promise
    },
    leaderAddress: () => undefined,
    async fold() {
      if (failure !== undefined) throw failure
      folding ??= Promise.withResolvers()
      order({ kind: "fold" })
      return folding.promise
    },
    async close() {
      if (closing !== undefined || thread === undefined) return closing?.promise
      closing = Promise.withResolvers()
      thread.ref()
      order({ kind: "close" })
      await Promise.race([closing.promise, ended.promise])
      leading!.reject(new Error("The journal was closed before it led."))
      // The thread answers these before it closes; one that has ended answers nothing.
      for (const waiting of [appending, folding]) waiting?.reject(failure ?? threadEnded())
      await thread.terminate()
    },
    async abandon() {
      abandoned = true
      await thread?.terminate()
    },
  }
}

const LOG_LENGTH_MAX = 16_000_000

function startThread(settings: Settings): Worker {
  // Node calls its SQLite module experimental in some of the versions we run on, and would say so at every start.
  const execArgv = ["--disable-warning=ExperimentalWarning"]
  return new Worker(new URL("./sqlite-worker.ts", import.meta.url), { name: "journal", workerData: settings, execArgv })
}
