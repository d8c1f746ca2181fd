import fc from "fast-check"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { AssertionError } from "../../base/assert.ts"
import { type Entry, type Journal, JournalFailure, type Leadership, type StoredChange } from "./journal.ts"

/** One empty store, and the journals that processes open on it. Made afresh for every test. */
export interface JournalBackend {
  /** A journal as one process would open it; `address` is where that process says it can be reached. */
  open(options?: { readonly address?: string }): Promise<Journal>

  /** Ends the journal as `kill -9` ends its process: whatever is under way is left as it is. Resolves when a successor may be opened. */
  crash(journal: Journal): Promise<void>

  /** Brings the store into its most compact form now, where the backend has such a thing. */
  fold?(journal: Journal): Promise<void>

  /** A journal of which some append within the next hundred fails: disk full, connection lost. The store is well again afterwards. */
  openFailing?(): Promise<Journal>

  /** Bytes that the store occupies, when it promises to stay in proportion to the records it holds. */
  size?(): Promise<number>

  dispose(): Promise<void>
}

export interface SuiteOptions {
  /** Whether a second process waits and follows; otherwise it is refused. */
  readonly manyProcesses?: boolean

  /** How many random histories are tried; each has a store of its own. */
  readonly histories?: number
}

/** The journal's contract. Every implementation passes it. */
export function journalSuite(
  name: string,
  makeBackend: () => Promise<JournalBackend>,
  options: SuiteOptions = {},
): void {
  const { manyProcesses = false, histories = 25 } = options

  async function aBackend(): Promise<JournalBackend> {
    const backend = await makeBackend()
    onTestFinished(() => backend.dispose())
    return backend
  }

  describe(`the ${name} journal`, () => {
    test("starts empty, at version 0", async () => {
      const { leadership, replica } = await led(await aBackend())

      expect(leadership.version).toBe(0)
      expect(replica.records()).toEqual({})
      expect(leadership.mayAnswer()).toBe(true)
    })

    test("hands back what was appended, rewrites and deletions included", async () => {
      const backend = await aBackend()
      const first = await led(backend)
      await first.leadership.append([entry(1, put("a", { n: 1 }), put("b", { n: 1 }))])
      await first.leadership.append([entry(2, put("a", { n: 2 })), entry(3, gone("b"), put("c", { n: 3 }))])
      await first.leadership.append([entry(4, gone("c")), entry(5, put("b", { n: 5 }))])
      await first.journal.close()

      const second = await led(backend)
      expect(second.leadership.version).toBe(5)
      expect(second.replica.version()).toBe(5)
      expect(second.replica.records()).toEqual(recordsOf(put("a", { n: 2 }), put("b", { n: 5 })))
    })

    test("keeps the table version with which a record was written", async () => {
      const backend = await aBackend()
      const first = await led(backend)
      await first.leadership.append([
        entry(1, { ...put("a", {}), tableVersion: 1 }, { ...put("b", {}), tableVersion: 7 }),
      ])
      await first.leadership.append([entry(2, { ...put("a", {}), tableVersion: 2 })])
      await first.journal.close()

      const second = await led(backend)
      expect(second.replica.changes().map((change) => change.tableVersion)).toEqual([2, 7])
    })

    test("keeps the same key apart by table and by scope", async () => {
      const backend = await aBackend()
      const scopes = Array.from({ length: 300 }, (_, index) => `${100000000000 + index}/eu-west-1`)
      const changes = scopes.flatMap((scope) => [
        { ...put("k", { scope }), scope },
        { ...put("k", { other: scope }), scope, table: "test/others" },
      ])
      const first = await led(backend)
      await first.leadership.append([entry(1, ...changes)])
      await backend.fold?.(first.journal)
      await first.leadership.append([entry(2, { ...gone("k"), scope: scopes[7]! })])
      await first.journal.close()

      const second = await led(backend)
      expect(second.replica.records()).toEqual(recordsOf(...changes.filter((change) => change !== changes[14])))
    })

    test("keeps any characters in keys, scopes and records", async () => {
      const backend = await aBackend()
      const odd = [
        "",
        "\n",
        "\r\n",
        "\u0000",
        "a\u0000b",
        "\u2028",
        "\ud800",
        "\udfff",
        "\ufffd",
        '"\\',
        "é",
        "😀",
        "%_'",
        "\\u0000",
        "\\n",
      ]
      const changes = odd.map((text) => ({ ...put(text, { text, [`k${text}`]: [text, null] }), scope: `s${text}` }))
      const first = await led(backend)
      await first.leadership.append([entry(1, ...changes)])
      await first.journal.close()

      const second = await led(backend)
      expect(second.replica.records()).toEqual(recordsOf(...changes))
      await backend.fold?.(second.journal)
      await second.leadership.append([entry(2, { ...gone("\ud800"), scope: "s\ud800" })])
      await second.journal.close()

      const third = await led(backend)
      expect(third.replica.records()).toEqual(recordsOf(...changes.filter(({ key }) => key !== "\ud800")))
    })

    test("keeps large records, large entries and many entries in one append", async () => {
      const backend = await aBackend()
      const large = put("large", { text: "0123456789é".repeat(200_000) })
      const many = Array.from({ length: 5_000 }, (_, index) => put(`many-${index}`, { index }))
      const single = Array.from({ length: 1_000 }, (_, index) => put(`single-${index}`, { index }))
      const first = await led(backend)
      await first.leadership.append([entry(1, large)])
      await first.leadership.append([entry(2, ...many)])
      await first.leadership.append(single.map((change, index) => entry(3 + index, change)))
      await first.journal.close()

      const second = await led(backend)
      expect(second.leadership.version).toBe(1_002)
      expect(second.replica.records()).toEqual(recordsOf(large, ...many, ...single))
    })

    test("keeps the version of an entry without changes", async () => {
      const backend = await aBackend()
      const first = await led(backend)
      await first.leadership.append([entry(1, put("a", {})), entry(2)])
      await first.leadership.append([entry(3)])
      await first.journal.close()

      const second = await led(backend)
      expect(second.leadership.version).toBe(3)
      await second.leadership.append([entry(4)])
    })

    test("refuses a gap, a repeat and an empty append, and goes on afterwards", async () => {
      const backend = await aBackend()
      const { leadership, journal } = await led(backend)
      await leadership.append([entry(1, put("a", { n: 1 }))])

      await expect(leadership.append([entry(3, put("a", { n: 3 }))])).rejects.toThrow(AssertionError)
      await expect(leadership.append([entry(1, put("a", { n: 0 }))])).rejects.toThrow(AssertionError)
      await expect(leadership.append([entry(2), entry(4)])).rejects.toThrow(AssertionError)
      await expect(leadership.append([])).rejects.toThrow(AssertionError)
      await leadership.append([entry(2, put("b", { n: 2 }))])
      await journal.close()

      const second = await led(backend)
      expect(second.replica.records()).toEqual(recordsOf(put("a", { n: 1 }), put("b", { n: 2 })))
    })

    test("refuses a second append while the first is under way", async () => {
      const { leadership } = await led(await aBackend())
      const first = leadership.append([entry(1, put("a", {}))])

      await expect(leadership.append([entry(2, put("b", {}))])).rejects.toThrow(AssertionError)
      await first
      await leadership.append([entry(2, put("b", {}))])
    })

    test("finishes the append under way before it closes, and takes none afterwards", async () => {
      const backend = await aBackend()
      const first = await led(backend)
      const appended = first.leadership.append([entry(1, put("a", { n: 1 }))])
      await first.journal.close()
      await appended
      await expect(first.leadership.append([entry(2, put("a", { n: 2 }))])).rejects.toThrow()
      expect(first.leadership.mayAnswer()).toBe(false)
      await first.journal.close()

      const second = await led(backend)
      expect(second.replica.records()).toEqual(recordsOf(put("a", { n: 1 })))
    })

    test("closes before it ever led", async () => {
      const backend = await aBackend()
      const journal = await backend.open()
      await journal.close()

      await led(backend)
    })

    test("keeps everything acknowledged through a crash", async () => {
      const backend = await aBackend()
      let version = 0
      for (let life = 0; life < 3; life++) {
        const { journal, leadership, replica } = await led(backend)
        expect(leadership.version).toBe(version)
        expect(Object.keys(replica.records())).toHaveLength(version)
        for (let count = 0; count < 5; count++)
          await leadership.append([entry(++version, put(`key-${version}`, { version }))])
        await backend.crash(journal)
      }
    })

    test("keeps all or nothing of an append that a crash cut short", async () => {
      const backend = await aBackend()
      const first = await led(backend)
      await first.leadership.append([entry(1, put("a", { n: 1 }))])
      let acknowledged = false
      const entries = [entry(2, put("a", { n: 2 }), put("b", {})), entry(3, put("c", {}))]
      const appended = first.leadership.append(entries).then(() => {
        acknowledged = true
      })
      appended.catch(() => {})
      await backend.crash(first.journal)

      const second = await led(backend)
      const before = recordsOf(put("a", { n: 1 }))
      const after = recordsOf(put("a", { n: 2 }), put("b", {}), put("c", {}))
      if (acknowledged) expect(second.leadership.version).toBe(3)
      expect([1, 3]).toContain(second.leadership.version)
      expect(second.replica.records()).toEqual(second.leadership.version === 3 ? after : before)
    })

    test("never changes what is replayed, wherever it folds, closes and crashes", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const backend = await makeBackend()
          try {
            await replay(backend, steps)
          } finally {
            await backend.dispose()
          }
        }),
        { numRuns: histories },
      )
    })

    test("stops for good at the first append that fails, and keeps what it acknowledged", async ({ skip }) => {
      const backend = await aBackend()
      if (backend.openFailing === undefined) return skip("this backend cannot be made to fail")
      const journal = await backend.openFailing()
      const leadership = await journal.lead(() => {})
      const acknowledged: StoredChange[] = []
      let failure: unknown
      while (failure === undefined && acknowledged.length < 100) {
        const change = put(`key-${acknowledged.length}`, { text: "x".repeat(20_000) })
        await leadership.append([entry(acknowledged.length + 1, change)]).then(
          () => acknowledged.push(change),
          (error) => {
            failure = error
          },
        )
      }
      expect(failure).toBeInstanceOf(JournalFailure)
      expect(await leadership.lost).toBe(failure)
      expect(leadership.mayAnswer()).toBe(false)
      await expect(leadership.append([entry(acknowledged.length + 1)])).rejects.toThrow(JournalFailure)
      await backend.crash(journal)

      const second = await led(backend)
      const { version } = second.leadership
      // The append that failed may have become durable all the same.
      expect([acknowledged.length, acknowledged.length + 1]).toContain(version)
      expect(second.replica.records()).toMatchObject(recordsOf(...acknowledged))
      expect(Object.keys(second.replica.records())).toHaveLength(version)
      await second.leadership.append([entry(version + 1)])
    })

    test("stays in proportion to the records it holds", async ({ skip }) => {
      const backend = await aBackend()
      if (backend.size === undefined) return skip("this backend promises no size")
      const { journal, leadership } = await led(backend)
      const text = "x".repeat(1_000)
      let version = 0
      for (let round = 0; round < 400; round++) {
        const entries = Array.from({ length: 64 }, () =>
          entry(++version, put(`key-${version % 50}`, { version, text })),
        )
        await leadership.append(entries)
      }
      expect(await backend.size()).toBeLessThan((version * text.length) / 4)
      await journal.close()

      const second = await led(backend)
      expect(Object.keys(second.replica.records())).toHaveLength(50)
      expect(second.replica.records()[addressOf(put("key-0", {}))]).toEqual({ version, text })
    })

    if (manyProcesses) competing(aBackend)
    else {
      test("refuses a second process while the first lives, and lets it in afterwards", async () => {
        const backend = await aBackend()
        const first = await led(backend)
        await first.leadership.append([entry(1, put("a", { n: 1 }))])
        const second = await backend.open()
        await expect(second.lead(() => {})).rejects.toMatchObject({ name: "JournalFailure", kind: "in-use" })
        await second.close()
        await first.leadership.append([entry(2, put("a", { n: 2 }))])
        await first.journal.close()

        const third = await led(backend)
        expect(third.replica.records()).toEqual(recordsOf(put("a", { n: 2 })))
      })
    }
  })
}

