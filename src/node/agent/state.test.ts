import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, onTestFinished, test } from "vitest"
import { recordingLog } from "../../world/log.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { aContainer, aTask } from "./link/testing.ts"
import type { AgentState } from "./records.ts"
import { StateRefused } from "./state-database.ts"
import { FileState } from "./state-file.ts"
import { MemoryState } from "./state-memory.ts"

const world = simulatedWorld()
const identity = { cluster: "default", containerInstanceArn: "arn:aws:ecs:…/i", availabilityZone: "a", bootId: "b" }

describe.each<[string, () => AgentState]>([
  ["in memory", () => new MemoryState()],
  ["in a file", () => openFile(aPath())],
])("a state %s", (_, open) => {
  test("answers with what was put last", () => {
    const state = open()
    state.putTask(aTask({ arn: "one", knownStatus: "CREATED" }))
    state.putTask(aTask({ arn: "one", knownStatus: "RUNNING" }))
    state.putTask(aTask({ arn: "two" }))
    state.putIdentity(identity)
    state.putSequence(7)
    state.putImage({ reference: "web:1", imageId: "sha256:a", pulledAt: 1, usedAt: 2 })

    expect([...state.tasks.keys()]).toEqual(["one", "two"])
    expect(state.tasks.get("one")!.knownStatus).toBe("RUNNING")
    expect(state.identity).toEqual(identity)
    expect(state.sequence).toBe(7)
    expect(state.images.get("web:1")).toEqual({ reference: "web:1", imageId: "sha256:a", pulledAt: 1, usedAt: 2 })
  })

  test("forgets what is removed, a task with the positions in its logs", () => {
    const state = open()
    const mine = aContainer({ id: "mine" })
    state.putTask(aTask({ arn: "one", containers: [mine] }))
    state.putLogPosition("mine", "17")
    state.putLogPosition("other", "18")
    state.putImage({ reference: "web:1", imageId: "sha256:a", pulledAt: 1, usedAt: 2 })
    state.removeTask("one")
    state.removeTask("never there")
    state.removeImage("web:1")

    expect(state.tasks.size).toBe(0)
    expect(state.images.size).toBe(0)
    expect(state.logPosition("mine")).toBeUndefined()
    expect(state.logPosition("other")).toBe("18")
  })
})

test("all of a state is there after the process was killed", () => {
  const path = aPath()
  const state = openFile(path)
  state.putTask(aTask({ arn: "one", knownStatus: "RUNNING" }))
  state.putTask(aTask({ arn: "gone" }))
  state.removeTask("gone")
  state.putIdentity(identity)
  state.putSequence(7)
  state.putLogPosition("c", "17")
  state.putImage({ reference: "web 1", imageId: "sha256:a", pulledAt: 1, usedAt: 2 })

  // A copy of the files as they are now is what a killed process leaves.
  const copy = aPath()
  for (const end of ["", "-wal"]) writeFileSync(copy + end, readFileSync(path + end))
  const again = openFile(copy)
  expect([...again.tasks.values()]).toEqual([aTask({ arn: "one", knownStatus: "RUNNING" })])
  expect(again.identity).toEqual(identity)
  expect(again.sequence).toBe(7)
  expect(again.logPosition("c")).toBe("17")
  expect([...again.images.keys()]).toEqual(["web 1"])
})

test("nobody but the owner may read the file", () => {
  const path = aPath()
  writeFileSync(path, "", { mode: 0o644 })
  openFile(path).putSequence(1)
  for (const end of ["", "-wal"]) expect(statSync(path + end).mode & 0o777).toBe(0o600)
})

test("a file that is no agent's is left as it is", () => {
  const text = aPath()
  writeFileSync(text, "these are not the records you are looking for ".repeat(20))
  const before = readFileSync(text)
  expect(refusal(text)).toMatch(/is not the state of an agent\. Move it away/)
  expect(readFileSync(text)).toEqual(before)

  const other = aPath()
  const database = new DatabaseSync(other)
  database.exec("CREATE TABLE theirs (a)")
  database.close()
  expect(refusal(other)).toMatch(/is not the state of an agent/)
})

test("a file of a newer version is refused", () => {
  const path = aPath()
  openFile(path).close()
  const database = new DatabaseSync(path)
  database.exec("PRAGMA user_version = 2")
  database.close()
  expect(refusal(path)).toMatch(/newer version of Homeport/)
})

test("a damaged file is refused", () => {
  const path = aPath()
  const state = openFile(path)
  for (let n = 0; n < 200; n++) state.putTask(aTask({ arn: `task ${n}` }))
  state.close()
  const bytes = readFileSync(path)
  truncateSync(path, bytes.length / 2)
  expect(refusal(path)).toMatch(/is damaged\. Put back a good copy, or move it away/)

  // What no reading of the records would come across: the count of pages that are free.
  const miscounted = Buffer.from(bytes)
  miscounted.writeUInt32BE(7, 36)
  writeFileSync(path, miscounted)
  expect(refusal(path)).toMatch(/is damaged/)

  writeFileSync(path, bytes.fill(0x55, 5000, 20_000))
  expect(refusal(path)).toMatch(/is damaged/)
})

test("a second agent is refused as long as the first is there", () => {
  const path = aPath()
  const first = openFile(path)
  first.putSequence(1)
  expect(refusal(path)).toMatch(/in use by another process/)
  first.close()
  expect(openFile(path).sequence).toBe(1)
})

test("on a full disk new tasks are refused, and known ones go on and are written when there is room", async () => {
  const path = aPath()
  const world = simulatedWorld({ log: recordingLog() })
  const state = new FileState(path, world, 64 * 4096)
  onTestFinished(() => state.close())
  const wide = "x".repeat(2_000)
  let count = 0
  const fill = () => {
    for (; count < 1_000; count++) state.putTask(aTask({ arn: `task ${count}`, reason: wide }))
  }
  expect(fill).toThrow(/no room on the disk/)
  expect(count).toBeGreaterThan(10)
  expect(state.tasks.has(`task ${count}`)).toBe(false)

  state.putTask(aTask({ arn: "task 0", reason: wide.repeat(5) }))
  expect(state.tasks.get("task 0")!.reason).toHaveLength(10_000)
  expect(state.isWritten).toBe(false)
  for (let n = 1; n < 10; n++) state.removeTask(`task ${n}`)
  await world.advance(5_000)
  expect(state.isWritten).toBe(true)
  state.close()
  const again = openFile(path)
  expect(again.tasks.get("task 0")!.reason).toHaveLength(10_000)
  expect(again.tasks.size).toBe(count - 9)
})

function refusal(path: string): string {
  try {
    openFile(path)
  } catch (error) {
    if (error instanceof StateRefused) return error.message
    throw error
  }
  return "it was opened"
}

function openFile(path: string): FileState {
  const state = new FileState(path, world)
  onTestFinished(() => state.close())
  return state
}

function aPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "homeport-agent-state-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, "agent.sqlite")
}

test("what is still under way when a state is closed is not tried for ever", async () => {
  const own = simulatedWorld()
  const state = new FileState(aPath(), own)
  state.putTask(aTask({ arn: "one" }))
  state.close()
  state.putLogPosition("c", "17")
  state.putImage({ reference: "web:1", imageId: "sha256:a", pulledAt: 1, usedAt: 2 })
  expect(() => state.putTask(aTask({ arn: "two" }))).toThrow()
  expect(await own.step()).toBe(false)
})
