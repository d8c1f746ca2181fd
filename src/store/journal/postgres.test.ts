import { describe, expect, test, vi } from "vitest"
import { type Cable, layCable } from "../../../test/postgres/cable.ts"
import type { Journal } from "./journal.ts"
import { aDatabase, aReplica, LEASE_MS, PATIENCE, settled, world } from "./postgres.testing.ts"
import { type PostgresJournal, postgresJournal } from "./postgres.ts"
import { NO_SEAL, sealOf } from "./postgres-seal.ts"
import { entry, gone, type JournalBackend, journalSuite, put } from "./suite.ts"

vi.setConfig({ testTimeout: 120_000 })

const database = aDatabase()
const { aStore, sessionsWait } = database

let schemas = 0

async function postgresBackend(): Promise<JournalBackend> {
  const schema = `Suite ${++schemas}`
  const cables = new Map<Journal, Cable>()
  async function open(address: string, bytesMax?: number): Promise<Journal> {
    const cable = await layCable(database.port(), bytesMax)
    const connection = cable.through(database.connection())
    const journal = postgresJournal({ connection, address, world, schema, leaseMs: LEASE_MS })
    cables.set(journal, cable)
    return journal
  }
  return {
    open: ({ address = "" } = {}) => open(address),
    async crash(journal) {
      cables.get(journal)!.cut()
    },
    fold: (journal) => (journal as PostgresJournal).fold(),
    openFailing: () => open("", 500_000),
    async dispose() {
      for (const cable of cables.values()) cable.cut()
      await Promise.all([...cables.keys()].map((journal) => journal.close()))
      await Promise.all([...cables.values()].map((cable) => cable.remove()))
    },
  }
}

journalSuite("PostgreSQL", postgresBackend, { manyProcesses: true, histories: 8 })

describe("the fence", () => {
  test("an append that waits for a takeover to commit is refused", async () => {
    const store = aStore()
    const { leadership } = await store.led()
    const taker = await store.client()
    await taker.query("BEGIN")
    await taker.query("UPDATE fence SET epoch = epoch + 1")
    const appended = settled(leadership.append([entry(1, put("a", {}))]))
    await sessionsWait("INSERT INTO log")
    await taker.query("COMMIT")

    await expect(appended).rejects.toMatchObject({ name: "JournalFailure", kind: "lease-lost" })
    expect(await store.sql("SELECT count(*) FROM log")).toBe("0")
    expect((await leadership.lost).kind).toBe("lease-lost")
  })

  test("a takeover waits for an append that came first, and sees it", async () => {
    const store = aStore()
    const first = await store.led()
    await first.journal.close()
    const stale = await store.client()
    await stale.query("BEGIN")
    await stale.query("SELECT epoch FROM fence WHERE epoch = 1 FOR SHARE")
    const second = await store.open({ leaseMs: 4_000 })
    await sessionsWait("UPDATE fence")
    const body = `["test/records",1,"*","late"]\n{"n":1}\n`
    const seal = sealOf(NO_SEAL, { first: 1, last: 1, epoch: 1, body })
    await stale.query("INSERT INTO log VALUES (1, 1, 1, $1, $2)", [body, seal])
    await stale.query("COMMIT")

    expect((await second.leading).version).toBe(1)
    expect([...second.replica.records.keys()]).toEqual(["late"])
  })

  test("an append is refused once the epoch has moved on, though the lease still seems to run", async () => {
    const store = aStore()
    const { leadership } = await store.led({ leaseMs: 60_000 })
    await leadership.append([entry(1, put("a", {}))])
    await store.sql("UPDATE fence SET epoch = epoch + 1")
    expect(leadership.mayAnswer()).toBe(true)

    await expect(leadership.append([entry(2, put("a", {}))])).rejects.toMatchObject({ kind: "lease-lost" })
    expect(leadership.mayAnswer()).toBe(false)
    expect(await store.sql("SELECT max(last_version) FROM log")).toBe("1")
  })
})

