import { crc32 } from "node:zlib"
import { type Entry, JournalFailure, type StoredChange } from "./journal.ts"

/**
 * How entries look on disk: two lines a change, `["table",tableVersion,"scope","key"]` and the record, which is empty
 * when the record is gone. Two lines, so that a journal can move records about without reading them.
 * `test/fixtures` in this folder holds a journal of every format that was ever released.
 */
export const FORMAT = 1

export interface EncodedChange {
  readonly table: string
  readonly tableVersion: number
  readonly scope: string
  readonly key: string

  /** The record as JSON; empty when it is gone. */
  readonly body: string
}

export function encodeChanges(changes: readonly StoredChange[]): string {
  let text = ""
  for (const { table, tableVersion, scope, key, record } of changes) {
    text += `${JSON.stringify([table, tableVersion, scope, key])}\n${record === undefined ? "" : JSON.stringify(record)}\n`
  }
  return text
}

export function* splitChanges(text: string): Generator<EncodedChange> {
  for (let start = 0; start < text.length; ) {
    const headEnd = text.indexOf("\n", start)
    const bodyEnd = text.indexOf("\n", headEnd + 1)
    if (headEnd === -1 || bodyEnd === -1) throw new JournalFailure("damaged", "An entry of the journal ends in the middle.")
    const [table, tableVersion, scope, key] = JSON.parse(text.slice(start, headEnd))
    yield { table, tableVersion, scope, key, body: text.slice(headEnd + 1, bodyEnd) }
    start = bodyEnd + 1
  }
}

export function decodeChange({ body, ...head }: EncodedChange): StoredChange {
  return { ...head, record: body === "" ? undefined : JSON.parse(body) }
}

/** Covers what lies beside the text as well, so that a row cannot pass for another. */
export function checksum(text: string, ...beside: readonly (string | number)[]): number {
  return crc32(text, crc32(beside.join("\u0000")))
}

export function lastVersion(entries: readonly Entry[]): number {
  return entries.at(-1)!.version
}
