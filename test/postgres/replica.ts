/**
 * One replica as a process of its own, for tests that kill and freeze it. It waits to lead; once it does, it appends
 * entry after entry, and between them answers as a server would, telling its parent all of it.
 *
 * Each entry puts a record of its own and adds one to a shared counter, so that what is lost or doubled shows.
 */
import type { Leadership, StoredChange } from "../../src/store/journal/journal.ts"
import { postgresJournal } from "../../src/store/journal/postgres.ts"
import { realWorld } from "../../src/world/real.ts"

export type Report =
  | { readonly kind: "leads"; readonly version: number; readonly records: number; readonly counter: number }
  | { readonly kind: "appended"; readonly version: number; readonly at: number }
  | { readonly kind: "answered"; readonly at: number }
  | { readonly kind: "lost"; readonly failure: string }

const [connection = "", address = "", leaseMs = ""] = process.argv.slice(2)
const world = realWorld({ logLevel: "error" })
const options = leaseMs === "" ? {} : { leaseMs: Number(leaseMs) }
const journal = postgresJournal({ connection, address, world, foldEveryMs: 200, ...options })
const records = new Map<string, { readonly n: number }>()

const leadership = await journal.lead((changes) => {
  for (const { key, record } of changes) {
    if (record === undefined) records.delete(key)
    else records.set(key, record as { readonly n: number })
  }
})
const counter = records.get("counter")?.n ?? 0
records.delete("counter")
report({ kind: "leads", version: leadership.version, records: records.size, counter })
void leadership.lost.then(({ kind: failure }) => report({ kind: "lost", failure }))
process.on("SIGTERM", async () => {
  await journal.close()
  process.exit()
})
answerReads(leadership)
await appendForEver(leadership, leadership.version, counter)

async function appendForEver({ append, mayAnswer }: Leadership, from: number, count: number): Promise<void> {
  let n = count
  for (let version = from + 1; ; version++) {
    await append([{ version, changes: [put(`own-${version}`, version), put("counter", ++n)] }])
    if (mayAnswer()) report({ kind: "appended", version, at: world.now() })
  }
}

function answerReads(leader: Leadership): void {
  // The time is taken first: an answer may take its time to leave after it was allowed.
  const at = world.now()
  if (leader.mayAnswer()) report({ kind: "answered", at })
  world.after(1, () => answerReads(leader))
}

function put(key: string, n: number): StoredChange {
  return { table: "test/records", tableVersion: 1, scope: "*", key, record: { n } }
}

function report(what: Report): void {
  process.send!(what)
}