/** What holds between processes of which one leads and the others follow. */
function competing(aBackend: () => Promise<JournalBackend>): void {
  test("lets one of several lead", async () => {
    const backend = await aBackend()
    const journals = await Promise.all([backend.open(), backend.open(), backend.open()])
    const leaders: Leadership[] = []
    for (const journal of journals) {
      journal
        .lead(() => {})
        .then(
          (leadership) => leaders.push(leadership),
          () => {},
        )
    }
    await vi.waitFor(() => expect(leaders).toHaveLength(1), PATIENCE)
    for (let version = 1; version <= 20; version++) await leaders[0]!.append([entry(version, put("a", { version }))])

    expect(leaders).toHaveLength(1)
    for (const journal of journals) await journal.close()
  })

  test("shows a follower every entry whole and in order", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    const model = new Map([[0, {}]])
    const seen: Replica = follower.replica
    const torn: number[] = []
    seen.onApply = (version) => {
      const expected = model.get(version)
      if (expected !== undefined && JSON.stringify(seen.records()) !== JSON.stringify(expected)) torn.push(version)
    }
    const changes = new Map<string, StoredChange>()
    for (let version = 1; version <= 60; version += 2) {
      const entries = [
        entry(version, put("x", { version }), put("y", { version })),
        entry(version + 1, put("x", { version: version + 1 }), put(`z-${version}`, {})),
      ]
      for (const { version: at, changes: all } of entries) {
        for (const change of all) changes.set(addressOf(change), change)
        model.set(at, recordsOf(...changes.values()))
      }
      await leader.leadership.append(entries)
    }
    await vi.waitFor(() => expect(seen.version()).toBe(60), PATIENCE)

    expect(torn).toEqual([])
    expect(seen.records()).toEqual(model.get(60))
    await follower.journal.close()
  })

  test("lets a follower take over when the leader closes", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    await leader.leadership.append([entry(1, put("a", { n: 1 }))])
    const follower = await follow(backend)
    await leader.leadership.append([entry(2, put("b", { n: 2 }))])
    await leader.journal.close()

    const leadership = await follower.leading
    expect(leadership.version).toBe(2)
    expect(follower.replica.records()).toEqual(recordsOf(put("a", { n: 1 }), put("b", { n: 2 })))
    await leadership.append([entry(3, gone("a"))])
  })

  test("lets a follower take over, with everything acknowledged, when the leader crashes", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    let acknowledged = 0
    const writing = (async () => {
      for (;;) {
        await leader.leadership.append([entry(acknowledged + 1, put(`key-${acknowledged + 1}`, {}))])
        acknowledged += 1
        // A backend that is always ready would otherwise leave no turn for anything else.
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    writing.catch(() => {})
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(20), PATIENCE)
    await backend.crash(leader.journal)

    const { version } = await follower.leading
    expect(leader.leadership.mayAnswer()).toBe(false)
    expect([acknowledged, acknowledged + 1]).toContain(version)
    expect(Object.keys(follower.replica.records())).toHaveLength(version)
  })

  test("tells followers where the leader is, and itself nothing", async () => {
    const backend = await aBackend()
    const leader = await led(backend, { address: "https://one.example:4566" })
    const follower = await follow(backend, { address: "https://two.example:4566" })
    await vi.waitFor(() => expect(follower.journal.leaderAddress()).toBe("https://one.example:4566"), PATIENCE)
    expect(leader.journal.leaderAddress()).toBeUndefined()

    const last = await follow(backend, { address: "https://three.example:4566" })
    await leader.journal.close()
    await Promise.race([follower.leading, last.leading])
    const [next, other] = follower.journal.leaderAddress() === undefined ? [follower, last] : [last, follower]
    await next.leading
    const address = next === follower ? "https://two.example:4566" : "https://three.example:4566"
    await vi.waitFor(() => expect(other.journal.leaderAddress()).toBe(address), PATIENCE)
    await other.journal.close()
  })

  test("a follower that closes stops waiting", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    await follower.journal.close()

    await expect(follower.leading).rejects.toThrow()
    await leader.leadership.append([entry(1, put("a", {}))])
  })
}

