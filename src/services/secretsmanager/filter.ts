import type * as sdk from "@aws-sdk/client-secrets-manager"
import { invalid, unfit } from "./fault.ts"
import type { Secret } from "./tables.ts"

/**
 * What a listing asks for, as one test of a secret: all filters must hold, and of each one value. A value is the
 * beginning of what is looked for; one that begins with `!` is what must not be.
 */
export function secretFilter(filters: readonly sdk.Filter[]): (secret: Secret) => boolean {
  if (filters.length > FILTERS_MAX) throw invalid(`A listing can have ${FILTERS_MAX} filters at most.`)
  const tests = filters.map(({ Key = "", Values = [] }) => {
    const field = FIELDS.get(Key)
    if (field === undefined) {
      throw unfit(Key, "filters.1.member.key", `Member must satisfy enum value set: [${[...FIELDS.keys()].join(", ")}]`)
    }
    if (Values.length < 1 || Values.length > VALUES_MAX) {
      throw invalid(`The filter ${Key} must have 1 to ${VALUES_MAX} values.`)
    }
    return (secret: Secret) => Values.some((value) => holds(field, secret, value))
  })
  return (secret) => tests.every((test) => test(secret))
}

type Field = (secret: Secret, value: string) => boolean

function holds(field: Field, secret: Secret, value: string): boolean {
  return value.startsWith("!") ? !field(secret, value.slice(1)) : field(secret, value)
}

const begins = (text: string, value: string) => text.startsWith(value)
const beginsInAnyCase = (text: string, value: string) => begins(text.toLowerCase(), value.toLowerCase())

/** Every word of the value must be somewhere, however it is capitalised. */
function isAnywhere({ name, description = "", tags }: Secret, value: string): boolean {
  const texts = [name, description, ...tags.flatMap(({ key, value }) => [key, value])]
  const words = texts.flatMap((text) => [text, ...text.split(/[^A-Za-z0-9]+/)])
  return value.split(/\s+/).every((part) => words.some((word) => beginsInAnyCase(word, part)))
}

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  [
    "description",
    ({ description = "" }, value) =>
      [description, ...description.split(/\s+/)].some((text) => beginsInAnyCase(text, value)),
  ],
  ["name", ({ name }, value) => begins(name, value)],
  ["tag-key", ({ tags }, value) => tags.some(({ key }) => begins(key, value))],
  ["tag-value", ({ tags }, value) => tags.some((tag) => begins(tag.value, value))],
  ["primary-region", () => false],
  ["owning-service", () => false],
  ["all", isAnywhere],
])

const FILTERS_MAX = 10
const VALUES_MAX = 10
