import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, onTestFinished, test } from "vitest"
import { seededRandom } from "../../world/simulated.ts"
import { decodeChanges, encodeChanges } from "./codec.ts"
import type { StoredChange } from "./journal.ts"
import { SqliteFile } from "./sqlite-file.ts"
import { openSqliteFile } from "./sqlite-open.ts"
import { gone, put } from "./testing.ts"

/** What the disk holds at one moment, and what was acknowledged by then. */
interface Image {
  readonly file: Buffer
  readonly wal: Buffer
  readonly acknowledged: number
}

test("a crash at any statement, or in the middle of any write to the disk, loses nothing acknowledged", () => {
  const { images, states } = live()
  const torn = images.slice(1).flatMap((image, index) => tornBetween(images[index]!, image))
  expect(images.length).toBeGreaterThan(100)
  expect(torn.length).toBeGreaterThan(300)

  for (const image of [...images, ...torn]) {
    const { version, records } = recover(image)
    expect([image.acknowledged, image.acknowledged + 1]).toContain(version)
    expect(records).toEqual(states[version])
  }
})

/** A short life with appends between the steps of foldings, and an image of the disk before and after every statement. */
function live(): { images: Image[]; states: Readonly<Record<string, unknown>>[] } {
  const path = join(aDirectory(), "journal.sqlite")
  openSqliteFile(path).close()
  const database = new DatabaseSync(path)
  const images: Image[] = []
  let acknowledged = 0
  const file = new SqliteFile(
    watched(database, () => {
      const image = { file: readFileSync(path), wal: readIfThere(`${path}-wal`), acknowledged }
      const last = images.at(-1)
      if (last?.acknowledged === acknowledged && last.file.equals(image.file) && last.wal.equals(image.wal)) return
      images.push(image)
    }),
  )
  // So few that the short life sees the write-ahead log flow back and begin anew several times.
  database.exec("PRAGMA wal_autocheckpoint = 12")
  for (const _ of file.replay()) expect(file.version).toBe(0)

  const held = new Map<string, StoredChange>()
  const states = [{}]
  const append = (...changes: StoredChange[]) => {
    for (const change of changes) held.set(change.key, change)
    states.push(recordsOf(held.values()))
    file.append(encodeChanges(changes), acknowledged + 1, acknowledged + 1)
    acknowledged += 1
  }
  const random = seededRandom(7)
  const anyChange = () => {
    const key = `key-${random.below(12)}`
    return random.below(4) === 0 ? gone(key) : put(key, { n: random.below(1000), text: "x".repeat(random.below(3000)) })
  }
  for (let round = 0; round < 8; round++) {
    for (let count = 0; count < 4; count++) append(anyChange(), anyChange(), anyChange())
    for (const _ of file.fold()) if (random.below(2) === 0) append(anyChange())
  }
  // A large entry is folded in several steps.
  append(...Array.from({ length: 1_000 }, (_, index) => put(`many-${index}`, { index })))
  for (const _ of file.fold()) append(anyChange())
  // What the torn images stand for holds only while every commit waits for the disk (2 is FULL).
  expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 })
  file.close()
  return { images, states }
}

/** Calls `look` before and after every statement. */
function watched(database: DatabaseSync, look: () => void): DatabaseSync {
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const member = Reflect.get(target, name, target)
        if (typeof member !== "function") return member
        return (...parameters: unknown[]) => {
          look()
          const result = Reflect.apply(member, target, parameters)
          look()
          return name === "prepare" ? wrap(result) : result
        }
      },
    })
  return wrap(database)
}

/** A disk writes whole ones. */
const SECTOR = 512

/**
 * What a loss of power may leave of the writes between two images. The write-ahead log is on the disk before anything
 * goes from it into the file, and then the file's pages arrive in any order.
 */
function tornBetween(before: Image, after: Image): Image[] {
  const random = seededRandom(before.file.length + after.wal.length)
  const { acknowledged } = before
  const torn: Image[] = []
  for (let count = 0; count < 4; count++) {
    if (!before.wal.equals(after.wal)) {
      const end = SECTOR * random.below(Math.floor(after.wal.length / SECTOR) + 1)
      const wal = Buffer.concat([after.wal.subarray(0, end), before.wal.subarray(end)])
      torn.push({ file: before.file, wal, acknowledged })
    }
    if (!before.file.equals(after.file) && after.wal.length > 0) {
      const file = Buffer.alloc(Math.max(before.file.length, after.file.length))
      for (let page = 0; page < file.length; page += 4096) {
        const source = random.below(2) === 0 && page < before.file.length ? before : after
        source.file.copy(file, page, page, page + 4096)
      }
      torn.push({ file, wal: after.wal, acknowledged })
    }
  }
  return torn
}

function recover({ file, wal }: Image): { version: number; records: Readonly<Record<string, unknown>> } {
  const path = join(directory, "image.sqlite")
  writeFileSync(path, file)
  if (wal.length > 0) writeFileSync(`${path}-wal`, wal)
  const opened = openSqliteFile(path)
  const held = new Map<string, StoredChange>()
  for (const { text } of opened.replay()) for (const change of decodeChanges(text)) held.set(change.key, change)
  const { version } = opened
  opened.close()
  rmSync(path)
  return { version, records: recordsOf(held.values()) }
}

let directory: string
function aDirectory(): string {
  directory = mkdtempSync(join(tmpdir(), "homeport-crash-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

function recordsOf(changes: Iterable<StoredChange>): Readonly<Record<string, unknown>> {
  const present = [...changes].filter(({ record }) => record !== undefined)
  return Object.fromEntries(present.map(({ key, record }) => [key, record]))
}
