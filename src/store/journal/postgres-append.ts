import { assert } from "../../base/assert.ts"
import type { World } from "../../world/world.ts"
import { assertNext, encodeChanges, lastVersion } from "./codec.ts"
import { type Entry, JournalFailure } from "./journal.ts"
import { AlreadyThere } from "./postgres-failure.ts"
import type { Place } from "./postgres-follow.ts"
import type { Lease } from "./postgres-lease.ts"
import { sealOf } from "./postgres-seal.ts"
import { type Session, untilAnswered } from "./postgres-session.ts"

/** Appends one row after the other, each in one round trip. */
export class Appender {
  readonly #session: Session
  readonly #world: World
  readonly #lease: Lease
  #place: Place
  #underWay: Promise<void> | undefined
  #abandon: (failure: JournalFailure) => void = () => {}

  constructor(session: Session, world: World, lease: Lease, place: Place) {
    this.#session = session
    this.#world = world
    this.#lease = lease
    this.#place = place
    void lease.lost.then((failure) => this.#abandon(failure))
  }

  /** Everything up to here is durable. */
  get place(): Place {
    return this.#place
  }

  async append(entries: readonly Entry[]): Promise<void> {
    assert(this.#underWay === undefined, "one append at a time")
    assertNext(entries, this.#place.version)
    if (!this.#lease.holds()) throw this.#lease.failure ?? closed()

    this.#underWay = new Promise((resolve, reject) => {
      // A lease that runs out ends the wait: the row may be there or not, and whoever leads next will see.
      this.#abandon = reject
      this.#write(this.#rowOf(entries)).then(resolve, reject)
    })
    try {
      await this.#underWay
    } catch (error) {
      throw this.#lease.fail(
        error instanceof JournalFailure ? error : new JournalFailure("io", String(error), { cause: error }),
      )
    } finally {
      this.#underWay = undefined
    }
  }

  /** Resolves when no append is under way. */
  async settled(): Promise<void> {
    await this.#underWay?.catch(() => {})
  }

  #rowOf(entries: readonly Entry[]): Row {
    const body = Buffer.from(entries.map(({ changes }) => encodeChanges(changes)).join(""))
    const row = { first: entries[0]!.version, last: lastVersion(entries), epoch: this.#lease.epoch, body }
    return { ...row, seal: sealOf(this.#place.seal, row) }
  }

  /**
   * When the answer stays out, the row may have been written, may not have been, or may still be about to be by the
   * connection that we have lost. It is written again: should it be there, or come to be there while the server makes
   * the second attempt wait for the first, its version is found taken, and then by whom. So it is there once, and we
   * know it.
   */
  async #write(row: Row): Promise<void> {
    const { first, last, epoch, body, seal } = row
    await untilAnswered(
      this.#world,
      async () => {
        try {
          const written = await this.#session.run(APPEND, [epoch, first, last, body, seal])
          if (written.length === 0) throw new JournalFailure("lease-lost", "Another process leads and appends.")
        } catch (error) {
          if (!(error instanceof AlreadyThere)) throw error
          const ours = await this.#session.run(FIND, [last, epoch, seal])
          if (ours.length === 0) throw new JournalFailure("damaged", `Version ${last} of the journal is taken already.`)
        }
      },
      () => this.#lease.holds(),
    )
    this.#place = { version: last, seal }
  }
}

interface Row {
  readonly first: number
  readonly last: number
  readonly epoch: number

  /** As bytes: the seal and the driver would each make them otherwise. */
  readonly body: Buffer
  readonly seal: Buffer
}

/** Inserts nothing unless the epoch is still ours; why that is safe is written at `takeLease`. */
const APPEND = {
  name: "homeport append",
  text: `
    WITH ours AS MATERIALIZED (SELECT epoch FROM fence WHERE epoch = $1 FOR SHARE)
    INSERT INTO log (epoch, first_version, last_version, body, seal)
    SELECT epoch, $2::bigint, $3::bigint, $4::text, $5::bytea FROM ours
    RETURNING last_version, pg_notify(current_schema(), '')::text
  `,
}

const FIND = { text: "SELECT FROM log WHERE last_version = $1 AND epoch = $2 AND seal = $3" }

export function closed(): JournalFailure {
  return new JournalFailure("unreachable", "The journal was closed.")
}
