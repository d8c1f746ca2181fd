import type { BodyCodec } from "./body-codec.ts"
import type { FaultShape } from "./fault-shape.ts"

/** The body of an error in the JSON protocols: its name and message, whatever the shape says, then the shape's members. */
export function jsonFault(codec: BodyCodec, shape: FaultShape, { isNamespaced }: { isNamespaced: boolean }): string {
  const { schema, name, message, messageName, members } = shape
  const type = isNamespaced ? (schema?.getName(true) ?? name) : name
  const head = JSON.stringify({ __type: type, [messageName]: message })
  const rest = schema === undefined ? JSON.stringify(members) : (codec.writer(schema)(members) as string)
  return rest === "{}" ? head : `${head.slice(0, -1)},${rest.slice(1)}`
}
