import { crc32 } from "node:zlib"
import { assert } from "../../base/assert.ts"
import { type Entry, JournalFailure, type StoredChange } from "./journal.ts"

/**
 * How entries look on disk: two lines a change, `["table",tableVersion,"scope","key"]` and the record, which is empty
 * when the record is gone. Two lines, so that a journal can move records about without reading them.
 * `fixtures` in this folder holds a journal of every format that was ever released.
 */
export const FORMAT = 1

/**
 * Table, scope and key are here as JSON writes them, without the quotes: well-formed Unicode free of control
 * characters, whatever they were, so that every database can hold and compare them.
 */
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
  for (const [headLine, body] of lines(text)) {
    const head = HEAD.exec(headLine)
    if (head === null) throw new JournalFailure("damaged", "A change in the journal does not name its record.")
    const [, table = "", tableVersion = "", scope = "", key = ""] = head
    yield { table, tableVersion: Number(tableVersion), scope, key, body }
  }
}

const HEAD = /^\["((?:[^"\\]|\\.)*)",(\d+),"((?:[^"\\]|\\.)*)","((?:[^"\\]|\\.)*)"\]$/

/** The text that `splitChanges` takes apart. */
export function joinChange({ table, tableVersion, scope, key, body }: EncodedChange): string {
  return `["${table}",${tableVersion},"${scope}","${key}"]\n${body}\n`
}

export function decodeChange({ table, tableVersion, scope, key, body }: EncodedChange): StoredChange {
  return {
    table: unescaped(table),
    tableVersion,
    scope: unescaped(scope),
    key: unescaped(key),
    record: body === "" ? undefined : JSON.parse(body),
  }
}

function unescaped(text: string): string {
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text
}

/** What `encodeChanges` was given. The strings in it are new ones, so that none keeps the whole text in memory. */
export function decodeChanges(text: string): StoredChange[] {
  const changes: StoredChange[] = []
  for (const [head, body] of lines(text)) {
    const [table, tableVersion, scope, key] = JSON.parse(head)
    changes.push({ table, tableVersion, scope, key, record: body === "" ? undefined : JSON.parse(body) })
  }
  return changes
}

function* lines(text: string): Generator<readonly [head: string, body: string]> {
  for (let start = 0; start < text.length; ) {
    const headEnd = text.indexOf("\n", start)
    const bodyEnd = headEnd === -1 ? -1 : text.indexOf("\n", headEnd + 1)
    if (bodyEnd === -1) throw new JournalFailure("damaged", "An entry of the journal ends in the middle.")
    yield [text.slice(start, headEnd), text.slice(headEnd + 1, bodyEnd)]
    start = bodyEnd + 1
  }
}

/** Covers what lies beside the text as well, so that a row cannot pass for another. */
export function checksum(text: string, ...beside: readonly (string | number)[]): number {
  return crc32(text, crc32(beside.join("\u0000")))
}

/** Entries go on from `version` without a gap; anything else is our own mistake. */
export function assertNext(entries: readonly Entry[], version: number): void {
  assert(entries.length > 0, "an append needs an entry")
  entries.forEach((entry, index) => {
    const expected = version + index + 1
    assert(entry.version === expected, `entry ${entry.version} was appended where ${expected} comes next`)
  })
}

export function lastVersion(entries: readonly Entry[]): number {
  return entries.at(-1)!.version
}
