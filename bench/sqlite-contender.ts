import { DatabaseSync } from "node:sqlite"
import { closedLoop, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { benchValue } from "./record.ts"

/** What SQLite itself gives on this disk: one thread, rows inserted in transactions of so many, as durable as ours. */
contend(async ({ file }: { readonly file: string }) => {
  const db = new DatabaseSync(file)
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE;
    CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)`)
  const begin = db.prepare("BEGIN IMMEDIATE")
  const insert = db.prepare("INSERT INTO rows (body) VALUES (?)")
  const commit = db.prepare("COMMIT")
  const body = benchValue(1)
  return async ({ rows, seconds }: { readonly rows: number; readonly seconds: number }) => {
    const tally = await closedLoop({ callers: 1, seconds }, async () => {
      begin.run()
      for (let row = 0; row < rows; row++) insert.run(body)
      commit.run()
    })
    return perSecond(tally) * rows
  }
})