describe("a connection that breaks", () => {
  test("an append whose answer is lost is found again and there once", async () => {
    const store = aStore()
    const { leadership, cable } = await store.led({ leaseMs: 4_000 })
    for (let version = 1; version <= 5; version++) {
      cable.cutBeforeAnswer()
      const appended = leadership.append([entry(version, put(`key-${version}`, { version }))])
      await cable.isCut()
      cable.mend()
      await appended
    }
    expect(await store.sql("SELECT string_agg(last_version::text, ' ' ORDER BY last_version) FROM log")).toBe(
      "1 2 3 4 5",
    )
    expect(leadership.mayAnswer()).toBe(true)
  })

  test("an append that never reached the server is made again", async () => {
    const store = aStore()
    const { leadership, cable } = await store.led({ leaseMs: 4_000 })
    await leadership.append([entry(1, put("a", {}))])
    cable.cut()
    const appended = leadership.append([entry(2, put("b", {}))])
    cable.mend()
    await appended

    expect(await store.sql("SELECT max(last_version) FROM log")).toBe("2")
  })

  test("a leader that is cut off stops answering within its lease, and another takes over with all it acknowledged", async () => {
    const store = aStore()
    const first = await store.led({ leaseMs: 1_000 })
    const second = await store.open({ leaseMs: 1_000 })
    await first.leadership.append([entry(1, put("a", { n: 1 }))])
    first.cable.silence()
    const appended = settled(first.leadership.append([entry(2, put("a", { n: 2 }))]))
    const leadership = await second.leading

    expect(first.leadership.mayAnswer()).toBe(false)
    await expect(appended).rejects.toMatchObject({ kind: "unreachable" })
    expect((await first.leadership.lost).kind).toBe("unreachable")
    expect(leadership.version).toBe(1)
    await leadership.append([entry(2, put("a", { n: 3 }))])
  })

  test("a standby that is cut off goes on where it was", async () => {
    const store = aStore()
    const leader = await store.led()
    const standby = await store.standby()
    await leader.leadership.append([entry(1, put("a", {}), put("b", {}))])
    await vi.waitFor(() => expect(standby.replica.version).toBe(1), PATIENCE)
    standby.cable.cut()
    await leader.leadership.append([entry(2, gone("a"), put("c", {}))])
    await leader.journal.fold()
    standby.cable.mend()
    await vi.waitFor(() => expect(standby.replica.version).toBe(2), PATIENCE)

    expect([...standby.replica.records.keys()]).toEqual(["b", "c"])
  })

  test("a standby that is far behind what is folded goes on where it was while the log is kept", async () => {
    const store = aStore()
    const leader = await store.led()
    const standby = await store.standby()
    await leader.leadership.append([entry(1, put("a", {}))])
    await vi.waitFor(() => expect(standby.replica.version).toBe(1), PATIENCE)
    standby.cable.cut()
    // More than are read at once.
    for (let version = 2; version <= 250; version++)
      await leader.leadership.append([entry(version, put(`key-${version % 10}`, { version }))])
    await leader.journal.fold()
    standby.cable.mend()

    await Promise.race([standby.leading, vi.waitFor(() => expect(standby.replica.version).toBe(250), PATIENCE)])
    expect(standby.replica.records.size).toBe(11)
  })

  test("a standby that is cut off for longer than the log is kept says that it has to start again", async () => {
    const store = aStore()
    const leader = await store.led({ keepLogMs: 0 })
    const standby = await store.standby()
    await leader.leadership.append([entry(1, put("a", {}))])
    await vi.waitFor(() => expect(standby.replica.version).toBe(1), PATIENCE)
    standby.cable.cut()
    await leader.leadership.append([entry(2, gone("a"))])
    await leader.journal.fold()
    standby.cable.mend()

    await expect(standby.leading).rejects.toThrow("start again and read everything")
  })

  test("a database that is not there is told within the time set", async () => {
    const store = aStore()
    const { leading } = await store.open({ connection: "postgresql://homeport@127.0.0.1:1/none", reachWithinMs: 100 })

    await expect(leading).rejects.toThrow("The database cannot be reached: connect ECONNREFUSED 127.0.0.1:1.")
  })

  test("a database that does not exist is told at once", async () => {
    const store = aStore()
    const connection = database.connection().replace(/[^/]*$/, "elsewhere")
    const { leading } = await store.open({ connection, reachWithinMs: 60_000 })

    await expect(leading).rejects.toThrow('The database does not exist: database "elsewhere" does not exist (3D000)')
  })
})

