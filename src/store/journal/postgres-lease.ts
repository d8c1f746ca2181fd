import { type Cancel, sleep, type World } from "../../world/world.ts"
import { JournalFailure } from "./journal.ts"
import { Unanswered } from "./postgres-failure.ts"
import type { Session } from "./postgres-session.ts"

type Asked = Pick<Session, "run">

export interface Glance {
  /** Where the holder says it can be reached; empty when it has not said. */
  readonly address: string

  /** How long the lease still lasts by the database's clock; not above zero once it may be taken. */
  readonly remainingMs: number
}

export async function glanceAtLease(session: Asked): Promise<Glance> {
  const [row] = await session.run<{ address: string; remaining: number }>(GLANCE)
  if (row === undefined) throw new JournalFailure("damaged", "The journal's lease is missing.")
  return { address: row.address, remainingMs: Number(row.remaining) }
}

export interface Holder {
  /** For an operator who looks into the table. */
  readonly name: string
  readonly address: string
  readonly leaseMs: number
}

/**
 * Takes the lease if it has run out by the database's clock, and with it raises the epoch; undefined when it still runs
 * or somebody else was quicker.
 *
 * Why nobody who held it before can append any more once this has returned: the row in `fence` is changed in the same
 * transaction. An append (`postgres-append.ts`) is one statement that locks this row FOR SHARE where the epoch is still its
 * own, and keeps the lock until it has committed. So for each append of the old leader one of two holds.
 * Either it locked the row first: then the change waits until that append is committed, on disk and visible, or
 * undone; and as our reading begins after the change has committed, it sees the append.
 * Or the change came first: then the append waits for it, and READ COMMITTED makes it look again at the row as it is
 * now, even if its own snapshot is older: the epoch differs, no row is found, nothing is inserted.
 *
 * The lease serves reads alone. Should the database's clock jump ahead, a new leader may begin while the old one still
 * answers from memory, for as long as a lease at most; no commit is ever lost by it.
 */
export async function takeLease(session: Asked, world: World, holder: Holder): Promise<Lease | undefined> {
  const sentAt = world.monotonic()
  const [taken] = await session.run<{ epoch: number }>(TAKE, [holder.name, holder.address, holder.leaseMs])
  return taken === undefined ? undefined : new Lease(session, world, { ...holder, epoch: taken.epoch, sentAt })
}

interface Taken {
  readonly epoch: number
  readonly sentAt: number
  readonly leaseMs: number
}

/** The lease as its holder keeps it: renewed all the time, trusted only as long as the monotonic clock allows. */
export class Lease {
  readonly epoch: number

  /** Settles when the lease is lost or something else has failed for good; never after a release. */
  readonly lost: Promise<JournalFailure>

  readonly #session: Asked
  readonly #world: World
  readonly #leaseMs: number
  readonly #renewing: Promise<void>
  readonly #ending = new AbortController()
  #settle: (failure: JournalFailure) => void = () => {}
  #failure: JournalFailure | undefined
  #released = false
  #unanswered: Unanswered | undefined
  #until = 0
  #cancelWatch: Cancel = () => {}

  constructor(session: Asked, world: World, { epoch, sentAt, leaseMs }: Taken) {
    this.epoch = epoch
    this.#session = session
    this.#world = world
    this.#leaseMs = leaseMs
    this.lost = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#holdFrom(sentAt)
    this.#renewing = this.#renew()
  }

  /** Whether nobody else can hold it now. Once this was false it stays so, even if the database would still renew. */
  holds(): boolean {
    if (this.#failure === undefined && !this.#released && this.#world.monotonic() >= this.#until) this.#ranOut()
    return this.#failure === undefined && !this.#released
  }

  get failure(): JournalFailure | undefined {
    return this.#failure
  }

  /** Gives it up at once, as after a failed append. The first failure counts; it is returned. */
  fail(failure: JournalFailure): JournalFailure {
    if (this.#failure === undefined) {
      this.#failure = failure
      this.#stop()
      this.#settle(failure)
    }
    return this.#failure
  }

  /** Lets the next one in at once. */
  async release(): Promise<void> {
    const held = this.holds()
    this.#released = true
    this.#stop()
    await this.#renewing
    // If this does not get through, the lease runs out by itself.
    if (held) await this.#session.run(RELEASE, [this.epoch]).catch(() => {})
  }

  /** Counted from before the request was sent: the database counts from later, so it never ends before we stop. */
  #holdFrom(sentAt: number): void {
    this.#until = sentAt + this.#leaseMs * (1 - MARGIN)
    this.#cancelWatch()
    this.#cancelWatch = this.#world.after(this.#until - this.#world.monotonic(), () => this.holds())
  }

  #ranOut(): void {
    const cause = this.#unanswered
    this.fail(
      cause === undefined
        ? new JournalFailure(
            "lease-lost",
            "The lease ran out before it was renewed: this process stood still too long.",
          )
        : new JournalFailure("unreachable", `The lease ran out: the database did not answer (${cause.message}).`, {
            cause,
          }),
    )
  }

  #stop(): void {
    this.#cancelWatch()
    this.#ending.abort()
  }

  async #renew(): Promise<void> {
    let pause = this.#leaseMs * RENEWED_EVERY
    for (;;) {
      await sleep(this.#world, pause, this.#ending.signal).catch(() => {})
      if (!this.holds()) return
      const sentAt = this.#world.monotonic()
      try {
        const renewed = await this.#session.run(RENEW, [this.epoch, this.#leaseMs])
        if (!this.holds()) return
        if (renewed.length === 0) {
          this.fail(new JournalFailure("lease-lost", "Another process has taken the lease."))
          return
        }
        this.#unanswered = undefined
        this.#holdFrom(sentAt)
        pause = this.#leaseMs * RENEWED_EVERY
      } catch (error) {
        if (!(error instanceof Unanswered)) {
          this.fail(error instanceof JournalFailure ? error : new JournalFailure("io", String(error), { cause: error }))
          return
        }
        this.#unanswered = error
        pause = this.#leaseMs * ASKED_AGAIN_AFTER
      }
    }
  }
}

// Parts of the lease's length.
const RENEWED_EVERY = 1 / 4
const ASKED_AGAIN_AFTER = 1 / 40

/** What clocks may differ in speed and an answer may take to leave. */
const MARGIN = 1 / 10

const GLANCE = {
  name: "homeport glance",
  text: "SELECT address, extract(epoch FROM expires_at - clock_timestamp()) * 1000 AS remaining FROM lease",
}

const TAKE = {
  text: `
    WITH taken AS (
      UPDATE lease
      SET epoch = epoch + 1, holder = $1, address = $2, expires_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
      WHERE expires_at <= clock_timestamp()
      RETURNING epoch
    )
    UPDATE fence SET epoch = taken.epoch FROM taken RETURNING fence.epoch
  `,
}

// Kept only by the holder of the newest epoch, and also when it had run out with nobody there to take it.
const RENEW = {
  name: "homeport renew",
  text: `
    UPDATE lease SET expires_at = clock_timestamp() + $2::float8 * interval '1 millisecond' WHERE epoch = $1
    RETURNING epoch
  `,
}

const RELEASE = {
  text: "UPDATE lease SET expires_at = 'epoch', address = '' WHERE epoch = $1 RETURNING pg_notify(current_schema(), '')::text",
}
