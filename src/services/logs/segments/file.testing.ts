import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { recordingLog } from "../../../world/log.ts"
import { realWorld } from "../../../world/real.ts"
import { eventsOf } from "./batch.ts"
import type { StoredEvent } from "./event-store.ts"
import { FileEventStore, type FileEventStoreOptions } from "./file.ts"
import { openDirectory } from "./file-opening.ts"
import { Cache, Segment } from "./file-reading.ts"

export interface TestDirectory extends Disposable {
  readonly path: string
  readonly log: ReturnType<typeof recordingLog>

  /** Names of its files that end so. */
  files(end: string): string[]
  open(options?: Partial<FileEventStoreOptions>): Promise<FileEventStore>
}

export function testDirectory(): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), `homeport-logs-${process.pid}-`))
  const log = recordingLog()
  return {
    path,
    log,
    files: (end) => readdirSync(path).filter((name) => name.endsWith(end)),
    async open(options = {}) {
      const store = new FileEventStore({ world: { ...realWorld(), log }, directory: path, ...options })
      await store.open()
      return store
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** What a new process would find there, read without a thread, as that takes a while to start. */
export async function found(directory: TestDirectory, group: string): Promise<StoredEvent[]> {
  const tell = (sentence: string) => directory.log.warn("found", { sentence })
  const { segments } = openDirectory(directory.path, tell)
  const events: StoredEvent[] = []
  for (const info of segments) {
    const segment = new Segment(directory.path, info, new Cache(0, tell))
    segment.hold()
    const entry = segment.groups.get(group)
    const { blocks } = entry === undefined ? { blocks: [] } : await segment.index(entry)
    for (const block of blocks) events.push(...(await segment.block(block)).flatMap(eventsOf))
    const closed = new Promise<void>((resolve) => segment.replace(resolve))
    segment.letGo()
    await closed
  }
  return events
}

/** Turns the wheel of real threads until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