describe("what is not as it was written", () => {
  const damages: readonly (readonly [what: string, sql: string, sentence: string])[] = [
    ["a changed entry", "UPDATE log SET body = replace(body, '3', '4') WHERE last_version = 3", "3 to 3"],
    ["a missing entry", "DELETE FROM log WHERE last_version = 3", "between the versions 2 and 4"],
    ["an entry of another epoch", "UPDATE log SET epoch = 7 WHERE last_version = 3", "3 to 3"],
    ["a changed record", `UPDATE records SET body = '{"n":7}' WHERE head LIKE '%"a"]'`, "not what was written"],
    ["a missing record", `DELETE FROM records WHERE head LIKE '%"a"]'`, "1 folded records where there should be 2"],
    ["a record under another name", `UPDATE records SET head = replace(head, '"a"', '"x"')`, "not what was written"],
    ["no word on what is folded", "DELETE FROM folded", "how far it is folded"],
  ]
  for (const [what, sql, sentence] of damages) {
    test(`${what} stops the process before it leads`, async () => {
      const store = aStore()
      const { leadership, journal } = await store.led()
      await leadership.append([entry(1, put("a", { n: 1 })), entry(2, put("b", { n: 2 }))])
      await journal.fold()
      await leadership.append([entry(3, put("a", { n: 3 }))])
      await leadership.append([entry(4, put("a", { n: 4 }))])
      await journal.close()
      await store.sql(sql)
      const { leading } = await store.open()

      await expect(leading).rejects.toMatchObject({ kind: "damaged", message: expect.stringContaining(sentence) })
    })
  }

  test("a changed entry is not folded, and ends the leader", async () => {
    const store = aStore()
    const { leadership, journal } = await store.led({ foldEveryMs: 10 })
    await store.sql("BEGIN; LOCK folded; COMMIT")
    const blocker = await store.client()
    await blocker.query("BEGIN")
    await blocker.query("SELECT FROM folded FOR UPDATE")
    await leadership.append([entry(1, put("a", { n: 1 }))])
    await blocker.query("UPDATE log SET body = replace(body, '1', '2')")
    await blocker.query("COMMIT")

    expect((await leadership.lost).kind).toBe("damaged")
    expect(await store.sql("SELECT count(*) FROM records")).toBe("0")
    await journal.close()
  })

  test("a newer format is refused, also by a standby under way", async () => {
    const store = aStore()
    await store.led()
    const standby = await store.standby()
    await store.sql("UPDATE meta SET format = 99")
    await expect(standby.leading).rejects.toMatchObject({ kind: "newer-format" })

    const late = await store.open()
    await expect(late.leading).rejects.toThrow("The journal has layout 1 and format 99; this Homeport knows 1 and 1.")
  })
})

test("processes that start at once on an empty database make the tables once", async () => {
  const store = aStore()
  const first = await store.client()
  await first.query("BEGIN")
  await first.query("SELECT pg_advisory_xact_lock(hashtext($1))", [`homeport schema ${store.schema}`])
  const journals = [await store.open(), await store.open(), await store.open()]
  await sessionsWait("pg_advisory_xact_lock", 3)
  await first.query("COMMIT")

  await Promise.race(journals.map(({ leading }) => leading))
  await Promise.all(journals.map(({ journal }) => journal.close()))
})

test("a schema that an administrator made is used by a user who may make none", async () => {
  const store = aStore()
  await store.sql(`CREATE ROLE plain LOGIN; CREATE SCHEMA "${store.schema}" AUTHORIZATION plain`)
  const { leading } = await store.open({ connection: database.connection().replace("homeport@", "plain@") })

  expect((await leading).version).toBe(0)
})

test("a full disk is told as such, and ends the leader", async () => {
  const store = aStore()
  const { leadership } = await store.led()
  await store.sql(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION refuse();
  `)

  await expect(leadership.append([entry(1, put("a", {}))])).rejects.toMatchObject({ kind: "full" })
  expect((await leadership.lost).message).toBe("The database's disk is full: could not extend file (53100)")
})

test("what is folded and old leaves the log", async () => {
  const store = aStore()
  const { leadership } = await store.led({ foldEveryMs: 20, keepLogMs: 50 })
  for (let version = 1; version <= 300; version++)
    await leadership.append([entry(version, put(`key-${version % 10}`, { version }))])

  await vi.waitFor(async () => expect(await store.sql("SELECT count(*) FROM log")).toBe("0"), PATIENCE)
  expect(await store.sql("SELECT count(*) FROM records")).toBe("10")
})

test("standbys that start and follow while the leader folds miss nothing", async () => {
  const store = aStore()
  const leader = await store.led({ foldEveryMs: 1, leaseMs: 4_000 })
  const model = aReplica()
  const standbys = [await store.open()]
  for (let version = 1; version <= 400; version++) {
    const key = `key-${version % 37}`
    const changes = [
      version % 3 === 0 ? gone(key) : put(key, { version }),
      put(`key-${version % 11}`, { also: version }),
    ]
    model.apply(changes, version)
    await leader.leadership.append([entry(version, ...changes)])
    if (version % 100 === 0) standbys.push(await store.open())
  }
  for (const { replica } of standbys) {
    await vi.waitFor(() => expect(replica.version).toBe(400), PATIENCE)
    expect(new Map([...replica.records].sort())).toEqual(new Map([...model.records].sort()))
  }
  expect(Number(await store.sql("SELECT version FROM folded"))).toBeGreaterThan(0)
})
