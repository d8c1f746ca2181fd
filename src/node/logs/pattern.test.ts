import { describe, expect, test } from "vitest"
import { datetimePattern } from "./awslogs/datetime.ts"
import { compilePattern } from "./pattern.ts"

describe("patterns of task definitions", () => {
  test("no line makes a pattern take long", () => {
    const hostile = compilePattern(String.raw`^(\w+\s?)*$`)
    const begun = performance.now()
    expect(hostile.test(`${"a".repeat(16_000)}!`)).toBe(false)
    expect(performance.now() - begun).toBeLessThan(1_000)
  })

  test.each([String.raw`(a)\1`, "(?=a)b"])("what no matcher does in one go is refused: %s", (source) => {
    expect(() => compilePattern(source)).toThrow(SyntaxError)
  })

  test.each(["^INFO", String.raw`^\[\d{4}-\d{2}-\d{2}`, String.raw`^\S+ (ERROR|WARN)\b`])("%s is one", (source) => {
    expect(compilePattern(source).test("no such line")).toBe(false)
  })

  test("every code of a date and time can be matched", () => {
    const all = "%a %A %b %B %c %d %D %e %f %F %H %I %j %L %m %M %p %s %S %T %w %x %X %y %Y %z %Z"
    expect(compilePattern(datetimePattern(all)).test("")).toBe(false)
  })
})
