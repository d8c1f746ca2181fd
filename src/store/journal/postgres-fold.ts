import { assert } from "../../base/assert.ts"
import { type Cancel, sleep, type World } from "../../world/world.ts"
import { JournalFailure } from "./journal.ts"
import { Unanswered } from "./postgres-failure.ts"
import type { Lease } from "./postgres-lease.ts"
import type { Session } from "./postgres-session.ts"

export interface FoldOptions {
  readonly everyMs: number

  /** How long rows stay in the log after they were folded, for standbys that are behind. */
  readonly keepMs: number

  /** How far it may fold: what is known to be durable. An append whose answer was lost must find its row again. */
  readonly upTo: () => number
}

/**
 * Keeps the journal in proportion to the records it holds: moves the last write of every record from the log to
 * `records`, oldest entries first. The server does the work, in steps, on a connection of its own; appends and renewals
 * go on beside it.
 */
export class Folding {
  readonly #session: Session
  readonly #world: World
  readonly #lease: Lease
  readonly #options: FoldOptions
  #cancel: Cancel = () => {}
  #running: Promise<void> = Promise.resolve()
  #ended = false

  constructor(session: Session, world: World, lease: Lease, options: FoldOptions) {
    this.#session = session
    this.#world = world
    this.#lease = lease
    this.#options = options
    this.#schedule()
  }

  /** Folds everything there is now. */
  async now(): Promise<void> {
    const run = this.#running.then(() => this.#fold())
    this.#running = run.catch(() => {})
    await run
  }

  /** Begins no further step. */
  end(): void {
    this.#ended = true
    this.#cancel()
  }

  #schedule(): void {
    this.#cancel = this.#world.after(this.#options.everyMs, () => {
      void this.#turn()
    })
  }

  async #turn(): Promise<void> {
    await this.now().catch((error) => this.#failed(error))
    if (!this.#ended) this.#schedule()
  }

  /** What is not folded now is folded the next time; only damage cannot wait, as it will not get better. */
  #failed(error: unknown): void {
    if (error instanceof JournalFailure && error.kind === "damaged") this.#lease.fail(error)
    else if (!this.#ended && !(error instanceof Unanswered)) {
      this.#world.log.warn("the journal could not be folded", { reason: String(error) })
    }
  }

  async #fold(): Promise<void> {
    const upTo = this.#options.upTo()
    for (;;) {
      if (this.#ended) return
      const startedAt = this.#world.monotonic()
      const [step] = await this.#session.run<Step>({ text: foldStep(upTo) })
      if (step?.sound === false) {
        throw new JournalFailure(
          "damaged",
          `An entry of the journal between ${step.from} and ${step.to} is not what was written.`,
        )
      }
      const gone = await this.#session.run(PRUNE, [this.#options.keepMs])
      if (step?.to == null && gone.length < ROWS_A_STEP) return
      // Appends share the server's disk and processors: some of the time is left to them.
      await sleep(this.#world, (this.#world.monotonic() - startedAt) * PAUSE)
    }
  }
}

interface Step {
  readonly sound: boolean | null
  readonly from: number | null
  readonly to: number | null
}

/** As a part of the time that a step took. */
const PAUSE = 1 / 4

const ROWS_A_STEP = 256
const BYTES_A_STEP = 1_000_000

/**
 * One step, in one transaction: statements sent together are one. The first statement lets one process fold at a time;
 * the second begins after it and therefore sees what another has folded. It needs no fence: it only moves what is
 * durable to where it belongs, so a leader that has been replaced can do no harm.
 * Statements that are sent together take no parameters, so the version is written into them; sent one by one they would
 * be a transaction that a frozen process leaves open, with the right to fold in its hands.
 * What is removed is named by a list, or the server might read all the records to find a few.
 * A body has an even number of lines and a line break at its end, so that the last piece is empty and has no successor.
 */
function foldStep(upTo: number): string {
  assert(Number.isSafeInteger(upTo), "a version is a whole number")
  return `
    SELECT version FROM folded FOR UPDATE;

    WITH oldest AS (
      SELECT * FROM log WHERE last_version > (SELECT version FROM folded) AND last_version <= ${upTo}
      ORDER BY last_version LIMIT ${ROWS_A_STEP}
    ), measured AS (
      SELECT oldest.*,
        coalesce(lag(last_version) OVER upwards, folded.version) AS version_before,
        coalesce(lag(oldest.seal) OVER upwards, folded.seal) AS seal_before,
        sum(octet_length(body)) OVER upwards - octet_length(body) AS bytes_before
      FROM oldest, folded WINDOW upwards AS (ORDER BY last_version)
    ), batch AS MATERIALIZED (
      SELECT * FROM measured WHERE bytes_before < ${BYTES_A_STEP}
    ), verified AS MATERIALIZED (
      SELECT min(first_version) AS first, max(last_version) AS last, bool_and(
        first_version = version_before + 1 AND seal = sha256(
          seal_before || convert_to(concat(first_version, E'\\n', last_version, E'\\n', epoch, E'\\n', body), 'UTF8')
        )
      ) AS sound
      FROM batch
    ), lines AS (
      SELECT last_version, place, line AS head, lead(line) OVER (PARTITION BY last_version ORDER BY place) AS body
      FROM batch, unnest(string_to_array(body, E'\\n')) WITH ORDINALITY AS split (line, place)
      WHERE (SELECT sound FROM verified)
    ), last_writes AS MATERIALIZED (
      SELECT DISTINCT ON (identity) head, body,
        sha256(convert_to(regexp_replace(head, '^(\\["(?:[^"\\\\]|\\\\.)*",)\\d+', '\\1'), 'UTF8')) AS identity
      FROM lines WHERE place % 2 = 1 AND body IS NOT NULL
      ORDER BY identity, last_version DESC, place DESC
    ), put AS (
      INSERT INTO records (identity, head, body, seal)
      SELECT identity, head, body, sha256(convert_to(head || E'\\n' || body, 'UTF8')) FROM last_writes WHERE body <> ''
      ON CONFLICT (identity) DO UPDATE SET head = excluded.head, body = excluded.body, seal = excluded.seal
      RETURNING xmax = 0 AS added
    ), removed AS (
      DELETE FROM records WHERE identity = ANY (ARRAY(SELECT identity FROM last_writes WHERE body = ''))
      RETURNING 1
    ), moved AS (
      UPDATE folded SET
        version = verified.last,
        seal = (SELECT batch.seal FROM batch WHERE last_version = verified.last),
        records = records + (SELECT count(*) FILTER (WHERE added) FROM put) - (SELECT count(*) FROM removed)
      FROM verified WHERE sound
      RETURNING 1
    )
    SELECT sound, first AS "from", last AS "to" FROM verified
  `
}

const PRUNE = {
  name: "homeport prune",
  text: `
    DELETE FROM log WHERE last_version = ANY (ARRAY(
      SELECT last_version FROM (SELECT * FROM log ORDER BY last_version LIMIT ${ROWS_A_STEP}) AS oldest, folded
      WHERE last_version <= folded.version AND written_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
    ))
    RETURNING last_version
  `,
}
