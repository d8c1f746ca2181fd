/** One entry in the journal's native protocol: each field by its name and, where a line would not do, its length. */
export function entryOf(fields: readonly (readonly [name: string, value: string])[], message: Uint8Array): Uint8Array {
  return Buffer.concat([...fields, ["MESSAGE", message] as const].flatMap(([name, value]) => fieldOf(name, value)))
}

function fieldOf(name: string, value: string | Uint8Array): readonly Uint8Array[] {
  const bytes = typeof value === "string" ? Buffer.from(value) : value
  if (!bytes.includes(NEWLINE)) return [Buffer.from(`${name}=`), bytes, END]
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return [Buffer.from(`${name}\n`), length, bytes, END]
}

/** The name under which the journal takes a label or a variable, as Docker makes it. Empty where nothing is left of it. */
export function fieldName(name: string): string {
  return name
    .replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll(/[^A-Z0-9]/gu, "_")
    .replace(/^_+/, "")
}

const NEWLINE = 0x0a
const END = new Uint8Array([NEWLINE])
