import { execFileSync, fork } from "node:child_process"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { expect, onTestFinished, test, vi } from "vitest"
import type { Journal, StoredChange } from "./journal.ts"
import { type SqliteJournal, type SqliteJournalOptions, sqliteJournal } from "./sqlite.ts"
import { entry, type JournalBackend, journalSuite, put } from "./suite.ts"

async function sqliteBackend(): Promise<JournalBackend> {
  const directory = mkdtempSync(join(tmpdir(), "homeport-journal-"))
  const file = join(directory, "state", "journal.sqlite")
  const opened: SqliteJournal[] = []
  const open = (options?: Omit<SqliteJournalOptions, "file">) => {
    const journal = sqliteJournal({ file, logLengthMax: 200_000, ...options })
    opened.push(journal)
    return journal
  }
  return {
    open: async () => open(),
    crash: (journal: Journal) => (journal as SqliteJournal).abandon(),
    fold: (journal: Journal) => (journal as SqliteJournal).fold(),
    openFailing: async () => open({ bytesMax: 500_000 }),
    size: async () => [file, `${file}-wal`].reduce((sum, path) => sum + statSync(path).size, 0),
    async dispose() {
      for (const journal of opened) await journal.abandon()
      rmSync(directory, { recursive: true })
    },
  }
}

journalSuite("SQLite", sqliteBackend, { histories: Number(process.env.HOMEPORT_HISTORIES ?? 8) })

test("the journal and its directory are for this user alone", async () => {
  const directory = join(aDirectory(), "made", "state")
  const file = join(directory, "journal.sqlite")
  const journal = await aJournal(file)
  await journal.append([entry(1, put("a", {}))])

  for (const path of [directory, join(directory, "..")]) expect(statSync(path).mode & 0o777).toBe(0o700)
  for (const path of [file, `${file}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600)
})

test("a directory that cannot be made is one clear sentence", async () => {
  const inTheWay = join(aDirectory(), "file")
  writeFileSync(inTheWay, "")
  const file = join(inTheWay, "journal.sqlite")

  const failed = expect(sqliteJournal({ file }).lead(() => {})).rejects
  await failed.toMatchObject({ kind: "io", message: expect.stringContaining(`The journal ${file} cannot be used.`) })
})

test("another process is refused while this one lives", async () => {
  const file = join(aDirectory(), "journal.sqlite")
  const writer = await aWriter(file)
  await expect(sqliteJournal({ file }).lead(() => {})).rejects.toMatchObject({
    kind: "in-use",
    message: expect.stringContaining("Another process has it open"),
  })

  await writer.kill()
  await aJournal(file)
})

test("a killed process loses nothing it acknowledged", async () => {
  const file = join(aDirectory(), "journal.sqlite")
  const kills = Number(process.env.HOMEPORT_KILLS ?? 5)
  let version = 0
  for (let kill = 0; kill < kills; kill++) {
    const writer = await aWriter(file)
    // Long enough to be anywhere: at the first append, in the middle of one, while it folds.
    await writer.reached(version + ((kill * 7919) % 3000))
    const acknowledged = await writer.kill()

    const held = new Map<string, StoredChange>()
    const journal = sqliteJournal({ file })
    const leadership = await journal.lead((changes) => {
      for (const change of changes) held.set(change.key, change)
    })
    version = leadership.version
    await journal.close()
    expect(version).toBeGreaterThanOrEqual(acknowledged)
    // The two records of each transaction were changed together, and nothing else.
    for (let newest = Math.max(1, version - SLOTS + 1); newest <= version; newest++) {
      expect(held.get(`left-${newest % SLOTS}`)?.record).toEqual({ version: newest })
      expect(held.get(`right-${newest % SLOTS}`)?.record).toEqual({ version: newest })
    }
  }
}, 300_000)

test("a disk that is really full stops the journal, and it starts again on the full disk with everything acknowledged", async ({
  skip,
}) => {
  const directory = aDirectory()
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], { stdio: "ignore" })
  } catch {
    return skip("only root may mount a small disk")
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", directory]))
  const file = join(directory, "journal.sqlite")
  const journal = sqliteJournal({ file })
  const { append, lost } = await journal.lead(() => {})
  let acknowledged = 0
  const filling = async () => {
    for (;;) {
      await append([entry(acknowledged + 1, put(`key-${acknowledged + 1}`, { text: "x".repeat(20_000) }))])
      acknowledged += 1
    }
  }
  await expect(filling()).rejects.toMatchObject({ kind: "full", message: expect.stringContaining("no room left") })
  expect((await lost).kind).toBe("full")
  await journal.close()

  const keys = new Set<string>()
  const again = sqliteJournal({ file })
  const { version } = await again.lead((changes) => {
    for (const { key } of changes) keys.add(key)
  })
  await again.close()
  expect(acknowledged).toBeGreaterThan(10)
  expect(version).toBeGreaterThanOrEqual(acknowledged)
  expect(keys.size).toBe(version)
})

test("a thread that ends without a word ends the journal, and whoever waits for it hears of it", async () => {
  const posted = vi.spyOn(Worker.prototype, "postMessage")
  onTestFinished(() => posted.mockRestore())
  const { append, lost, mayAnswer } = await aJournal(join(aDirectory(), "journal.sqlite"))
  await append([entry(1, put("a", {}))])
  void (posted.mock.contexts.at(-1) as Worker).terminate()
  const appended = append([entry(2, put("a", {}))])

  await expect(appended).rejects.toMatchObject({ kind: "io", message: expect.stringContaining("has ended") })
  expect((await lost).kind).toBe("io")
  expect(mayAnswer()).toBe(false)
})

async function aJournal(file: string) {
  const journal = sqliteJournal({ file })
  onTestFinished(() => journal.abandon())
  return journal.lead(() => {})
}

/** As many pairs of records as a writer goes through, over and over. */
const SLOTS = 500

/** Another process that appends as fast as it can and says what was acknowledged. */
async function aWriter(file: string) {
  const script = join(aDirectory(), "writer.ts")
  writeFileSync(
    script,
    `import { sqliteJournal } from ${JSON.stringify(join(import.meta.dirname, "sqlite.ts"))}
    const { append, version } = await sqliteJournal({ file: process.argv[2], logLengthMax: 20_000 }).lead(() => {})
    const change = (key, record) => ({ table: "test/records", tableVersion: 1, scope: "*", key, record })
    process.send(version)
    for (let next = version + 1; ; next++) {
      const slot = next % ${SLOTS}
      await append([{ version: next, changes: [change("left-" + slot, { version: next }), change("right-" + slot, { version: next })] }])
      process.send(next)
    }`,
  )
  const child = fork(script, [file], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const ended = new Promise((resolve) => child.once("exit", resolve))
  let acknowledged = -1
  let wake = () => {}
  child.on("message", (version: number) => {
    acknowledged = version
    wake()
  })
  const reached = async (version: number) => {
    while (acknowledged < version) await new Promise<void>((resolve) => (wake = resolve))
  }
  await reached(0)
  return {
    reached,
    async kill(): Promise<number> {
      child.kill("SIGKILL")
      await ended
      return acknowledged
    },
  }
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "homeport-journal-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
