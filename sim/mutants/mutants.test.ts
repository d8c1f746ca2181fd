import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { MUTANTS } from "./all.ts"

test("there are thirty-three of them, each with a name of its own", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(33)
})

test.each(MUTANTS)("$name still applies, once", ({ file, search, replace }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")
  expect(text.split(search)).toHaveLength(2)
  expect(replace).not.toBe(search)
})
