import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { aDatabase } from "./postgres.testing.ts"
import { entry, put } from "./testing.ts"

const { aStore } = aDatabase()

/** The fixture of each layout holds the same. */
const text = "it's\n\u0000 \\ ü \ud800"
const CONTENT = new Map<string, object>([
  ["key-1", { n: 1, text }],
  ["key-2", { n: 7 }],
  ["key-3", { n: 3, text }],
  ["key-4", { n: 4, text }],
  ["log-1", { n: 6 }],
])

type Store = ReturnType<typeof aStore>

async function load(store: Store, layout: number): Promise<void> {
  const dump = readFileSync(join(import.meta.dirname, "fixtures", `layout-${layout}.sql`), "utf8")
  await store.sql(`CREATE SCHEMA "${store.schema}"; ${dump}`)
}

test.each([1])("a journal of layout %i is read, continued and folded", async (layout) => {
  const store = aStore()
  await load(store, layout)
  const { leadership, replica, journal } = await store.led()
  expect(leadership.version).toBe(8)
  expect(replica.records).toEqual(CONTENT)
  await leadership.append([entry(9, put("key-9", {}))])
  await journal.fold()
  await journal.close()

  const next = await store.led()
  expect(next.leadership.version).toBe(9)
  expect(next.replica.records).toEqual(new Map([...CONTENT, ["key-9", {}]]))
})

test.each([1])("a journal of layout %i comes to the same tables as a new one", async (layout) => {
  const [old, fresh] = [aStore(), aStore()]
  await load(old, layout)
  await Promise.all([old.led(), fresh.led()])

  const tables = await tablesOf(fresh)
  expect(tables).toContain("log")
  expect(await tablesOf(old)).toBe(tables)
})

async function tablesOf({ sql }: Store): Promise<string> {
  const columns = await sql(`
    SELECT table_name, column_name, data_type, collation_name, column_default, is_nullable
    FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, column_name
  `)
  const keys = await sql(`
    SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY conname
  `)
  return `${columns}\n${keys}`
}
