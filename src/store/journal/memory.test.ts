import { expect, test } from "vitest"
import { realWorld } from "../../world/real.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { MemoryDisk, type MemoryJournal, type MemoryJournalOptions, memoryJournal } from "./memory.ts"
import { entry, type JournalBackend, journalSuite, put } from "./suite.ts"

function memoryBackend(options: Omit<MemoryJournalOptions, "disk" | "address">) {
  return async (): Promise<JournalBackend> => {
    const world = realWorld()
    const disk = new MemoryDisk()
    let crashes = 0
    return {
      open: async (own = {}) => memoryJournal(world, { ...options, ...own, disk }),
      crash: async (journal) => (journal as MemoryJournal).crash(crashes++ % 2 === 0 ? "kept" : "lost"),
      fold: async () => disk.fold(),
      async openFailing() {
        disk.failNextAppend("full")
        return memoryJournal(world, { ...options, disk })
      },
      size: async () => disk.length,
      async dispose() {},
    }
  }
}

journalSuite("memory", memoryBackend({ waits: true }), { manyProcesses: true, histories: 300 })
journalSuite("memory, one process at a time and slow,", memoryBackend({ appendMs: () => 0 }))

test("an append takes the world time it is given, and its promise settles only then", async () => {
  const world = simulatedWorld()
  const { append } = await memoryJournal(world, { appendMs: () => 20 }).lead(() => {})
  let settled = false
  void append([entry(1, put("a", {}))]).then(() => {
    settled = true
  })

  await world.advance(19)
  expect(settled).toBe(false)
  await world.advance(1)
  expect(settled).toBe(true)
})

test.each(["kept", "lost"] as const)(
  "an append that a crash finds under way is %s as the test says",
  async (inFlight) => {
    const world = simulatedWorld()
    const disk = new MemoryDisk()
    const journal = memoryJournal(world, { disk, appendMs: () => 20 })
    const { append } = await journal.lead(() => {})
    let settled = false
    void append([entry(1, put("a", {}))]).finally(() => {
      settled = true
    })
    journal.crash(inFlight)
    await world.advance(100)

    expect(settled).toBe(false)
    const { version } = await memoryJournal(world, { disk }).lead(() => {})
    expect(version).toBe(inFlight === "kept" ? 1 : 0)
  },
)

test("what a process took from the disk is its own", async () => {
  const disk = new MemoryDisk()
  const first = memoryJournal(simulatedWorld(), { disk, waits: true })
  const { append } = await first.lead(() => {})
  const record = { list: [1] }
  await append([entry(1, put("a", record))])
  record.list.push(2)
  await first.close()

  const handed: unknown[] = []
  await memoryJournal(simulatedWorld(), { disk }).lead((changes) =>
    handed.push(...changes.map((change) => change.record)),
  )
  expect(handed).toEqual([{ list: [1] }])
})
