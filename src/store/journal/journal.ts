import type { Scope } from "../changes.ts"

/**
 * Where changes become durable. One process at a time leads: it alone appends. The others follow what it appends, so
 * that one of them can take over at once. A backend for a single process leads as soon as it is asked.
 *
 * Every implementation passes `suite.ts`.
 */
export interface Journal {
  /**
   * Hands everything durable to `apply`, oldest first, then whatever the leader adds, until this process leads itself.
   * When it resolves, everything durable has been applied, and nobody else can append any more.
   * Rejects with a JournalFailure when the journal is damaged, was written by a newer Homeport, is in use by a process
   * that cannot be followed, or cannot be reached. Closing the journal before it leads makes it reject as well.
   */
  lead(apply: Apply): Promise<Leadership>

  /** Where the present leader says it can be reached; undefined when nobody leads, this process does, or it has not said. */
  leaderAddress(): string | undefined

  /** Ends leadership, if any, in order, and lets go of everything. Appends under way finish first. */
  close(): Promise<void>
}

/**
 * Takes changes into memory. What was durable before comes first and may come in pieces; `version` never falls, and once
 * this process leads, or follows a leader, it is the version that memory has reached. From then on all of one entry's
 * changes come in one call.
 */
export type Apply = (changes: readonly StoredChange[], version: number) => void

export interface Leadership {
  /** The newest durable version at the time this process began to lead; 0 in an empty journal. */
  readonly version: number

  /**
   * Resolves once all of the entries are durable; they become so together or not at all. Their versions go on from the
   * last one without a gap. The caller waits for one append before it makes the next.
   * Rejects with a JournalFailure when that is not known to have happened; nothing may be appended afterwards.
   */
  append(entries: readonly Entry[]): Promise<void>

  /** Whether no other process can have taken over yet, by the monotonic clock. Asked just before any answer leaves. */
  mayAnswer(): boolean

  /** Settles, never rejects, when this process has lost the lead or the journal has failed; it must then end. */
  readonly lost: Promise<JournalFailure>
}

/** One transaction's changes. */
export interface Entry {
  readonly version: number
  readonly changes: readonly StoredChange[]
}

/** The new state of one record, as a journal keeps it. */
export interface StoredChange {
  readonly table: string

  /** The table's version when the record was written. */
  readonly tableVersion: number

  readonly scope: Scope
  readonly key: string

  /** Undefined when the record is gone. */
  readonly record: object | undefined
}

/** The world failed us (disk, database, lease): no acknowledgement goes out, and the process ends with this sentence. */
export class JournalFailure extends Error {
  override readonly name = "JournalFailure"
  readonly kind: "damaged" | "newer-format" | "in-use" | "io" | "full" | "unreachable" | "lease-lost"

  constructor(kind: JournalFailure["kind"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