const PATIENCE = { timeout: 20_000, interval: 5 }

type Step =
  | { readonly kind: "append" | "append, crash meanwhile"; readonly entries: readonly (readonly StoredChange[])[] }
  | { readonly kind: "fold" | "close" | "crash" }

const text = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  maxLength: 6,
})

// Few addresses, so that records are rewritten and deleted; any content.
const change: fc.Arbitrary<StoredChange> = fc.record({
  table: fc.constantFrom("test/records", "test/others"),
  tableVersion: fc.integer({ min: 1, max: 3 }),
  scope: fc.constantFrom("111111111111/eu-west-1", "222222222222/*", "*"),
  key: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("a", "b", "c", "d", "\ud800", "\ud801", "\u0000") },
    { weight: 1, arbitrary: text },
  ),
  record: fc.option(fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), { nil: undefined, freq: 3 }),
})

const entries = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 4 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: entries.map((all) => ({ kind: "append", entries: all }) as const) },
  { weight: 1, arbitrary: entries.map((all) => ({ kind: "append, crash meanwhile", entries: all }) as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom({ kind: "fold" }, { kind: "close" }, { kind: "crash" }) as fc.Arbitrary<Step>,
  },
)

/** Lives through the steps, and compares with a plain map after every new start. */
async function replay(backend: JournalBackend, steps: readonly Step[]): Promise<void> {
  let model: readonly StoredChange[] = []
  let version = 0
  let { journal, leadership } = await led(backend)

  const reopen = async () => {
    const next = await led(backend)
    expect(next.leadership.version).toBe(version)
    expect(next.replica.records()).toEqual(recordsOf(...model))
    journal = next.journal
    leadership = next.leadership
  }

  for (const step of [...steps, { kind: "close" } as const]) {
    if (step.kind === "append") {
      const appended = step.entries.map((changes) => entry(++version, ...changes))
      model = [...model, ...step.entries.flat()]
      await leadership.append(appended)
    } else if (step.kind === "append, crash meanwhile") {
      let acknowledged = false
      const appending = leadership
        .append(step.entries.map((changes, index) => entry(version + index + 1, ...changes)))
        .then(() => {
          acknowledged = true
        })
      appending.catch(() => {})
      await backend.crash(journal)
      const survivor = await led(backend)
      if (acknowledged || survivor.leadership.version !== version) {
        version += step.entries.length
        model = [...model, ...step.entries.flat()]
      }
      await survivor.journal.close()
      await reopen()
    } else if (step.kind === "fold") {
      await backend.fold?.(journal)
    } else {
      await (step.kind === "close" ? journal.close() : backend.crash(journal))
      await reopen()
    }
  }
  await journal.close()
}

