import type { DatabaseSync } from "node:sqlite"
import { checksum, type EncodedChange, FORMAT, joinChange, splitChanges } from "./codec.ts"
import { JournalFailure } from "./journal.ts"
import {
  changeOf,
  checksumOf,
  checksumOfMeta,
  damaged,
  type LogRow,
  type Meta,
  prepare,
  type RecordRow,
  SETTINGS,
  type Statements,
  verified,
} from "./sqlite-layout.ts"

/**
 * A journal's file, worked on by one thread. Appends go to the end of `log`; folding then moves each record's newest
 * state into `records` and takes the rows away, so that the file stays in proportion to the records. What is in force is
 * always `records` with the rest of `log` played over it. It does not matter that records may be a step ahead of the
 * rows still in the log: playing those over them gives the same.
 *
 * Every row carries a checksum; those of the log form a chain, those of the records a sum, and `meta` says where both
 * must arrive. So a row that is altered or missing is noticed before its absence becomes the truth.
 */
export class SqliteFile {
  readonly #db: DatabaseSync
  readonly #sql: Statements
  #meta: Meta
  #logLength = 0

  /**
   * Takes a file for this process alone, for as long as it lives; the kernel lets go of it when the process dies. The
   * lock is POSIX's: this process would also lose it by opening the file by other means and closing that again.
   */
  constructor(db: DatabaseSync) {
    this.#db = db
    db.exec(SETTINGS)
    const { format } = db.prepare("SELECT format FROM meta").get() ?? {}
    if (typeof format === "number" && format > FORMAT) {
      const message = `It has format ${format}, written by a newer Homeport; this one reads up to format ${FORMAT}.`
      throw new JournalFailure("newer-format", `${message} Start the newer Homeport again.`)
    }
    this.#sql = prepare(db)
    this.#meta = verified(this.#sql.readMeta.get())
  }

  get version(): number {
    return this.#meta.lastVersion
  }

  /** Characters in the part of the log that was not folded yet. */
  get logLength(): number {
    return this.#logLength
  }

  /** Everything in force, oldest first, in pieces of bounded size. Throws at the first thing that is not as it was written. */
  *replay(): Generator<Piece> {
    const { foldedVersion, foldedChecksum, lastVersion, lastChecksum } = this.#meta
    yield* this.#replayRecords()

    let at = { version: foldedVersion, checksum: foldedChecksum }
    let text = ""
    for (const row of this.#rowsAfter(at)) {
      text += row.body
      this.#logLength += row.body.length
      at = row
      if (text.length < PIECE_LENGTH) continue
      yield { text, version: at.version }
      text = ""
    }
    if (at.version !== lastVersion || at.checksum !== lastChecksum) {
      throw damaged(`its log ends at version ${at.version}, but version ${lastVersion} was written`)
    }
    const first = this.#sql.firstRow.get() as { version: number } | undefined
    if (first !== undefined && first.version <= foldedVersion) {
      throw damaged(`its log still holds version ${first.version}, which was taken away`)
    }
    yield { text, version: lastVersion }
  }

