import type { Random } from "../../world/world.ts"
import { invalid, unfit } from "./fault.ts"

const NAME = /^[\w+=,.@-]+$/
const PATH = /^\/([\x21-\x7e]+\/)?$/
const PATH_LENGTH_MAX = 512

/** `member` is the parameter's name as AWS's sentences have it: `userName`. */
export function checkedName(name: string, member: string, lengthMax: number): string {
  checkLength(name, member, 1, lengthMax)
  if (NAME.test(name)) return name
  throw invalid(
    `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  )
}

export function checkedPath(path: string | undefined, member = "path"): string {
  if (path === undefined) return "/"
  checkLength(path, member, 1, PATH_LENGTH_MAX)
  if (PATH.test(path)) return path
  throw invalid(
    `The specified value for ${member} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
  )
}

/** What a listing is narrowed by; unlike a path it may end anywhere. */
export function checkedPrefix(prefix: string | undefined): string {
  if (prefix === undefined) return "/"
  checkLength(prefix, "pathPrefix", 1, PATH_LENGTH_MAX)
  if (/^\/[\x21-\x7e]*$/.test(prefix)) return prefix
  throw invalid(
    "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.",
  )
}

export function checkLength(text: string, member: string, lengthMin: number, lengthMax: number): void {
  if (text.length > lengthMax) {
    throw unfit(text, member, `Member must have length less than or equal to ${lengthMax}`)
  }
  if (text.length < lengthMin) {
    throw unfit(text, member, `Member must have length greater than or equal to ${lengthMin}`)
  }
}

export function checkRange(value: number, member: string, min: number, max: number): void {
  if (value > max) throw unfit(value, member, `Member must have value less than or equal to ${max}`)
  if (value < min) throw unfit(value, member, `Member must have value greater than or equal to ${min}`)
}

/** What an id tells of what it names: a user, a role, a group, a policy, an instance profile. */
type IdPrefix = "AIDA" | "AROA" | "AGPA" | "ANPA" | "AIPA"

export function newEntityId(random: Random, prefix: IdPrefix): string {
  let id: string = prefix
  for (const byte of random.bytes(17)) id += ALPHABET[byte % ALPHABET.length]
  return id
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** Documents come back as URLs have them, which is what clients of this API undo. */
export function asUrl(document: string): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
