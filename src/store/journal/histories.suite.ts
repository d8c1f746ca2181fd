import fc from "fast-check"
import { expect } from "vitest"
import type { StoredChange } from "./journal.ts"
import type { JournalBackend } from "./suite.ts"
import { entry, led, recordsOf } from "./testing.ts"

/** One thing that happens to a journal and the process that leads it. */
export type Step =
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

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: entries.map((all) => ({ kind: "append", entries: all }) as const) },
  { weight: 1, arbitrary: entries.map((all) => ({ kind: "append, crash meanwhile", entries: all }) as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom({ kind: "fold" }, { kind: "close" }, { kind: "crash" }) as fc.Arbitrary<Step>,
  },
)

/** Lives through the steps, and compares with a plain map after every new start. */
export async function liveThrough(backend: JournalBackend, steps: readonly Step[]): Promise<void> {
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
