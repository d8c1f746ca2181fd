import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, onTestFinished, test } from "vitest"
import { seededRandom } from "../../world/simulated.ts"
import { decodeChanges, encodeChanges } from "./codec.ts"
import { JournalFailure, type StoredChange } from "./journal.ts"
import { failureOf, openSqliteFile } from "./sqlite-open.ts"
import { gone, put } from "./testing.ts"

test("a journal in which nothing was altered is recovered", () => {
  expect(recover(aJournal())).toEqual(CONTENT)
})

test.each([
  [
    "a log row's body",
    "UPDATE log SET body = replace(body, 'log-2', 'log-X') WHERE version = 22",
    "what follows version 21",
  ],
  ["a log row's version", "UPDATE log SET version = 30 WHERE version = 24", "what follows version 23"],
  ["the first log row", "DELETE FROM log WHERE version = 21", "what follows version 20"],
  ["a log row in the middle", "DELETE FROM log WHERE version = 22", "what follows version 21"],
  ["the last log row", "DELETE FROM log WHERE version = 24", "ends at version 23, but version 24"],
  ["the whole log", "DELETE FROM log", "ends at version 20, but version 24"],
  ["a log row that was taken away", "INSERT INTO log VALUES (3, 3, '', 0)", "still holds version 3"],
  ["a record's body", `UPDATE records SET body = '{"n":7}' WHERE key = 'key-3'`, "key-3 was altered"],
  ["a record's key", "UPDATE records SET key = 'key-X' WHERE key = 'key-3'", "key-X was altered"],
  ["a record", "DELETE FROM records WHERE key = 'key-3'", "holds 19 records, but 20"],
  [
    "a record and its double",
    "INSERT INTO records SELECT tbl, 's', key, tableVersion, body, checksum FROM records",
    "altered",
  ],
  ["all records", "DELETE FROM records", "holds 0 records, but 20"],
  ["the folded version", "UPDATE meta SET foldedVersion = 0", "meta row was altered"],
  ["the last version", "UPDATE meta SET lastVersion = 23", "meta row was altered"],
  ["the meta row", "DELETE FROM meta", "meta row is missing"],
  ["the records table", "DROP TABLE records", "no such table"],
  ["the log table", "DROP TABLE log", "no such table"],
  ["the meta table", "DROP TABLE meta", "no such table"],
])("%s altered or missing is damage, and said to be", (_, sql, sentence) => {
  const path = aJournal()
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()

  const failure = failureOfOpening(path)
  expect(failure.kind).toBe("damaged")
  expect(failure.message).toContain(sentence)
  expect(failure.message).toContain(path)
  expect(failure.message).toContain("Put back a copy")
})

test("any flipped bit is damage, or changes nothing", () => {
  const path = aJournal()
  const whole = readFileSync(path)
  const random = seededRandom(Number(process.env.HOMEPORT_FLIPS_SEED ?? 1))
  const outcomes = { unharmed: 0, refused: 0 }
  for (let count = 0; count < Number(process.env.HOMEPORT_FLIPS ?? 400); count++) {
    const flipped = Buffer.from(whole)
    // The header is a hundred bytes of thousands, but where most can go wrong.
    const at = random.below(count % 4 === 0 ? 100 : flipped.length)
    flipped[at] = flipped[at]! ^ (1 << random.below(8))
    writeFileSync(path, flipped)
    try {
      expect(recover(path), `a bit flipped in byte ${at}`).toEqual(CONTENT)
      outcomes.unharmed += 1
    } catch (error) {
      if (!(error instanceof JournalFailure)) throw error
      expect(["damaged", "newer-format", "io"], error.message).toContain(error.kind)
      outcomes.refused += 1
    }
    rmSync(`${path}-wal`, { force: true })
  }
  expect(outcomes.refused).toBeGreaterThan(50)
  expect(outcomes.unharmed).toBeGreaterThan(5)
})