  *#replayRecords(): Generator<Piece> {
    let text = ""
    let count = 0
    let sum = 0
    for (const row of this.#sql.allRecords.iterate() as unknown as Iterable<RecordRow>) {
      const change = changeOf(row)
      if (checksumOf(change) !== row.checksum) throw damaged(`the record ${change.table} ${change.key} was altered`)
      count += 1
      sum = (sum + row.checksum) % SUM_MODULUS
      text += joinChange(change)
      if (text.length < PIECE_LENGTH) continue
      yield { text, version: this.#meta.foldedVersion }
      text = ""
    }
    const { recordCount, recordSum } = this.#meta
    if (count !== recordCount) throw damaged(`it holds ${count} records, but ${recordCount} were written`)
    if (sum !== recordSum) throw damaged("its records are not those that were written")
    yield { text, version: this.#meta.foldedVersion }
  }

  /** Adds the changes of the entries from `firstVersion` to `version`. They are durable when this returns. */
  append(body: string, firstVersion: number, version: number): void {
    const sum = checksum(body, firstVersion, version, this.#meta.lastChecksum)
    this.#transact(() => {
      this.#sql.addRow.run(version, firstVersion, body, sum)
      return { ...this.#meta, lastVersion: version, lastChecksum: sum }
    })
    this.#logLength += body.length
  }

  /**
   * Folds what is now in the log, or the older part of a long one, in small steps; appends may come between them. A
   * record that was written a hundred times is moved once. A crash between two steps costs nothing: what was moved is
   * still in the log until it is taken away.
   */
  *fold(): Generator<void> {
    const rows: LogRow[] = []
    const newest = new Map<string, EncodedChange>()
    let length = 0
    let changes = 0
    const { foldedVersion, foldedChecksum, lastVersion } = this.#meta
    let at = { version: foldedVersion, checksum: foldedChecksum }
    while (at.version < lastVersion && length < FOLD_LENGTH_MAX) {
      const [row] = this.#rowsAfter(at)
      if (row === undefined) throw damaged(`its log has lost what follows version ${at.version}`)
      for (const change of splitChanges(row.body)) {
        newest.set(`${change.table} ${change.scope} ${change.key}`, change)
        if (++changes % FOLD_STEP_CHANGES === 0) yield
      }
      rows.push({ ...row, body: "" })
      length += row.body.length
      at = row
    }

    // In the order in which they lie in the file, so that a step touches few of its pages.
    const moving = [...newest.keys()].sort().map((address) => newest.get(address)!)
    for (let from = 0; from < moving.length; from += FOLD_STEP_CHANGES) {
      this.#transact(() => this.#move(moving.slice(from, from + FOLD_STEP_CHANGES)))
      yield
    }
    while (rows.length > 0) {
      const last = rows.splice(0, FOLD_STEP_ROWS).at(-1)!
      this.#transact(() => {
        this.#sql.dropRows.run(last.version)
        return { ...this.#meta, foldedVersion: last.version, foldedChecksum: last.checksum }
      })
      yield
    }
    this.#logLength = Math.max(0, this.#logLength - length)
  }

  #move(changes: readonly EncodedChange[]): Meta {
    let { recordCount, recordSum } = this.#meta
    for (const change of changes) {
      const { table, tableVersion, scope, key, body } = change
      const before = this.#sql.checksumOfRecord.get(table, scope, key) as { checksum: number } | undefined
      if (before !== undefined) {
        recordCount -= 1
        recordSum = (recordSum + SUM_MODULUS - before.checksum) % SUM_MODULUS
      }
      if (body === "") {
        this.#sql.dropRecord.run(table, scope, key)
        continue
      }
      const sum = checksumOf(change)
      recordCount += 1
      recordSum = (recordSum + sum) % SUM_MODULUS
      this.#sql.putRecord.run(table, scope, key, tableVersion, body, sum)
    }
    return { ...this.#meta, recordCount, recordSum }
  }

  close(): void {
    this.#db.close()
  }

  /** Does the work and writes the meta row that it leads to, both or neither. */
  #transact(work: () => Meta): void {
    this.#sql.begin.run()
    try {
      const meta = work()
      this.#sql.writeMeta.run({ ...meta, checksum: checksumOfMeta(meta) })
      this.#sql.commit.run()
      this.#meta = meta
    } catch (error) {
      // A failure may have ended the transaction already; in any case it is the first one that says what happened.
      try {
        if (this.#db.isTransaction) this.#sql.rollback.run()
      } catch {}
      throw error
    }
  }

  /** The log's rows in order, each verified against the one before it. */
  *#rowsAfter(previous: { readonly version: number; readonly checksum: number }): Generator<LogRow> {
    for (let at = previous; ; ) {
      const row = this.#sql.nextRow.get(at.version) as LogRow | undefined
      if (row === undefined) return
      if (
        row.firstVersion !== at.version + 1 ||
        row.checksum !== checksum(row.body, row.firstVersion, row.version, at.checksum)
      ) {
        throw damaged(`what follows version ${at.version} in its log was altered or lost`)
      }
      yield row
      at = row
    }
  }
}

/** Encoded changes, and the version that is reached with them. */
export interface Piece {
  readonly text: string
  readonly version: number
}

// Strings cross to the main thread a piece at a time: long enough to cost little, short enough to hold up no turn there.
const PIECE_LENGTH = 100_000

/** The more is folded at once, the fewer records are moved twice, and the more of those that are share a page. */
const FOLD_LENGTH_MAX = 32_000_000
const FOLD_STEP_CHANGES = 400
const FOLD_STEP_ROWS = 500

const SUM_MODULUS = 2 ** 32
