import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Operations } from "../../aws/operations.ts"
import type { Random } from "../../world/world.ts"
import { checkLength, checkWhole, invalid } from "./fault.ts"

export const randomPasswordOperations = {
  GetRandomPassword(call, input) {
    call.authorize("*")
    const { PasswordLength: length = 32, ExcludeCharacters = "" } = input
    checkWhole(length, "passwordLength", 1, 4096)
    checkLength(ExcludeCharacters, "excludeCharacters", 0, 4096)
    return { RandomPassword: newPassword(call.random, length, input) }
  },
} satisfies Operations<typeof sdk>

type Options = Omit<sdk.GetRandomPasswordRequest, "PasswordLength">

/** Every password that the options allow is as likely as any other, but where they leave hardly any. */
export function newPassword(random: Random, length: number, options: Options): string {
  const { ExcludeCharacters = "", RequireEachIncludedType: requiresEach = true } = options
  const kinds = wantedKinds(options)
    .map((characters) => [...characters].filter((character) => !ExcludeCharacters.includes(character)))
    .filter((characters) => characters.length > 0)
  if (kinds.length === 0) throw invalid("The password cannot be made: every character is excluded.")
  if (requiresEach && length < kinds.length) {
    throw invalid("Password length is too short based on the required types.")
  }
  const all = kinds.flat()
  const draw = () => Array.from({ length }, () => all[random.below(all.length)]!)
  let password = draw()
  if (!requiresEach) return password.join("")

  // What lacks a kind is drawn again as a whole; mended by hand, some passwords would come more often than others.
  const hasEach = () => kinds.every((characters) => characters.some((character) => password.includes(character)))
  for (let draws = 1; !hasEach(); draws++) {
    if (draws === DRAWS_MAX) return mended(random, password, kinds)
    password = draw()
  }
  return password.join("")
}

/** For lengths at which hardly any draw has every kind: each gets a place of its own, in an order that is drawn. */
function mended(random: Random, password: readonly string[], kinds: readonly (readonly string[])[]): string {
  const places = password.map((_, place) => place)
  const mended = [...password]
  for (const characters of kinds) {
    const [place] = places.splice(random.below(places.length), 1)
    mended[place!] = characters[random.below(characters.length)]!
  }
  return mended.join("")
}

function wantedKinds(options: Options): readonly string[] {
  return [
    ...(options.ExcludeLowercase ? [] : ["abcdefghijklmnopqrstuvwxyz"]),
    ...(options.ExcludeUppercase ? [] : ["ABCDEFGHIJKLMNOPQRSTUVWXYZ"]),
    ...(options.ExcludeNumbers ? [] : ["0123456789"]),
    ...(options.ExcludePunctuation ? [] : ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]),
    ...(options.IncludeSpace ? [" "] : []),
  ]
}

const DRAWS_MAX = 1000
