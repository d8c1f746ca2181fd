import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"

/** The file is not one that an agent may go on from; the message says what to do. */
export class StateRefused extends Error {
  override readonly name = "StateRefused"
  readonly kind: Kind

  constructor(path: string, kind: Kind, cause?: unknown) {
    const detail = cause === undefined ? "" : ` (${cause instanceof Error ? cause.message : String(cause)})`
    super(`${SENTENCES[kind].replace("FILE", path)}${detail}`, { cause })
    this.kind = kind
  }
}

type Kind = "in use" | "damaged" | "foreign" | "newer" | "unreachable"

const SENTENCES: Readonly<Record<Kind, string>> = {
  "in use": "The agent's state FILE is in use by another process. Stop that one first; an instance has one agent.",
  damaged:
    "The agent's state FILE is damaged. Put back a good copy, or move it away with its -wal: the agent then registers " +
    "as a new instance.",
  foreign: "The file FILE is not the state of an agent. Move it away, or give the agent another directory.",
  newer: "The agent's state FILE was written by a newer version of Homeport. Start that version, or a later one.",
  unreachable: "The agent's state FILE cannot be opened. See to its disk and rights, and start again.",
}

/**
 * Opens the file, and makes it where there is none. What was written is safe from the end of the process at once, and from
 * that of the machine a moment later: an agent that has lost its last word says it again, or hears it again.
 */
export function openDatabase(path: string, bytesMax?: number): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, "a", 0o600))
    chmodSync(path, 0o600)
  } catch (error) {
    throw new StateRefused(path, "unreachable", error)
  }
  const database = new DatabaseSync(path)
  try {
    checkIdentity(path, database)
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    const { quick_check: found } = database.prepare("PRAGMA quick_check").get() as { readonly quick_check: string }
    if (found !== "ok") throw new StateRefused(path, "damaged", found)
    layOut(database)
    if (bytesMax !== undefined) database.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`)
    return database
  } catch (error) {
    database.close()
    throw error instanceof StateRefused ? error : new StateRefused(path, kindOf(error), error)
  }
}

/** Before anything is written to it. */
function checkIdentity(path: string, database: DatabaseSync): void {
  const read = (pragma: string) => Object.values(database.prepare(`PRAGMA ${pragma}`).get()!)[0] as number
  const isEmpty = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count === 0
  const id = read("application_id")
  if (isEmpty && (id === 0 || id === APPLICATION_ID)) return
  if (id !== APPLICATION_ID) throw new StateRefused(path, "foreign")
  if (read("user_version") > VERSION) throw new StateRefused(path, "newer")
}

function layOut(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${VERSION};
    COMMIT`)
}

function kindOf(error: unknown): Kind {
  const { errcode = 0 } = error as { readonly errcode?: number }
  return KINDS[errcode & 0xff] ?? "unreachable"
}

/** SQLite's primary result codes. */
const KINDS: Readonly<Record<number, Kind>> = { 5: "in use", 6: "in use", 11: "damaged", 26: "foreign" }

/** "HPAG". */
const APPLICATION_ID = 0x48504147
const VERSION = 1
const PAGE_BYTES = 4096