async function led(backend: JournalBackend, options?: { readonly address: string }) {
  const journal = await backend.open(options)
  const replica = aReplica()
  const leadership = await journal.lead(replica.apply)
  return { journal, leadership, replica }
}

/** A journal that waits behind the leader. */
async function follow(backend: JournalBackend, options?: { readonly address: string }) {
  const journal = await backend.open(options)
  const replica = aReplica()
  const leading = journal.lead(replica.apply)
  leading.catch(() => {})
  return { journal, leading, replica }
}

interface Replica {
  apply(this: void, changes: readonly StoredChange[], version: number): void
  onApply: (version: number) => void
  changes(): readonly StoredChange[]
  records(): Readonly<Record<string, unknown>>
  version(): number
}

/** The memory that a store would keep. */
function aReplica(): Replica {
  const held = new Map<string, StoredChange>()
  let newest = 0
  const replica: Replica = {
    apply(changes, version) {
      expect(version).toBeGreaterThanOrEqual(newest)
      newest = version
      for (const change of changes) held.set(addressOf(change), change)
      replica.onApply(version)
    },
    onApply: () => {},
    changes: () => [...held.values()].filter(({ record }) => record !== undefined),
    records: () => recordsOf(...held.values()),
    version: () => newest,
  }
  return replica
}

function addressOf({ table, scope, key }: StoredChange): string {
  return JSON.stringify([table, scope, key])
}

/** The records that are there after these changes, in the order of their addresses, as JSON brings them back. */
function recordsOf(...changes: readonly StoredChange[]): Readonly<Record<string, unknown>> {
  const records = new Map<string, unknown>()
  for (const change of changes) {
    if (change.record === undefined) records.delete(addressOf(change))
    else records.set(addressOf(change), JSON.parse(JSON.stringify(change.record)))
  }
  return Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function entry(version: number, ...changes: readonly StoredChange[]): Entry {
  return { version, changes }
}

export function put(key: string, record: object): StoredChange {
  return { table: "test/records", tableVersion: 1, scope: "111111111111/eu-west-1", key, record }
}

export function gone(key: string): StoredChange {
  return { table: "test/records", tableVersion: 1, scope: "111111111111/eu-west-1", key, record: undefined }
}
