import type { LogPosition } from "../log-source.ts"
import { framesOf, linesOf } from "./frames.ts"

/** Docker knows a message by its time alone; a place is behind the count-th message of a time. */
export interface Place {
  readonly seconds: number

  /** Nine digits. */
  readonly nanoseconds: string
  readonly count: number
}

export interface Message {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
  readonly at: number
  readonly place: Place

  /** Docker does not say how much it has dropped; where it dropped something this is 1. */
  readonly lostBytes: number
}

/** The messages behind a place, of an answer that begins some time before it. */
export async function* messagesOf(
  stream: AsyncIterable<Uint8Array>,
  terminal: boolean,
  from: Place | undefined,
): AsyncGenerator<Message> {
  let place: Place | undefined
  let isBehind = from === undefined
  for await (const frame of terminal ? linesOf(stream) : framesOf(stream)) {
    const end = frame.bytes.indexOf(" ")
    const time = timeOf(frame.bytes.subarray(0, end).toString("latin1"))
    const isFirst = place === undefined
    place = { ...time, count: place !== undefined && compare(place, time) === 0 ? place.count + 1 : 1 }

    const isGone = isFirst && from !== undefined && compare(time, from) > 0
    if (!isBehind && !isGone) {
      isBehind = compare(time, from!) === 0 && place.count === from!.count
      continue
    }
    isBehind = true
    const at = time.seconds * 1000 + Math.floor(Number(time.nanoseconds) / 1e6)
    yield { stream: frame.stream, bytes: frame.bytes.subarray(end + 1), at, place, lostBytes: isGone ? 1 : 0 }
  }
}

export function formatPlace({ seconds, nanoseconds, count }: Place): LogPosition {
  return `${seconds}.${nanoseconds}.${count}`
}

export function parsePlace(position: LogPosition): Place {
  const [seconds, nanoseconds, count] = position.split(".")
  return { seconds: Number(seconds), nanoseconds: nanoseconds!, count: Number(count) }
}

type Time = Pick<Place, "seconds" | "nanoseconds">

/** As in `2026-11-20T12:00:00.000000001Z`. */
function timeOf(text: string): Time {
  const [, whole, fraction = "", zone] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text)!
  return { seconds: Date.parse(`${whole}${zone}`) / 1000, nanoseconds: fraction.padEnd(9, "0") }
}

function compare(a: Time, b: Time): number {
  return a.seconds - b.seconds || Number(a.nanoseconds) - Number(b.nanoseconds)
}
