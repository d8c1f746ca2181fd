import { expect, test } from "vitest"
import { readable } from "./log-line.ts"

test("a line of the log reads as time, level, message and the rest", () => {
  const line =
    '{"level":"warn","time":"2026-01-02T03:04:05.006Z","leader":"http://a","attempts":[1,2],"message":"it is slow"}'
  expect(readable(line)).toBe("2026-01-02T03:04:05.006Z warn  it is slow leader=http://a attempts=[1,2]")
})

test.each(["Segmentation fault", "", "17", "null", '{"a":1}', '{"half'])(
  "what is no line of ours stays as it is: %s",
  (line) => {
    expect(readable(line)).toBe(line)
  },
)
