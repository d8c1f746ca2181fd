/** An address as bytes: four, or sixteen. One of version 4 that is written as one of version 6 is what it is. */
export function addressBytes(text: string): readonly number[] | undefined {
  if (!text.includes(":")) return bytesOf4(text)
  const bytes = bytesOf6(text)
  return bytes !== undefined && MAPPED.every((byte, index) => bytes[index] === byte) ? bytes.slice(12) : bytes
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

function bytesOf4(text: string): number[] | undefined {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.map(Number)
}

const GROUPS = 8

function bytesOf6(text: string): number[] | undefined {
  // The last two groups may be written as version 4 writes them.
  const ending = /^(.*:)([\d.]+\.\d+)$/.exec(text)
  const inside = ending && bytesOf4(ending[2]!)
  if (ending && !inside) return undefined
  const hex = (high: number, low: number) => (high * 256 + low).toString(16)
  const all = ending ? `${ending[1]}${hex(inside![0]!, inside![1]!)}:${hex(inside![2]!, inside![3]!)}` : text

  const halves = all.split("::")
  if (halves.length > 2) return undefined
  const [before, after = []] = halves.map((half) => (half === "" ? [] : half.split(":")))
  const missing = GROUPS - before!.length - after.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...before!, ...Array<string>(missing).fill("0"), ...after]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
}

/** Whether an address is in a block, which may be a single address as well. Undefined for what is no block. */
export function blockTest(block: string): ((address: string) => boolean) | undefined {
  const [written = "", length, ...rest] = block.split("/")
  const first = addressBytes(written)
  if (first === undefined || rest.length > 0) return undefined
  const bits = first.length * 8
  // The length of a block of mapped addresses counts the bits in front of them.
  const front = written.includes(":") && bits === 32 ? 96 : 0
  const prefix = length === undefined ? bits : Number(length) - front
  if ((length !== undefined && !/^\d{1,3}$/.test(length)) || prefix < 0 || prefix > bits) return undefined
  return (address) => {
    const bytes = addressBytes(address)
    return bytes?.length === first.length && startAlike(bytes, first, prefix)
  }
}

function startAlike(a: readonly number[], b: readonly number[], bits: number): boolean {
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (a[index] !== b[index]) return false
  const rest = bits & 7
  return rest === 0 || a[whole]! >> (8 - rest) === b[whole]! >> (8 - rest)
}
