import { type Comparison, readComparison } from "./comparison.ts"
import { readCondition } from "./condition.ts"
import { BadPattern, Reader } from "./reader.ts"

/** `[ip, user, ..., status = 4*, bytes > 1000]`, over messages whose fields stand between spaces. */
export function compileFields(pattern: string): (message: string) => boolean {
  const { before, behind } = parse(pattern)
  return (message) => {
    const values = fieldsOf(message)
    if (behind === undefined) return values.length === before.length && agree(before, values, 0)
    if (values.length < before.length + behind.length) return false
    return agree(before, values, 0) && agree(behind, values, values.length - behind.length)
  }
}

/** Undefined where any value will do. */
type Field = Comparison | undefined

/** The fields before the ellipsis, and those behind it if there is one. */
interface Fields {
  readonly before: readonly Field[]
  readonly behind: readonly Field[] | undefined
}

function agree(fields: readonly Field[], values: readonly string[], offset: number): boolean {
  return fields.every((holds, index) => holds === undefined || holds(values[offset + index]!))
}

function parse(pattern: string): Fields {
  const reader = new Reader(pattern)
  reader.expect("[")
  const before: Field[] = []
  let behind: Field[] | undefined
  do {
    reader.skipSpace()
    if (reader.skip("...") || reader.skip("…")) {
      if (behind !== undefined) throw new BadPattern("there is more than one ellipsis")
      behind = []
    } else {
      const fields = behind ?? before
      fields.push(readField(reader))
    }
    reader.skipSpace()
  } while (reader.skip(","))
  reader.expect("]")
  if (!reader.isAtEnd) throw new BadPattern("something stands behind the closing ]")
  return { before, behind }
}

/** A field may have a name, and conditions that name it. Without either it is there to be counted. */
function readField(reader: Reader): Field {
  const start = reader.at
  const name = readName(reader)
  if (reader.sees(",") || reader.sees("]")) return undefined
  reader.at = start
  return readCondition(reader, () => {
    const named = readName(reader)
    if (named !== name && name !== "") throw new BadPattern(`a condition on ${named} stands with the field ${name}`)
    return readComparison(reader, /[^\s,&|\])]+/y)
  })
}

function readName(reader: Reader): string {
  reader.skipSpace()
  while (reader.skip("(")) reader.skipSpace()
  const name = reader.take(/[\p{L}\p{N}_\-$.]*/uy)
  reader.skipSpace()
  return name
}

/** What is in quotes or in brackets is one field. */
export function fieldsOf(message: string): string[] {
  const fields: string[] = []
  for (let at = 0; at < message.length; ) {
    if (/\s/.test(message[at]!)) {
      at += 1
      continue
    }
    const closing = { '"': '"', "[": "]" }[message[at]!]
    const close = closing === undefined ? -1 : message.indexOf(closing, at + 1)
    if (close !== -1) {
      fields.push(message.slice(at + 1, close))
      at = close + 1
      continue
    }
    let end = at
    while (end < message.length && !/\s/.test(message[end]!)) end += 1
    fields.push(message.slice(at, end))
    at = end
  }
  return fields
}
