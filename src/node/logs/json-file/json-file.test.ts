import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { recordingLog } from "../../../world/log.ts"
import { simulatedWorld } from "../../../world/simulated.ts"
import { aLine, aTarget } from "../testing.ts"
import { JsonFileDriver } from "./driver.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-json-file-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(options: Readonly<Record<string, string>> = {}) {
  const log = recordingLog()
  const driver = new JsonFileDriver(simulatedWorld({ log }), folder)
  const target = aTarget("json-file", options)
  const taken: number[] = []
  const sink = driver.open(target, (count) => taken.push(count))
  const own = join(folder, target.container.id)
  const linesOf = (name: string) => {
    const bytes = readFileSync(join(own, name))
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).log)
  }
  return { driver, target, taken, sink, own, linesOf, log, file: `${target.container.id}-json.log` }
}

test("lines are written as Docker writes them, a part of a line without an end", async () => {
  const { sink, own, file, taken } = open()
  await sink.write(aLine("one <&>"))
  await sink.write(aLine("par", 1, { stream: "stderr", part: { id: "x", ordinal: 1, isLast: false } }))
  await sink.write(aLine("tial", 1, { stream: "stderr", part: { id: "x", ordinal: 2, isLast: true } }))
  await sink.flush()
  sink.close()

  expect(taken).toEqual([3])
  expect(
    readFileSync(join(own, file), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { log: "one <&>\n", stream: "stdout", time: "2026-01-01T00:00:00.000Z" },
    { log: "par", stream: "stderr", time: "1970-01-01T00:00:00.001Z" },
    { log: "tial\n", stream: "stderr", time: "1970-01-01T00:00:00.001Z" },
  ])
})

test("labels, variables and a tag go with each line where they are asked for", async () => {
  const { sink, own, file } = open({
    labels: "team,com.amazonaws.ecs.container-name",
    "env-regex": "^STA",
    tag: "{{.Name}}/{{.ID}}",
  })
  await sink.write(aLine("one"))
  await sink.flush()
  sink.close()
  expect(JSON.parse(readFileSync(join(own, file), "utf8")).attrs).toEqual({
    team: "shop",
    "com.amazonaws.ecs.container-name": "app",
    STAGE: "test",
    tag: "ecs-web-3-app-cca48e8dcadd97805600/ea32192c8553",
  })
})

test("a full file makes room for a new one, and the oldest goes", async () => {
  const { sink, own, file, linesOf } = open({ "max-size": "200", "max-file": "3" })
  for (let line = 0; line < 20; line++) await sink.write(aLine(`line ${line}`))
  await sink.flush()
  sink.close()

  expect(readdirSync(own).toSorted()).toEqual([file, `${file}.1`, `${file}.2`])
  expect([...linesOf(`${file}.2`), ...linesOf(`${file}.1`), ...linesOf(file)]).toEqual(
    ["12", "13", "14", "15", "16", "17", "18", "19"].map((line) => `line ${line}\n`),
  )
})

test("older files are compressed where it is asked for", async () => {
  const { sink, own, file, linesOf } = open({ "max-size": "200", "max-file": "3", compress: "true" })
  for (let line = 0; line < 20; line++) await sink.write(aLine(`line ${line}`))
  await sink.flush()
  sink.close()
  expect(readdirSync(own).toSorted()).toEqual([file, `${file}.1.gz`, `${file}.2.gz`])
  expect(linesOf(`${file}.2.gz`)[0]).toBe("line 12\n")
})

test("a single file begins anew when it is full, and one of an earlier process is gone on with", async () => {
  const first = open({ "max-size": "200" })
  for (let line = 0; line < 5; line++) await first.sink.write(aLine(`line ${line}`))
  await first.sink.flush()
  first.sink.close()
  const second = open({ "max-size": "200" })
  await second.sink.write(aLine("line 5"))
  await second.sink.flush()
  second.sink.close()
  expect(readdirSync(second.own)).toEqual([second.file])
  expect(second.linesOf(second.file)).toEqual(["line 3\n", "line 4\n", "line 5\n"])
})

test("with its container the log goes", async () => {
  const { driver, target, sink } = open()
  await sink.write(aLine("one"))
  await sink.flush()
  sink.close()
  await driver.remove(target)
  expect(readdirSync(folder)).toEqual([])
})

test.each([
  [{ "max-file": "2" }, "max-file cannot be used without max-size"],
  [{ "max-size": "10m", "max-file": "0" }, "max-file must be a positive number: 0"],
  [{ "max-size": "10m", compress: "true" }, "compress cannot be true when max-file is less than 2"],
  [{ "max-size": "-5" }, 'invalid value for max-size: "-5"'],
  [{ tag: "{{.Colour}}" }, "failed to parse log tag: {{.Colour}} stands for nothing"],
  [{ "labels-regex": "(" }, "error parsing regexp"],
  [{ path: "/tmp" }, "unknown log opt 'path' for json-file log driver"],
])("options %o are refused", async (options, message) => {
  const driver = new JsonFileDriver(simulatedWorld(), folder)
  await expect(driver.prepare(aTarget("json-file", options))).rejects.toThrow(message)
})

test.each([0, 100_000])(
  "what was cut off in the middle, with %i bytes, is not left among the lines",
  async (length) => {
    const { sink, own, file, linesOf } = open()
    await sink.write(aLine("whole"))
    await sink.flush()
    sink.close()
    appendFileSync(join(own, file), `{"log":"${"x".repeat(length)}`)

    const again = open()
    await again.sink.write(aLine("next"))
    await again.sink.flush()
    again.sink.close()
    expect(linesOf(file)).toEqual(["whole\n", "next\n"])
  },
)
