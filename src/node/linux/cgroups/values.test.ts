import { expect, test } from "vitest"
import { parseBlockIo, parseIoStat, parseLimit, parseNamed, quotaMicroseconds } from "./values.ts"

test("what is without limit reads so in both versions", () => {
  expect(parseLimit("max")).toBeUndefined()
  expect(parseLimit("9223372036854771712")).toBeUndefined()
  expect(parseLimit("67108864")).toBe(67_108_864)
})

test("reads and writes are summed over devices", () => {
  expect(parseIoStat("8:0 rbytes=10 wbytes=20 rios=1 wios=2\n8:16 rbytes=5 wbytes=0 rios=1 wios=0")).toEqual({
    readBytes: 15,
    writtenBytes: 20,
  })
  expect(parseBlockIo("8:0 Read 10\n8:0 Write 20\n8:0 Total 30\n8:16 Read 5\n8:16 Write 0\nTotal 35")).toEqual({
    readBytes: 15,
    writtenBytes: 20,
  })
  expect(parseIoStat("")).toEqual({ readBytes: 0, writtenBytes: 0 })
})

test("a line is a name and a number", () => {
  expect(parseNamed("oom_kill_disable 0\nunder_oom 0\noom_kill 3").get("oom_kill")).toBe(3)
  expect(parseNamed("").size).toBe(0)
})

test("the smallest share of a processor is what the kernel takes", () => {
  expect(quotaMicroseconds(0.25)).toBe(25_000)
  expect(quotaMicroseconds(0.001)).toBe(1_000)
})
