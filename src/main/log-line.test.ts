import { expect, test } from "vitest"
import { readable } from "./log-line.ts"

test("a line of the log reads as time, level, message and the rest", () => {
  const line =
    '{"level":"warn","time":"2026-01-02T03:04:05.006Z","leader":"http://a","attempts":[1,2],"message":"it is slow"}'
  expect(readable(line)).toBe("2026-01-02T03:04:05.006Z warn  it is slow leader=http://a attempts=[1,2]")
})

test("nothing in a line reaches the terminal as an order", () => {
  const evil = "a\u001b[2J\u0007\r\u009b1mb"
  const line = JSON.stringify({ time: "T", level: "warn", message: evil, operation: evil, nested: [evil] })
  for (const shown of [readable(line), readable(evil)]) {
    expect(shown).not.toMatch(/\p{Cc}/u)
    expect(shown).toContain("a\\x1b[2J\\x07\\x0d\\x9b1mb")
  }
})

test("a stack trace keeps its lines, and none can pose as another line of the log", () => {
  const line = JSON.stringify({ time: "T", level: "error", message: "it failed", error: "Error: x\nat y" })
  expect(readable(line)).toBe("T error it failed error=Error: x\n    at y")
})

test.each(["Segmentation fault", "", "17", "null", '{"a":1}', '{"half'])(
  "what is no line of ours stays as it is: %s",
  (line) => {
    expect(readable(line)).toBe(line)
  },
)
