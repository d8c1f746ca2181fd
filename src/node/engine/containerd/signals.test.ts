import { expect, test } from "vitest"
import { signalNumber } from "./signals.ts"

test.each([
  ["SIGTERM", 15],
  ["TERM", 15],
  ["sigkill", 9],
  ["15", 15],
  ["SIGRTMIN", 34],
  ["SIGRTMIN+3", 37],
  ["RTMAX-1", 63],
])("%s is %i", (name, number) => {
  expect(signalNumber(name)).toBe(number)
})

test.each(["", "SIGNOTHING", "0", "65", "-1", "SIGRTMAX+1"])("%j is none", (name) => {
  expect(() => signalNumber(name)).toThrow("Invalid signal")
})
