import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { Journal } from "./journal.ts"
import { type SqliteJournal, type SqliteJournalOptions, sqliteJournal } from "./sqlite.ts"
import { entry, type JournalBackend, journalSuite, put } from "./suite.ts"

async function sqliteBackend(): Promise<JournalBackend> {
  const directory = mkdtempSync(join(tmpdir(), "homeport-journal-"))
  const file = join(directory, "state", "journal.sqlite")
  const opened: SqliteJournal[] = []
  const open = (options?: Omit<SqliteJournalOptions, "file">) => {
    const journal = sqliteJournal({ file, logLengthMax: 200_000, ...options })
    opened.push(journal)
    return journal
  }
  return {
    open: async () => open(),
    crash: (journal: Journal) => (journal as SqliteJournal).abandon(),
    fold: (journal: Journal) => (journal as SqliteJournal).fold(),
    openFailing: async () => open({ bytesMax: 500_000 }),
    size: async () => [file, `${file}-wal`].reduce((sum, path) => sum + statSync(path).size, 0),
    async dispose() {
      for (const journal of opened) await journal.abandon()
      rmSync(directory, { recursive: true })
    },
  }
}

journalSuite("SQLite", sqliteBackend)
