import fc from "fast-check"
import { describe, expect, onTestFinished, test } from "vitest"
import { AssertionError } from "../../base/assert.ts"
import { liveThrough, step } from "./histories.suite.ts"
import { type Journal, JournalFailure, type StoredChange } from "./journal.ts"
import { competing } from "./processes.suite.ts"
import { addressOf, entry, gone, led, put, recordsOf } from "./testing.ts"

export { entry, gone, put }

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
      expect(await Promise.race([first.leadership.lost, "not lost"])).toBe("not lost")

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
            await liveThrough(backend, steps)
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
