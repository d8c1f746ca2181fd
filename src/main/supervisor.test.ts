import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { EXIT } from "./exit.ts"
import { regionProcess } from "./region-process.ts"
import { supervise } from "./supervisor.ts"

// Real processes, which do what a test has written down for their first, second and third start.

let folder: string
let said: string[]
let answered: { port: number }[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-supervisor-"))
  said = []
  answered = []
})
afterEach(() => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal)
  rmSync(folder, { recursive: true })
})

const READY = `process.send({ kind: "ready", endpoint: "http://a", port: 4000, leads: true })`
const STAYS = `process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)`

/** The ports with which the processes were started. */
const starts = () => readFileSync(join(folder, "starts"), "utf8").trimEnd().split("\n")

function run(...lives: readonly string[]): Promise<number> {
  const script = join(folder, "region.cjs")
  const cases = lives.map((life, index) => `case ${index}: ${life}; break`).join("\n")
  writeFileSync(
    script,
    `const fs = require("node:fs"), file = ${JSON.stringify(join(folder, "starts"))}
     const before = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trimEnd().split("\\n").length : 0
     fs.appendFileSync(file, process.argv[2] + "\\n")
     switch (before) { ${cases} }`,
  )
  const region = regionProcess({
    program: [process.execPath, script],
    args: (port) => [String(port)],
    logTo: openSync(join(folder, "log"), "a"),
    ready: (report) => answered.push(report),
  })
  return supervise({ region, say: (line) => said.push(line) })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

test("a region that ends unexpectedly is started again, on the port it had", async () => {
  const code = await run(
    `${READY}; process.disconnect(); process.kill(process.pid, "SIGKILL")`,
    "process.exit(4)",
    "process.exit(0)",
  )

  expect(code).toBe(EXIT.ok)
  expect(starts()).toEqual(["undefined", "4000", "4000"])
  expect(answered).toHaveLength(1)
  expect(said).toEqual([
    "The region ended (SIGKILL); starting it again in 0.25 s.",
    "The region ended (exit code 4); starting it again in 0.5 s.",
  ])
})

test("a region that refuses to run is not started again, and its reason is told", async () => {
  const code = await run(`process.send({ kind: "ending", reason: "The port is in use." }, () => process.exit(3))`)

  expect(code).toBe(EXIT.refused)
  expect(said).toEqual(["The port is in use."])
})

test("a region that is told to stop is not started again", async () => {
  const ended = run(`${READY}; ${STAYS}`)
  await until(() => answered.length === 1)
  process.emit("SIGTERM")

  expect(await ended).toBe(EXIT.ok)
  expect(starts()).toHaveLength(1)
  expect(said).toEqual(["Stopping."])
})

test("a region that does not listen to signals yet is stopped like any other", async () => {
  const ended = run(`${READY}; setInterval(() => {}, 1000)`)
  await until(() => answered.length === 1)
  process.emit("SIGINT")

  expect(await ended).toBe(EXIT.ok)
  expect(said).toEqual(["Stopping."])
})

test("between two starts it stops at once", async () => {
  const ended = run("process.exit(1)", READY)
  await until(() => said.length === 1)
  process.emit("SIGINT")

  expect(await ended).toBe(EXIT.ok)
  expect(starts()).toHaveLength(1)
})

test("what the region writes goes to the log", async () => {
  await run(`console.error("from the region"); process.exit(0)`)
  expect(existsSync(join(folder, "log"))).toBe(true)
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("from the region\n")
})
