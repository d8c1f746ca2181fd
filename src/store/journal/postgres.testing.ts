import { Client } from "pg"
import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest"
import { type Cable, layCable } from "../../../test/postgres/cable.ts"
import { type PostgresServer, startPostgres } from "../../../test/postgres/server.ts"
import { realWorld } from "../../world/real.ts"
import type { StoredChange } from "./journal.ts"
import { type PostgresOptions, postgresJournal } from "./postgres.ts"

export const world = realWorld({ logLevel: "error" })

/** So long that a process which merely has to wait for its turn on a busy machine keeps it. */
export const LEASE_MS = 1_500

const ADDRESS = "http://replica.example:4566"

export const PATIENCE = { timeout: 60_000, interval: 5 }

/** A server for the tests of one file, with one database, in which each test has schemas of its own. */
export function aDatabase() {
  let server: PostgresServer
  let database: string
  let schemas = 0
  beforeAll(async () => {
    server = await startPostgres()
    database = await server.newDatabase()
  }, 60_000)
  afterAll(() => server.stop())

  /** An empty schema, the processes that share it, and a look behind their backs. */
  function aStore() {
    const schema = `Store ${++schemas}`
    const inSchema = `SET search_path = "${schema}"`
    const open = async (options: Partial<PostgresOptions> = {}, prepare: (cable: Cable) => void = () => {}) => {
      const cable = await layCable(server.port)
      prepare(cable)
      const connection = cable.through(database)
      const journal = postgresJournal({
        ...{ connection, address: ADDRESS, world, schema, leaseMs: LEASE_MS, reachWithinMs: 60_000 },
        ...options,
      })
      onTestFinished(async () => {
        cable.cut()
        await journal.close()
        await cable.remove()
      })
      const replica = aReplica()
      return { journal, cable, replica, leading: settled(journal.lead(replica.apply)) }
    }
    return {
      schema,
      open,
      async led(options?: Partial<PostgresOptions>) {
        const opened = await open(options)
        return { ...opened, leadership: await opened.leading }
      },
      /**
       * One that follows the leader there is. A replica that is cut off while it still reads everything does not go on but
       * ends, to be started again; it asks who leads only after it has read everything.
       */
      async standby() {
        const opened = await open()
        await vi.waitFor(() => expect(opened.journal.leaderAddress()).toBe(ADDRESS), PATIENCE)
        return opened
      },
      sql: (text: string) => server.sql(database, `${inSchema}; ${text}`),
      /** A session of its own, for transactions that a test leaves open for a while. */
      async client() {
        const client = new Client({ connectionString: database })
        await client.connect()
        onTestFinished(() => client.end())
        await client.query(inSchema)
        return client
      },
    }
  }

  return {
    aStore,
    port: () => server.port,
    connection: () => database,

    /** Resolves when so many sessions wait for a lock that another transaction holds. */
    async sessionsWait(query: string, count = 1): Promise<void> {
      const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${query}%'`
      await vi.waitFor(async () => expect(Number(await server.sql(database, waiting))).toBe(count), PATIENCE)
    },
  }
}

/** The memory that a store would keep, by key alone. */
export function aReplica() {
  const records = new Map<string, object>()
  const replica = {
    version: 0,
    records,
    apply(changes: readonly StoredChange[], version: number) {
      replica.version = version
      for (const { key, record } of changes) {
        if (record === undefined) records.delete(key)
        else records.set(key, record)
      }
    },
  }
  return replica
}

/** A promise whose rejection may come before anyone asks for it. */
export function settled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}
