import type { DatabaseSync, StatementSync } from "node:sqlite"
import { checksum, type EncodedChange, FORMAT } from "./codec.ts"
import { JournalFailure } from "./journal.ts"

export interface Meta {
  readonly format: number
  readonly foldedVersion: number
  readonly foldedChecksum: number
  readonly lastVersion: number
  readonly lastChecksum: number
  readonly recordCount: number
  readonly recordSum: number
}

export interface LogRow {
  readonly version: number
  readonly firstVersion: number
  readonly body: string
  readonly checksum: number
}

export interface RecordRow {
  readonly tbl: string
  readonly scope: string
  readonly key: string
  readonly tableVersion: number
  readonly body: string
  readonly checksum: number
}

export const SETTINGS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA cell_size_check = ON;
  PRAGMA cache_size = -16000;
  PRAGMA journal_size_limit = 16000000;
  BEGIN IMMEDIATE;
  COMMIT`

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    foldedVersion INTEGER NOT NULL,
    foldedChecksum INTEGER NOT NULL,
    lastVersion INTEGER NOT NULL,
    lastChecksum INTEGER NOT NULL,
    recordCount INTEGER NOT NULL,
    recordSum INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE log (
    version INTEGER PRIMARY KEY,
    firstVersion INTEGER NOT NULL,
    body TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    tbl TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    tableVersion INTEGER NOT NULL,
    body TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (tbl, scope, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0)`

const STATEMENTS = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  readMeta: "SELECT * FROM meta WHERE id = 1",
  writeMeta: `UPDATE meta SET format = :format, foldedVersion = :foldedVersion, foldedChecksum = :foldedChecksum,
    lastVersion = :lastVersion, lastChecksum = :lastChecksum, recordCount = :recordCount, recordSum = :recordSum,
    checksum = :checksum WHERE id = 1`,
  addRow: "INSERT INTO log (version, firstVersion, body, checksum) VALUES (?, ?, ?, ?)",
  firstRow: "SELECT version FROM log ORDER BY version LIMIT 1",
  nextRow: "SELECT * FROM log WHERE version > ? ORDER BY version LIMIT 1",
  dropRows: "DELETE FROM log WHERE version <= ?",
  allRecords: "SELECT * FROM records",
  checksumOfRecord: "SELECT checksum FROM records WHERE tbl = ? AND scope = ? AND key = ?",
  putRecord: `INSERT INTO records (tbl, scope, key, tableVersion, body, checksum) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET tableVersion = excluded.tableVersion, body = excluded.body, checksum = excluded.checksum`,
  dropRecord: "DELETE FROM records WHERE tbl = ? AND scope = ? AND key = ?",
}

export type Statements = Readonly<Record<keyof typeof STATEMENTS, StatementSync>>

/** Lays out a journal without entries in a database that is empty. */
export function layOut(db: DatabaseSync): void {
  db.exec(SCHEMA)
  const meta: Meta = {
    format: FORMAT,
    foldedVersion: 0,
    foldedChecksum: 0,
    lastVersion: 0,
    lastChecksum: 0,
    recordCount: 0,
    recordSum: 0,
  }
  db.prepare(STATEMENTS.writeMeta).run({ ...meta, checksum: checksumOfMeta(meta) })
}

/** The sentence is about the file, which whoever reports the failure names. */
export function damaged(what: string): JournalFailure {
  return new JournalFailure("damaged", `It is damaged: ${what}. Nothing was started from it.`)
}

export function prepare(db: DatabaseSync): Statements {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, db.prepare(sql)])
  return Object.fromEntries(prepared)
}

export function verified(row: unknown): Meta {
  if (row === undefined) throw damaged("its meta row is missing")
  const { id, checksum: sum, ...meta } = row as Meta & { id: number; checksum: number }
  if (sum !== checksumOfMeta(meta)) throw damaged("its meta row was altered")
  return meta
}

export function checksumOfMeta(meta: Meta): number {
  const { format, foldedVersion, foldedChecksum, lastVersion, lastChecksum, recordCount, recordSum } = meta
  return checksum("meta", format, foldedVersion, foldedChecksum, lastVersion, lastChecksum, recordCount, recordSum)
}

export function changeOf({ tbl, scope, key, tableVersion, body }: RecordRow): EncodedChange {
  return { table: tbl, scope, key, tableVersion, body }
}

export function checksumOf({ table, scope, key, tableVersion, body }: EncodedChange): number {
  return checksum(body, table, scope, key, tableVersion)
}
