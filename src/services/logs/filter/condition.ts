import { BadPattern, type Reader } from "./reader.ts"

type Condition<T> = (subject: T) => boolean

/** Conditions joined by && and ||, of which && binds more, and parentheses. */
export function readCondition<T>(reader: Reader, readOne: () => Condition<T>, depth = 0): Condition<T> {
  if (depth > DEPTH_MAX) throw new BadPattern("parentheses are too deep")
  const options = [readAll(reader, readOne, depth)]
  for (reader.skipSpace(); reader.skip("||"); reader.skipSpace()) options.push(readAll(reader, readOne, depth))
  return options.length === 1 ? options[0]! : (subject) => options.some((holds) => holds(subject))
}

function readAll<T>(reader: Reader, readOne: () => Condition<T>, depth: number): Condition<T> {
  const parts = [readPart(reader, readOne, depth)]
  for (reader.skipSpace(); reader.skip("&&"); reader.skipSpace()) parts.push(readPart(reader, readOne, depth))
  return parts.length === 1 ? parts[0]! : (subject) => parts.every((holds) => holds(subject))
}

function readPart<T>(reader: Reader, readOne: () => Condition<T>, depth: number): Condition<T> {
  reader.skipSpace()
  if (!reader.skip("(")) return readOne()
  const inner = readCondition(reader, readOne, depth + 1)
  reader.skipSpace()
  reader.expect(")")
  return inner
}

const DEPTH_MAX = 50
