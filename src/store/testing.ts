import { type SimulatedWorld, simulatedWorld } from "../world/simulated.ts"
import { regionScope, type Scope } from "./changes.ts"
import { MemoryDisk, type MemoryJournal, type MemoryJournalOptions, memoryJournal } from "./journal/memory.ts"
import { Store } from "./store.ts"
import type { AnyTable } from "./table.ts"

export const HOME: Scope = regionScope("111122223333", "us-east-1")

export interface StoreUnderTest {
  readonly world: SimulatedWorld
  readonly store: Store
  readonly journal: MemoryJournal
  readonly disk: MemoryDisk
}

/** A store that leads, over a disk that a second one can be started on. Its records are frozen. */
export async function startStore(
  tables: readonly AnyTable[],
  options: MemoryJournalOptions & { readonly world?: SimulatedWorld } = {},
): Promise<StoreUnderTest> {
  const { world = simulatedWorld(), disk = new MemoryDisk(), ...rest } = options
  const store = new Store({ world, tables, freeze: true })
  const journal = memoryJournal(world, { ...rest, disk })
  const leadership = await journal.lead((changes, version) => store.load(changes, version))
  store.lead(leadership)
  return { world, store, journal, disk }
}