test("any flipped bit of the write-ahead log is damage, or costs no more than the newest append", () => {
  const path = join(aDirectory(), "journal.sqlite")
  const file = openSqliteFile(path)
  for (let version = 1; version <= 12; version++) {
    file.append(encodeChanges([put(`key-${version}`, folded(version))]), version, version)
  }
  const copy = join(aDirectory(), "journal.sqlite")
  const before = readFileSync(path)
  const whole = readFileSync(`${path}-wal`)
  file.close()
  const random = seededRandom(1)
  const outcomes = { unharmed: 0, shortened: 0, refused: 0 }
  for (let count = 0; count < 300; count++) {
    const flipped = Buffer.from(whole)
    const at = random.below(flipped.length)
    flipped[at] = flipped[at]! ^ (1 << random.below(8))
    writeFileSync(copy, before)
    writeFileSync(`${copy}-wal`, flipped)
    try {
      const { version, records } = recover(copy)
      expect([11, 12], `a bit flipped in byte ${at}`).toContain(version)
      expect(Object.keys(records)).toHaveLength(version)
      outcomes[version === 12 ? "unharmed" : "shortened"] += 1
    } catch (error) {
      if (!(error instanceof JournalFailure)) throw error
      expect(error).toMatchObject({ kind: "damaged", message: expect.stringContaining("write-ahead log was altered") })
      outcomes.refused += 1
    }
  }
  expect(outcomes.refused).toBeGreaterThan(200)
  expect(outcomes.shortened).toBeGreaterThan(5)
})

test("a file cut short anywhere is damage", () => {
  const path = aJournal()
  const { length } = readFileSync(path)
  for (let end = length - 4096; end >= 0; end -= 2048) {
    truncateSync(path, end)
    expect(failureOfOpening(path).kind, `cut at ${end} of ${length}`).toBe("damaged")
  }
})

test("a file that is something else is damage", () => {
  const path = aJournal()
  writeFileSync(path, "This is not a journal.".repeat(1000))

  expect(failureOfOpening(path).kind).toBe("damaged")
})

test("a journal whose file is gone is damage, not a new journal, while its write-ahead log is there", () => {
  const path = aJournal()
  writeFileSync(`${path}-wal`, "")
  rmSync(path)

  expect(failureOfOpening(path)).toMatchObject({
    kind: "damaged",
    message: expect.stringContaining("only its -wal is there"),
  })
  expect(existsSync(path)).toBe(false)
})

test("a journal of a newer format is left alone", () => {
  const path = aJournal()
  const database = new DatabaseSync(path)
  database.exec("UPDATE meta SET format = 2; ALTER TABLE meta DROP COLUMN checksum; DROP TABLE log")
  database.close()

  expect(failureOfOpening(path)).toMatchObject({
    kind: "newer-format",
    message: expect.stringContaining("written by a newer Homeport"),
  })
})

test.each([1])("a journal of format %i is read", (format) => {
  const path = join(aDirectory(), "journal.sqlite")
  copyFileSync(join(import.meta.dirname, "fixtures", `format-${format}.sqlite`), path)

  expect(recover(path)).toEqual(CONTENT)
})

/** Twenty entries that are folded and four in the log; the fixture of each format holds the same. */
function aJournal(): string {
  const path = join(aDirectory(), "journal.sqlite")
  const file = openSqliteFile(path)
  const append = (version: number, change: StoredChange) => file.append(encodeChanges([change]), version, version)
  for (let version = 1; version <= 20; version++) append(version, put(`key-${version}`, folded(version)))
  for (const _ of file.fold());
  append(21, put("log-1", { n: 1 }))
  append(22, put("log-2", { n: 2 }))
  append(23, put("key-2", { n: 3 }))
  append(24, gone("key-20"))
  file.close()
  return path
}

const folded = (version: number) => ({ text: `é${version}`.repeat(60) })

const CONTENT = {
  version: 24,
  records: {
    ...Object.fromEntries(Array.from({ length: 19 }, (_, index) => [`key-${index + 1}`, folded(index + 1)])),
    "key-2": { n: 3 },
    "log-1": { n: 1 },
    "log-2": { n: 2 },
  },
}

function recover(path: string): { version: number; records: object } {
  try {
    const file = openSqliteFile(path)
    try {
      const held = new Map<string, object | undefined>()
      for (const { text } of file.replay()) for (const { key, record } of decodeChanges(text)) held.set(key, record)
      return {
        version: file.version,
        records: Object.fromEntries([...held].filter(([, record]) => record !== undefined)),
      }
    } finally {
      file.close()
    }
  } catch (error) {
    throw failureOf(error, path, "damaged")
  }
}

function failureOfOpening(path: string): JournalFailure {
  try {
    recover(path)
  } catch (error) {
    if (error instanceof JournalFailure) return error
    throw error
  }
  throw new Error("The journal was taken for a good one.")
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "homeport-damage-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
