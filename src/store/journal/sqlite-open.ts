import { randomUUID } from "node:crypto"
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { JournalFailure } from "./journal.ts"
import { SqliteFile } from "./sqlite-file.ts"
import { damaged, layOut } from "./sqlite-layout.ts"
import { verifyWal } from "./sqlite-wal.ts"

/** Opens the journal in `file`, and makes it, with its directory, where there is none. */
export function openSqliteFile(file: string, bytesMax?: number): SqliteFile {
  if (!existsSync(file)) create(file)
  if (statSync(file).size === 0) throw damaged("it is empty, as no journal ever is")
  verifyWal(`${file}-wal`)
  const db = new DatabaseSync(file)
  try {
    if (bytesMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`)
    const opened = new SqliteFile(db)
    removeLeftovers(file)
    return opened
  } catch (error) {
    db.close()
    throw error
  }
}

const PAGE_BYTES = 4096

/**
 * A new journal appears under its name only when it is complete, so that an empty or half-written file is always damage.
 * It is linked, not renamed: of two processes that start together, the second must not replace the first one's journal.
 */
function create(file: string): void {
  if (existsSync(`${file}-wal`)) throw damaged("the file itself is gone, only its -wal is there")
  const directory = dirname(file)
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (made !== undefined) sync(dirname(made))

  const unfinished = `${file}${UNFINISHED}${randomUUID()}`
  closeSync(openSync(unfinished, "wx", 0o600))
  try {
    const db = new DatabaseSync(unfinished)
    db.exec("PRAGMA synchronous = OFF")
    layOut(db)
    db.close()
    sync(unfinished)
    linkSync(unfinished, file)
    sync(directory)
  } catch (error) {
    // The other process was faster. Which of the two may use the journal, its lock decides.
    if (!existsSync(file)) throw error
  } finally {
    rmSync(unfinished, { force: true })
  }
}

const UNFINISHED = ".unfinished-"

/** What processes left that were killed while they made a journal. This one is ours now, so nobody is making it. */
function removeLeftovers(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (name.startsWith(basename(file) + UNFINISHED)) rmSync(join(dirname(file), name), { force: true })
  }
}

function sync(path: string): void {
  const handle = openSync(path, "r")
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** What went wrong, in a sentence for the operator. What SQLite's code does not tell is of kind `otherwise`. */
export function failureOf(error: unknown, file: string, otherwise: "damaged" | "io"): JournalFailure {
  const { message, code, errcode = 0 } = error as Error & { code?: string; errcode?: number }
  const journal = `The journal ${file} cannot be used.`
  const options = { cause: error }
  if (error instanceof JournalFailure) {
    const advice = error.kind === "damaged" ? ` ${ADVICE}` : ""
    return new JournalFailure(error.kind, `${journal} ${error.message}${advice}`, options)
  }
  const kind = KINDS[errcode & 0xff] ?? (code === "ENOSPC" || code === "EDQUOT" ? "full" : undefined)
  const errno = code !== undefined && /^E(?!RR_)/.test(code)
  switch (errcode === SHORT_READ ? "damaged" : (kind ?? (errno ? "io" : otherwise))) {
    case "in-use":
      return new JournalFailure(
        "in-use",
        `${journal} Another process has it open: stop that one, or use another data directory.`,
        options,
      )
    case "full":
      return new JournalFailure(
        "full",
        `${journal} There is no room left for it: make room on its disk, then start again.`,
        options,
      )
    case "damaged":
      return failureOf(damaged(message), file, otherwise)
    default:
      return new JournalFailure(
        "io",
        `${journal} The system says: ${message}. See to its disk and rights, then start again.`,
        options,
      )
  }
}

const ADVICE = "Put back a copy that you know to be good, or move it and its -wal away to begin with an empty one."

/** SQLite's primary result codes. */
const KINDS: Readonly<Record<number, "in-use" | "full" | "damaged" | "io">> = {
  5: "in-use",
  8: "io",
  10: "io",
  11: "damaged",
  13: "full",
  14: "io",
  26: "damaged",
}

const SHORT_READ = 522
