import { sleep, type World } from "../../world/world.ts"
import { decodeChange, decodeChanges, splitChanges } from "./codec.ts"
import { type Apply, JournalFailure } from "./journal.ts"
import { refuseNewer } from "./postgres-schema.ts"
import { NO_SEAL, recordSealOf, sealOf } from "./postgres-seal.ts"
import type { Session } from "./postgres-session.ts"

/** A place in the log: everything up to this version, of which the seal speaks for all that came before. */
export interface Place {
  readonly version: number
  readonly seal: Buffer
}

/** Reads the journal into memory and keeps up with it. Everything is verified before it is applied. */
export class Follower {
  readonly #session: Session
  readonly #world: World
  readonly #apply: Apply
  #place: Place = { version: 0, seal: NO_SEAL }
  #begun = false

  constructor(session: Session, world: World, apply: Apply) {
    this.#session = session
    this.#world = world
    this.#apply = apply
  }

  get place(): Place {
    return this.#place
  }

  /** Whether something has been applied, so that reading cannot start over. */
  get begun(): boolean {
    return this.#begun
  }

  /** Takes in what is folded and then what is logged, as of one moment, so that nothing is lost between the two. */
  async load(): Promise<void> {
    await this.#session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", async () => {
      const folded = await this.#folded()
      await this.#session.run({
        text: "DECLARE everything NO SCROLL CURSOR FOR SELECT head, body, encode(seal, 'hex') AS seal FROM records",
      })
      let count = 0
      for (;;) {
        const rows = await this.#session.run<RecordRow>({ text: `FETCH ${RECORDS_AT_ONCE} FROM everything` })
        if (rows.length === 0) break
        count += rows.length
        this.#begun = true
        this.#apply(rows.map(decoded), folded.version)
      }
      if (count !== folded.records) {
        throw damaged(`The journal holds ${count} folded records where there should be ${folded.records}.`)
      }
      this.#place = { version: folded.version, seal: folded.seal }
      await this.catchUp()
    })
  }

  /** Takes in what has been logged since. */
  async catchUp(): Promise<void> {
    let turnSince = this.#world.monotonic()
    for (;;) {
      const rows = await this.#session.run<TailRow>(TAIL, [this.#place.version, ROWS_AT_ONCE])
      if (rows.length === 0) throw damaged("The journal does not say how far it is folded.")
      refuseNewer(rows[0]!)
      for (const row of rows) {
        if (row.last === null) continue
        this.#take(row as LogRow)
        if (this.#world.monotonic() - turnSince > TURN_MS) {
          await sleep(this.#world, 0)
          turnSince = this.#world.monotonic()
        }
      }
      if (rows.length === ROWS_AT_ONCE) continue
      // All that is kept has been read, and it does not reach what is folded.
      if (this.#place.version < rows[0]!.folded) throw leftBehind()
      return
    }
  }

  #take(row: LogRow): void {
    const { version, seal } = this.#place
    if (row.first !== version + 1) {
      throw row.folded > version
        ? leftBehind()
        : damaged(`The journal has nothing between the versions ${version} and ${row.first}.`)
    }
    const expected = sealOf(seal, row)
    if (expected.toString("hex") !== row.seal || row.last < row.first) {
      throw damaged(`The entries ${row.first} to ${row.last} of the journal are not what was written.`)
    }
    const changes = decodeChanges(row.body)
    this.#begun = true
    this.#apply(changes, row.last)
    this.#place = { version: row.last, seal: expected }
  }

  async #folded(): Promise<Place & { readonly records: number }> {
    const [row] = await this.#session.run<{ version: number; seal: Buffer; records: number }>({
      text: "SELECT version, seal, records FROM folded",
    })
    if (row === undefined) throw damaged("The journal does not say how far it is folded.")
    return row
  }
}

interface RecordRow {
  readonly head: string
  readonly body: string
  readonly seal: string
}

interface LogRow {
  readonly folded: number
  readonly first: number
  readonly last: number
  readonly epoch: number
  readonly body: string
  readonly seal: string
}

/** There is always a row, so that the rest of it is told even when nothing new is logged. */
type TailRow = { readonly layout: number; readonly format: number } & (
  | LogRow
  | { readonly folded: number; readonly last: null }
)

const RECORDS_AT_ONCE = 1_000
const ROWS_AT_ONCE = 100

/** A standby also forwards requests: it does not keep them waiting for longer than this. */
const TURN_MS = 10

const TAIL = {
  name: "homeport tail",
  text: `
    SELECT layout, format, folded.version AS folded, log.*
    FROM meta CROSS JOIN folded LEFT JOIN (
      SELECT first_version AS first, last_version AS last, epoch, body, encode(seal, 'hex') AS seal
      FROM log WHERE last_version > $1 ORDER BY last_version LIMIT $2
    ) AS log ON true
    ORDER BY last
  `,
}

function decoded({ head, body, seal }: RecordRow) {
  if (recordSealOf(head, body) !== seal) throw damaged(`The record ${head} of the journal is not what was written.`)
  for (const change of splitChanges(`${head}\n${body}\n`)) return decodeChange(change)
  throw damaged("The journal holds a record without a name.")
}

function damaged(sentence: string): JournalFailure {
  return new JournalFailure("damaged", sentence)
}

/**
 * What is folded can no longer be followed change by change, and records that were deleted meanwhile have left no trace.
 * Only reading everything again, into an empty memory, is right then; the process ends and does that when it starts.
 */
function leftBehind(): JournalFailure {
  return new JournalFailure(
    "unreachable",
    "This standby was out of touch for longer than the log is kept, and has to start again and read everything.",
  )
}
