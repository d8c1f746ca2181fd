import fc from "fast-check"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { newPassword } from "./random-password.ts"

const { random } = simulatedWorld()
const options = fc.record({
  ExcludeCharacters: fc.string({ maxLength: 60 }),
  ExcludeNumbers: fc.boolean(),
  ExcludePunctuation: fc.boolean(),
  ExcludeUppercase: fc.boolean(),
  ExcludeLowercase: fc.constant(false),
  IncludeSpace: fc.boolean(),
  RequireEachIncludedType: fc.boolean(),
})

test("a password has its length, each kind that it must have, and nothing that is excluded", () => {
  fc.assert(
    fc.property(options, fc.integer({ min: 5, max: 80 }), (chosen, length) => {
      const excluded = new Set(chosen.ExcludeCharacters)
      fc.pre([..."abcdefghijklmnopqrstuvwxyz"].some((letter) => !excluded.has(letter)))
      const password = newPassword(random, length, chosen)
      expect(password).toHaveLength(length)
      for (const character of password) expect(excluded.has(character)).toBe(false)
      const hasNoneOf = (kind: RegExp) => expect(password).not.toMatch(kind)
      if (chosen.ExcludeNumbers) hasNoneOf(/[0-9]/)
      if (chosen.ExcludeUppercase) hasNoneOf(/[A-Z]/)
      if (chosen.ExcludePunctuation) hasNoneOf(/[^A-Za-z0-9 ]/)
      if (!chosen.IncludeSpace) hasNoneOf(/ /)
      if (!chosen.RequireEachIncludedType) return
      expect(password).toMatch(/[a-z]/)
      if (!chosen.ExcludeNumbers && !/^(?=.*0)(?=.*1)(?=.*2)/.test(chosen.ExcludeCharacters)) {
        const digits = [..."0123456789"].filter((digit) => !excluded.has(digit))
        if (digits.length > 0) expect(password).toMatch(/[0-9]/)
      }
    }),
    { numRuns: 500 },
  )
})

test("a password that cannot be made is refused", () => {
  expect(() => newPassword(random, 3, {})).toThrow("Password length is too short based on the required types.")
  expect(newPassword(random, 3, { RequireEachIncludedType: false })).toHaveLength(3)
  expect(() =>
    newPassword(random, 8, {
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludeNumbers: true,
      ExcludePunctuation: true,
    }),
  ).toThrow("every character is excluded")
})

test("every character comes about as often as any other", () => {
  const counts = new Map<string, number>()
  for (const character of newPassword(random, 4096, { ExcludePunctuation: true, RequireEachIncludedType: true })) {
    counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  expect(counts.size).toBe(62)
  for (const count of counts.values()) expect(count).toBeGreaterThan(25)
})
