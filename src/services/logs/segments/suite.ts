import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { comparePositions, END, type EventStore, type ScanQuery, type StoredEvent, startOf } from "./event-store.ts"

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: EventStore

  /** Brings what is in memory to where it ends up sooner or later; the answers must stay the same. */
  settle(): Promise<void>
}

/** What every store of events must do. */
export function eventStoreSuite(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    test("an event is read as soon as its append has resolved, and still is when it has found its place", async () => {
      await using under = await start()
      const { store } = under
      await store.append(batchOf("g", "s", [1, 2, 2, 5]))
      const expected = [1, 2, 2, 5].map((time, index) => ({
        ...anEvent("s", time, index),
        sequence: expect.any(Number),
      }))
      expect(await all(store, { group: "g" })).toEqual(expected)
      await under.settle()
      expect(await all(store, { group: "g" })).toEqual(expected)
    })

    test("messages come back as they were, whatever is in them", async () => {
      await using under = await start()
      const messages = ["ä€𝄞", "\u0000\n\r", "x".repeat(300_000), " ", "\ufeffbom"]
      await under.store.append({ ...batchOf("g", "s", [0]), events: messages.map((message) => ({ time: 7, message })) })
      const read = async () => (await all(under.store, { group: "g" })).map(({ message }) => message)
      expect(await read()).toEqual(messages)
      await under.settle()
      expect(await read()).toEqual(messages)
    })

    test("what any batches say is found in any range, in order, forwards and backwards", async () => {
      const time = fc.integer({ min: 0, max: 30 })
      const batch = fc.record({
        group: fc.constantFrom("g", "h"),
        stream: fc.constantFrom("a", "b", "c"),
        times: fc.array(time, { minLength: 1, maxLength: 6 }).map((times) => times.sort((a, b) => a - b)),
        settle: fc.nat({ max: 4 }).map((number) => number === 0),
      })
      const query = fc.record({
        from: time,
        to: time,
        streams: fc.option(fc.subarray(["a", "b", "c"]), { nil: undefined }),
        descending: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(
          fc.array(batch, { maxLength: 8 }),
          fc.array(query, { maxLength: 4 }),
          async (batches, queries) => {
            await using under = await start()
            const expected: { group: string; event: StoredEvent }[] = []
            for (const [number, { group, stream, times, settle }] of batches.entries()) {
              await under.store.append(batchOf(group, stream, times))
              for (const [index, time] of times.entries()) {
                expected.push({ group, event: { ...anEvent(stream, time, index), sequence: number } })
              }
              if (settle) await under.settle()
            }
            for (const { from, to, streams, descending } of queries) {
              const found = await all(under.store, {
                group: "g",
                from: startOf(from),
                to: startOf(to),
                streams: streams && new Set(streams),
                descending,
              })
              const wanted = expected
                .filter(({ group }) => group === "g")
                .map(({ event }) => event)
                .filter(({ time, stream }) => time >= from && time < to && (streams?.includes(stream) ?? true))
                .sort(comparePositions)
              if (descending) wanted.reverse()
              const plain = ({ sequence: _, ...event }: StoredEvent) => event
              expect(found.map(plain)).toEqual(wanted.map(plain))
            }
          },
        ),
        { numRuns: 20 },
      )
    })

    test("a scan goes on from any event that another one ended with", async () => {
      await using under = await start()
      for (const stream of ["a", "b", "c"]) await under.store.append(batchOf("g", stream, [1, 1, 2, 3, 3]))
      await under.settle()
      await under.store.append(batchOf("g", "a", [2, 2]))
      const whole = await all(under.store, { group: "g" })
      for (const [place, event] of whole.entries()) {
        expect(await all(under.store, { group: "g", from: event })).toEqual(whole.slice(place))
        expect(await all(under.store, { group: "g", to: event })).toEqual(whole.slice(0, place))
      }
    })

    test("sequences rise with each append, also of those that are under way together", async () => {
      await using under = await start()
      await Promise.all(Array.from({ length: 50 }, () => under.store.append(batchOf("g", "s", [1]))))
      const sequences = (await all(under.store, { group: "g" })).map(({ sequence }) => sequence)
      expect(new Set(sequences).size).toBe(50)
    })

    test("a stream's first and last times, and a group's bytes, are those of its events", async () => {
      await using under = await start()
      const { store } = under
      await store.append(batchOf("g", "a", [5, 9]))
      await store.append(batchOf("g", "b", [1]))
      await under.settle()
      await store.append(batchOf("g", "a", [2]))
      const summaries = await store.summaries("g")
      expect([...summaries].sort()).toEqual([
        ["a", { first: 2, last: 9, ingestedAt: INGESTED }],
        ["b", { first: 1, last: 1, ingestedAt: INGESTED }],
      ])
      const messages = ["a 5 0", "a 9 1", "b 1 0", "a 2 0"]
      expect(store.storedBytes("g")).toBe(messages.reduce((sum, message) => sum + message.length + 26, 0))
      expect(store.storedBytes("other")).toBe(0)
      expect(store.groups()).toEqual(new Set(["g"]))
    })

    test("whoever watches a group hears of its batches once they can be read", async () => {
      await using under = await start()
      const heard: string[] = []
      const cancel = under.store.watch("g", ({ stream, count }) => heard.push(`${stream} ${count}`))
      await under.store.append(batchOf("g", "a", [1, 2]))
      await under.store.append(batchOf("h", "b", [1]))
      cancel()
      await under.store.append(batchOf("g", "c", [1]))
      expect(heard).toEqual(["a 2"])
    })

    test("what is forgotten is gone when it has been forgotten, and nothing else is", async () => {
      await using under = await start()
      const { store } = under
      await store.append(batchOf("gone", "a", [1, 2]))
      await store.append(batchOf("g", "old", [1, 2]))
      await store.append(batchOf("g", "new", [2, 30]))
      await store.append(batchOf("g", "deleted", [30]))
      await under.settle()
      await store.append(batchOf("other", "a", [1]))
      const horizons = new Map([
        ["gone", Number.POSITIVE_INFINITY],
        ["g", 10],
      ])
      await store.forget({ horizons, streams: new Set(["deleted"]) })
      await under.settle()
      expect(await all(store, { group: "gone" })).toEqual([])
      expect(store.groups()).toEqual(new Set(["g", "other"]))
      const left = await all(store, { group: "g", from: startOf(10) })
      expect(left.map(({ stream }) => stream).filter((stream) => stream !== "deleted")).toEqual(["new"])
      expect(await all(store, { group: "other" })).toHaveLength(1)
    })
  })
}

const INGESTED = 1_000

export function batchOf(group: string, stream: string, times: readonly number[]) {
  const events = times.map((time, index) => ({ time, message: anEvent(stream, time, index).message }))
  return { group, stream, ingestedAt: INGESTED, events }
}

function anEvent(stream: string, time: number, index: number): Omit<StoredEvent, "sequence"> {
  return { stream, time, index, ingestedAt: INGESTED, message: `${stream} ${time} ${index}` }
}

export async function all(
  store: EventStore,
  query: Partial<ScanQuery> & Pick<ScanQuery, "group">,
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = []
  for await (const chunk of store.scan({ from: startOf(0), to: END, ...query })) found.push(...chunk)
  return found
}
