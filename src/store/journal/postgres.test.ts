import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { type Cable, layCable } from "../../../test/postgres/cable.ts"
import { type PostgresServer, startPostgres } from "../../../test/postgres/server.ts"
import { realWorld } from "../../world/real.ts"
import type { Journal } from "./journal.ts"
import { type PostgresJournal, type PostgresOptions, postgresJournal } from "./postgres.ts"
import { type JournalBackend, journalSuite } from "./suite.ts"

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

let schemas = 0
let database: Promise<string> | undefined
async function postgresBackend(): Promise<JournalBackend> {
  database ??= server.newDatabase()
  const connection = await database
  const schema = `Suite ${++schemas}`
  const cables = new Map<Journal, Cable>()
  async function open(
    { address = "" }: { readonly address?: string } = {},
    bytesMax = Number.POSITIVE_INFINITY,
  ): Promise<Journal> {
    const cable = await layCable(server.port, bytesMax)
    const journal = postgresJournal({
      connection: cable.through(connection),
      address,
      world: realWorld({ logLevel: "error" }),
      schema,
      leaseMs: 400,
    })
    cables.set(journal, cable)
    return journal
  }
  return {
    open,
    async crash(journal) {
      cables.get(journal)!.cut()
    },
    fold: (journal) => (journal as PostgresJournal).fold(),
    openFailing: () => open({}, 500_000),
    async dispose() {
      for (const cable of cables.values()) cable.cut()
      await Promise.all([...cables.keys()].map((journal) => journal.close()))
      await server.sql(connection, `DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    },
  }
}

journalSuite("PostgreSQL", postgresBackend, { manyProcesses: true, histories: 8 })
