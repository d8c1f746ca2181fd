import { closeSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { realWorld } from "../../../world/real.ts"
import { aRegion } from "../../endpoints/testing.ts"
import { AF_UNIX, bind, receiveNow, SOCK_DGRAM, socket, unixAddress } from "../../linux/libc.ts"
import type { LogTarget } from "../driver.ts"
import { logDrivers } from "../drivers.ts"
import { aLine, aTarget } from "../testing.ts"
import { connectJournal } from "./connection.ts"
import { journaldDriver } from "./driver.ts"
import { entryOf, fieldName } from "./entry.ts"

const world = realWorld({ logLevel: "error" })

test("a line is an entry with the fields that Docker gives it", async () => {
  const journal = aJournal()
  const target = aTarget("journald", { tag: "{{.Name}}", labels: "team", env: "STAGE" })
  await written(journal.path, target, [aLine("hello"), aLine("oh no", Date.UTC(2026, 0, 1), { stream: "stderr" })])
  const { id, runtimeName } = target.container
  const [first, second] = journal.entries()
  expect(first).toMatchObject({
    CONTAINER_ID: id.slice(0, 12),
    CONTAINER_ID_FULL: id,
    CONTAINER_NAME: runtimeName,
    CONTAINER_TAG: runtimeName,
    SYSLOG_IDENTIFIER: runtimeName,
    IMAGE_NAME: expect.stringMatching(/./),
    SYSLOG_TIMESTAMP: "2026-01-01T00:00:00.000Z",
    TEAM: "shop",
    STAGE: "test",
    PRIORITY: "6",
    MESSAGE: "hello",
  })
  expect(first).not.toHaveProperty("SECRET")
  expect(second).toMatchObject({ PRIORITY: "3", MESSAGE: "oh no" })
})

test("a piece of a line says which piece it is", async () => {
  const journal = aJournal()
  const part = { id: "abc", ordinal: 2, isLast: true }
  await written(journal.path, aTarget("journald"), [aLine("end", 0, { part })])
  expect(journal.entries()).toMatchObject([
    {
      CONTAINER_PARTIAL_MESSAGE: "true",
      CONTAINER_PARTIAL_ID: "abc",
      CONTAINER_PARTIAL_ORDINAL: "2",
      CONTAINER_PARTIAL_LAST: "true",
    },
  ])
})

test("a value of several lines goes by its length", () => {
  const bytes = Buffer.from(entryOf([["A", "one\ntwo"]], Buffer.from("x")))
  expect(bytes.toString("latin1")).toBe("A\n\x07\0\0\0\0\0\0\0one\ntwo\nMESSAGE=x\n")
})

test("names become what the journal allows", () => {
  expect(fieldName("com.amazonaws.ecs.task-arn")).toBe("COM_AMAZONAWS_ECS_TASK_ARN")
  expect(fieldName("__own_2")).toBe("OWN_2")
  expect(fieldName("ä.ß")).toBe("")
})

test("a journal that reads slowly is waited for, and nothing is lost", async () => {
  const journal = aJournal()
  const lines = Array.from({ length: 2_000 }, (_, number) => aLine(String(number)))
  let isWritten = false
  const writing = written(journal.path, aTarget("journald"), lines).then(() => {
    isWritten = true
  })
  const read: string[] = []
  while (!isWritten) {
    read.push(...journal.entries().map(({ MESSAGE }) => MESSAGE!))
    await new Promise(setImmediate)
  }
  await writing
  read.push(...journal.entries().map(({ MESSAGE }) => MESSAGE!))
  expect(read).toEqual(lines.map((_, number) => String(number)))
})

test("a journal that was started again is found again", async () => {
  const journal = aJournal()
  const connection = connectJournal(world, journal.path)
  onTestFinished(() => connection.close())
  await connection.send([entryOf([], Buffer.from("before"))])
  journal.startAgain()
  await expect(connection.send([entryOf([], Buffer.from("lost"))])).rejects.toThrow("ECONNREFUSED")
  await connection.close()
  await connection.send([entryOf([], Buffer.from("after"))])
  expect(journal.entries()).toEqual([{ MESSAGE: "after" }])
})

test("without a journal a container does not start, and options that nobody knows are refused", async () => {
  const driver = journaldDriver(world, () => connectJournal(world, "/no/such/journal"))
  await expect(driver.prepare(aTarget("journald"))).rejects.toThrow("ENOENT")
  await expect(driver.prepare(aTarget("journald", { color: "blue" }))).rejects.toThrow(
    "unknown log opt 'color' for journald log driver",
  )
})

test("the journal is offered where there is one, and nowhere else", () => {
  const region = aRegion(() => ({}))
  const offered = (path: string) => {
    const about = { world, region, credentials: () => undefined, folder: "/none", hostname: "here", pid: 1 }
    return [...logDrivers({ ...about, journal: path }).keys()]
  }
  expect(offered(aJournal().path)).toContain("journald")
  expect(offered("/no/such/journal")).not.toContain("journald")
})

async function written(path: string, target: LogTarget, lines: readonly ReturnType<typeof aLine>[]): Promise<void> {
  const driver = journaldDriver(world, () => connectJournal(world, path))
  await driver.prepare(target)
  let taken = 0
  const sink = driver.open(target, (count) => {
    taken = count
  })!
  for (const line of lines) await sink.write(line)
  await sink.flush()
  sink.close()
  expect(taken).toBe(lines.length)
}

/** A socket where the journal would have one. */
function aJournal() {
  const folder = mkdtempSync(join(tmpdir(), "homeport-journal-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, "socket")
  const listen = () => {
    const fd = socket(AF_UNIX, SOCK_DGRAM)
    bind(fd, unixAddress(path))
    return fd
  }
  let fd = listen()
  onTestFinished(() => closeSync(fd))
  return {
    path,
    startAgain() {
      closeSync(fd)
      rmSync(path)
      fd = listen()
    },
    entries() {
      const found: Record<string, string>[] = []
      const into = Buffer.alloc(2 ** 18)
      for (let length = receiveNow(fd, into); length !== undefined; length = receiveNow(fd, into)) {
        const lines = into.toString("utf8", 0, length).split("\n").slice(0, -1)
        found.push(
          Object.fromEntries(
            lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
          ),
        )
      }
      return found
    },
  }
}
