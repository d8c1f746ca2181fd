import type { Position } from "./segments/event-store.ts"

/**
 * An event's id, which is its place: 56 digits as on AWS, in the order of time. It stays the same wherever the event
 * lies, so that clients which ask for overlapping times can tell what they have seen.
 */
export function eventId({ time, sequence, index }: Position): string {
  return `3${digits(time, 16)}${digits(sequence, 20)}${digits(index, 19)}`
}

export function parseEventId(id: string): Position | undefined {
  const found = /^3(\d{16})(\d{20})(\d{19})$/.exec(id)
  if (found === null) return undefined
  const [time, sequence, index] = found.slice(1).map(Number) as [number, number, number]
  return { time, sequence, index }
}

/** The first place behind an event. */
export function behind({ time, sequence, index }: Position): Position {
  return { time, sequence, index: index + 1 }
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, "0")
}
