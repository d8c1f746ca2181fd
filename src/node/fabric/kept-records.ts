import { mkdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { FabricKind } from "../../wire/fabric.ts"
import { type AnyRecord, KINDS } from "./records.ts"

/**
 * The records on disk, so that a machine that starts without its region is whole. They are a copy of what the region has: a
 * file that cannot be read is given up, and the next snapshot fills another one. Losing the last of them with the
 * machine's power does no harm either.
 */
export class KeptRecords {
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #setVersion: StatementSync

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#database = open(path)
    this.#put = this.#database.prepare("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)")
    this.#remove = this.#database.prepare("DELETE FROM record WHERE stream = ? AND kind = ? AND id = ?")
    this.#setVersion = this.#database.prepare("INSERT OR REPLACE INTO stream VALUES (?, ?)")
  }

  hosts(): string[] {
    return this.#database
      .prepare("SELECT arn FROM host")
      .all()
      .map(({ arn }) => String(arn))
  }

  addHost(arn: string): void {
    this.#database.prepare("INSERT OR IGNORE INTO host VALUES (?)").run(arn)
  }

  removeHost(arn: string): void {
    this.#database.prepare("DELETE FROM host WHERE arn = ?").run(arn)
  }

  versions(): [stream: string, version: number][] {
    const rows = this.#database.prepare("SELECT name, version FROM stream").all()
    return rows.map(({ name, version }) => [String(name), Number(version)])
  }

  *records(): Iterable<{ readonly stream: string; readonly kind: FabricKind; readonly record: AnyRecord }> {
    for (const row of this.#database.prepare("SELECT stream, kind, record FROM record").iterate()) {
      const kind = KINDS.find((kind) => kind === row.kind)
      if (kind !== undefined) yield { stream: String(row.stream), kind, record: JSON.parse(String(row.record)) }
    }
  }

  /** All of it or nothing. */
  write(act: (kept: Writing) => void): void {
    this.#database.exec("BEGIN")
    try {
      act({
        put: (stream, kind, record) => void this.#put.run(stream, kind, record.id, JSON.stringify(record)),
        remove: (stream, kind, id) => void this.#remove.run(stream, kind, id),
        setVersion: (stream, version) => void this.#setVersion.run(stream, version),
        forget: (stream) => {
          this.#database.prepare("DELETE FROM record WHERE stream = ?").run(stream)
          this.#database.prepare("DELETE FROM stream WHERE name = ?").run(stream)
        },
      })
      this.#database.exec("COMMIT")
    } catch (error) {
      this.#database.exec("ROLLBACK")
      throw error
    }
  }

  close(): void {
    this.#database.close()
  }
}

export interface Writing {
  put(stream: string, kind: FabricKind, record: AnyRecord): void
  remove(stream: string, kind: FabricKind, id: string): void
  setVersion(stream: string, version: number): void
  forget(stream: string): void
}

function open(path: string): DatabaseSync {
  try {
    return laidOut(path)
  } catch {
    for (const ending of ["", "-wal", "-shm"]) rmSync(path + ending, { force: true })
    return laidOut(path)
  }
}

function laidOut(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS host (arn TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS stream (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS record (
        stream TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (stream, kind, id)
      ) WITHOUT ROWID`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
