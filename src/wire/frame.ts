import { Malformed, type Of, read, type Shape } from "./shape.ts"

/** All that one side may say on a connection, by type. */
export type Vocabulary = Readonly<Record<string, Shape<object>>>

/** One of a vocabulary's messages, told apart by `type`. */
export type MessageOf<V extends Vocabulary> = {
  readonly [K in keyof V & string]: { readonly type: K; readonly message: Of<V[K]> }
}[keyof V & string]

/** Writes and reads one direction of a connection: frames of text, each a JSON object with a type and a message. */
export interface Codec<V extends Vocabulary> {
  readonly vocabulary: V
  encode<K extends keyof V & string>(type: K, message: Of<V[K]>): string

  /** Undefined for a type that is not known: the protocol grows, and what is new is skipped. Throws `Malformed`. */
  decode(frame: string): MessageOf<V> | undefined
}

export function codec<V extends Vocabulary>(vocabulary: V, frameLengthMax = FRAME_LENGTH_MAX): Codec<V> {
  return {
    vocabulary,
    encode(type, message) {
      // The same reader on both ways: nothing leaves that the other side would choke on, null where it looks least of all.
      return JSON.stringify({ type, message: read(vocabulary[type]!, message, type) })
    },
    decode(frame) {
      if (frame.length > frameLengthMax) throw new Malformed(`a frame of ${frame.length} characters is too long`)
      const { type, message } = parsed(frame)
      const shape = typeof type === "string" && Object.hasOwn(vocabulary, type) ? vocabulary[type] : undefined
      if (shape === undefined) return undefined
      return { type, message: read(shape, message, type as string) } as MessageOf<V>
    },
  }
}

function parsed(frame: string): { readonly type?: unknown; readonly message?: unknown } {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    throw new Malformed("a frame is not JSON")
  }
  if (typeof value !== "object" || value === null) throw new Malformed("a frame is not an object")
  return value
}

/** Telemetry comes in frames of up to a mebibyte, and nothing else is nearly as long. */
export const FRAME_LENGTH_MAX = 2 * 2 ** 20
