import { NumericValue } from "@smithy/core/serde"
import { malformedFault } from "./malformed.ts"
import { setOwn } from "./shape-reader.ts"
import { readEpochSeconds } from "./timestamps.ts"

/**
 * Decodes one CBOR item (RFC 8949) that a caller sent. Whatever the bytes are, the work and the memory stay in
 * proportion to them: no length is believed before that many bytes are there, and nothing nests past a bound.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const decoder = new CborDecoder(bytes)
  const value = decoder.item(0)
  if (!decoder.isAtEnd) throw malformedCbor()
  return value
}

const DEPTH_MAX = 256

/**
 * Values in units of the cheapest, a small number in a list. Beyond what any operation takes, a full PutMetricData
 * included, and little enough to be read in one turn.
 */
const WEIGHT_MAX = 500_000
const MADE = 4

/** A map of so many names is no structure of a shape; each further one costs more. */
const FEW_NAMES = 64
const ONE_OF_MANY = 20

/** Digits cost time as their square; no number that AWS knows comes near. */
const BIG_NUMBER_BYTES_MAX = 1024
const EXPONENT_MAX = 4096

const INDEFINITE = 31
const BREAK = 0xff

class CborDecoder {
  readonly #bytes: Buffer
  #at = 0
  #weight = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  item(depth: number): unknown {
    if (depth > DEPTH_MAX) throw malformedFault("The value is nested too deeply")
    const initial = this.#byte()
    const minor = initial & 31
    // Whole numbers up to 23 and the like are there already; everything else has to be made.
    this.#weigh(initial >> 5 < 2 ? 1 : MADE)
    switch (initial >> 5) {
      case 0:
        return this.#argument(minor)
      case 1:
        return negative(this.#argument(minor))
      case 2:
        return this.#byteString(minor)
      case 3:
        return this.#text(minor)
      case 4:
        return this.#list(minor, depth)
      case 5:
        return this.#map(minor, depth)
      case 6:
        return this.#tagged(this.#argument(minor), depth)
      default:
        return this.#special(minor)
    }
  }

  #weigh(weight: number): void {
    this.#weight += weight
    if (this.#weight > WEIGHT_MAX) throw malformedFault("The request body holds too many values")
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw malformedCbor()
    return byte
  }

  /** Moves past `count` bytes that must be there, and says where they start. */
  #take(count: number): number {
    const start = this.#at
    if (count > this.#bytes.length - start) throw malformedCbor()
    this.#at = start + count
    return start
  }

  #argument(minor: number): number | bigint {
    if (minor < 24) return minor
    if (minor === 24) return this.#byte()
    if (minor === 25) return this.#bytes.readUInt16BE(this.#take(2))
    if (minor === 26) return this.#bytes.readUInt32BE(this.#take(4))
    if (minor !== 27) throw malformedCbor()
    const long = this.#bytes.readBigUInt64BE(this.#take(8))
    return long <= Number.MAX_SAFE_INTEGER ? Number(long) : long
  }

  /** A length that the bytes still to come can hold, at one byte for each thing counted. */
  #length(minor: number): number {
    const length = Number(this.#argument(minor))
    if (length > this.#bytes.length - this.#at) throw malformedCbor()
    return length
  }

  #isBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false
    this.#at++
    return true
  }

  #byteString(minor: number): Uint8Array {
    if (minor === INDEFINITE) return new Uint8Array(Buffer.concat(this.#chunks(2)))
    const length = this.#length(minor)
    const start = this.#take(length)
    // A copy, so that a small value does not keep the whole request in memory.
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  #text(minor: number): string {
    if (minor === INDEFINITE) return Buffer.concat(this.#chunks(3)).toString("utf8")
    const length = this.#length(minor)
    const start = this.#take(length)
    return this.#bytes.toString("utf8", start, start + length)
  }

  #chunks(major: number): Uint8Array[] {
    const chunks: Uint8Array[] = []
    while (!this.#isBreak()) {
      this.#weigh(MADE)
      const initial = this.#byte()
      if (initial >> 5 !== major || (initial & 31) === INDEFINITE) throw malformedCbor()
      const length = this.#length(initial & 31)
      const start = this.#take(length)
      chunks.push(this.#bytes.subarray(start, start + length))
    }
    return chunks
  }

  #list(minor: number, depth: number): unknown[] {
    const list: unknown[] = []
    if (minor === INDEFINITE) {
      while (!this.#isBreak()) list.push(this.item(depth + 1))
      return list
    }
    const length = this.#length(minor)
    for (let i = 0; i < length; i++) list.push(this.item(depth + 1))
    return list
  }

  #map(minor: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {}
    const length = minor === INDEFINITE ? Number.POSITIVE_INFINITY : this.#length(minor)
    for (let i = 0; i < length; i++) {
      if (minor === INDEFINITE && this.#isBreak()) break
      const initial = this.#byte()
      if (initial >> 5 !== 3) throw malformedCbor()
      this.#weigh(i < FEW_NAMES ? 1 : ONE_OF_MANY)
      setOwn(map, this.#text(initial & 31), this.item(depth + 1))
    }
    return map
  }

  #tagged(tag: number | bigint, depth: number): unknown {
    const value = this.item(depth + 1)
    switch (tag) {
      case 1:
        if (typeof value !== "number") throw malformedCbor()
        return readEpochSeconds(value)
      case 2:
        return bigInteger(value)
      case 3:
        return -1n - bigInteger(value)
      case 4:
        return decimal(value)
      default:
        // Other tags only say more about a value that stands well without them.
        return value
    }
  }

  #special(minor: number): unknown {
    switch (minor) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return halfFloat(this.#bytes.readUInt16BE(this.#take(2)))
      case 26:
        return this.#bytes.readFloatBE(this.#take(4))
      case 27:
        return this.#bytes.readDoubleBE(this.#take(8))
      default:
        throw malformedCbor()
    }
  }
}

function negative(argument: number | bigint): number | bigint {
  return typeof argument === "number" ? -1 - argument : -1n - argument
}

function bigInteger(value: unknown): bigint {
  if (!(value instanceof Uint8Array) || value.length > BIG_NUMBER_BYTES_MAX) throw malformedCbor()
  return value.length === 0 ? 0n : BigInt(`0x${Buffer.from(value).toString("hex")}`)
}

/** A pair of exponent and mantissa, told in digits. */
function decimal(value: unknown): NumericValue {
  const [exponent, mantissa] = Array.isArray(value) ? value : []
  const isWhole = typeof mantissa === "bigint" || Number.isSafeInteger(mantissa)
  if (!isWhole || !Number.isSafeInteger(exponent) || Math.abs(exponent) > EXPONENT_MAX) throw malformedCbor()

  const sign = mantissa < 0 ? "-" : ""
  const digits = String(mantissa).replace("-", "")
  if (exponent >= 0) return new NumericValue(sign + digits + "0".repeat(exponent), "bigDecimal")
  const padded = digits.padStart(1 - exponent, "0")
  return new NumericValue(`${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`, "bigDecimal")
}

function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * 2 ** -24 * fraction : sign * 2 ** (exponent - 25) * (1024 + fraction)
}

function malformedCbor() {
  return malformedFault("The request body is not valid CBOR")
}
