import { expect, test } from "vitest"
import { refuseBombs } from "./json-bounds.ts"

const padding = " ".repeat(70_000)
const refuse = (text: string) => () => refuseBombs(Buffer.from(text + padding))

test("what nests deeper than any shape is refused before it is read", () => {
  expect(refuse("[".repeat(256) + "]".repeat(256))).not.toThrow()
  expect(refuse("[".repeat(257))).toThrow("nested too deeply")
  expect(refuse('{"a":'.repeat(257))).toThrow("nested too deeply")
})

test("what stands side by side is not deep", () => {
  expect(refuse(`[${"[],{},".repeat(10_000)}[]]`)).not.toThrow()
})

test("brackets and colons in strings are text", () => {
  const text = `${"[{:".repeat(50_000)}"[\\`
  expect(refuse(JSON.stringify({ [text]: text, b: ["[".repeat(300)] }))).not.toThrow()
})

test("more names than any operation takes are refused", () => {
  const names = (count: number) => `[${'{"a":0},'.repeat(count - 1)}{"a":0}]`
  expect(refuse(names(50_000))).not.toThrow()
  expect(refuse(names(50_001))).toThrow("too many values")
})

test("a string without end is left to the parser", () => {
  expect(refuse('{"a')).not.toThrow()
  expect(refuse('{"a\\')).not.toThrow()
})
