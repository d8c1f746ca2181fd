import { hostname } from "node:os"
import { sleep, type World } from "../../world/world.ts"
import { type Apply, type Journal, JournalFailure, type Leadership } from "./journal.ts"
import { Appender, closed } from "./postgres-append.ts"
import { Unanswered } from "./postgres-failure.ts"
import { Folding } from "./postgres-fold.ts"
import { Follower } from "./postgres-follow.ts"
import { glanceAtLease, type Lease, takeLease } from "./postgres-lease.ts"
import { prepareSchema } from "./postgres-schema.ts"
import { Session, untilAnswered } from "./postgres-session.ts"

export interface PostgresOptions {
  /** As libpq takes it: `postgresql://user@host:5432/database`. A pooler in between has to pool sessions, not statements. */
  readonly connection: string

  /** Where the other replicas can reach this process's API. */
  readonly address: string

  readonly world: World

  /** Everything lies in this schema; several installations may share a database. */
  readonly schema?: string

  /** How long a leader that is not heard of still counts as alive. */
  readonly leaseMs?: number

  /** How long the database may be out of reach before a process that does not lead gives up. */
  readonly reachWithinMs?: number

  readonly foldEveryMs?: number

  /** How long a standby may be out of touch without having to start again. */
  readonly keepLogMs?: number
}

export interface PostgresJournal extends Journal {
  /** Folds now what would soon be folded anyway. */
  fold(): Promise<void>
}

/** Several processes over one PostgreSQL: one leads by a lease, the others follow what it appends and take over. */
export function postgresJournal(options: PostgresOptions): PostgresJournal {
  const { connection, address, world, schema = "homeport", leaseMs = 2_000, reachWithinMs = 10_000 } = options
  const { foldEveryMs = 5_000, keepLogMs = 120_000 } = options

  // Connections of their own, so that a long fold delays no append and a long append no renewal.
  const shared = { connection, schema, world, limitMs: STATEMENT_MS }
  const bell = aBell(world)
  const following = new Session({ ...shared, onNotify: bell.ring })
  const renewing = new Session({ ...shared, limitMs: leaseMs * RENEWAL, connectMs: leaseMs * RENEWAL_CONNECT })
  const appending = new Session(shared)
  const folds = new Session({ ...shared, limitMs: FOLD_STEP_MS })

  const holder = { name: `${hostname()} ${process.pid}`, address, leaseMs }
  let leader: { readonly address: string; readonly until: number } | undefined
  let beginning: Promise<Leadership> | undefined
  let led: Led | undefined
  let ending = false

  /** Asks until there is an answer, as long as the database has not been out of reach for too long. */
  function reach<Result>(ask: () => Promise<Result>, mayRepeat = () => true): Promise<Result> {
    const deadline = world.monotonic() + reachWithinMs
    const mayContinue = () => !ending && mayRepeat() && world.monotonic() < deadline
    return untilAnswered(world, ask, mayContinue).catch((error) => {
      if (ending) throw closed()
      if (!(error instanceof Unanswered)) throw error
      throw new JournalFailure("unreachable", `The database cannot be reached: ${error.message}.`, { cause: error })
    })
  }

  /** Follows until the lease is ours. */
  async function waitForLease(follower: Follower): Promise<Lease> {
    for (;;) {
      await reach(() => follower.catchUp())
      const glance = await reach(() => glanceAtLease(following))
      leader = { address: glance.address, until: world.monotonic() + glance.remainingMs }
      if (glance.remainingMs <= 0) {
        const lease = await takeLease(renewing, world, holder).catch((error) => {
          // It may have been taken all the same; then it runs out unused, and is asked for again.
          if (error instanceof Unanswered) return undefined
          throw error
        })
        if (lease !== undefined) return lease
      }
      if (ending) throw closed()
      await bell.rung(Math.min(POLL_MS, Math.max(TAKEN_AGAIN_MS, glance.remainingMs)))
    }
  }

  async function begin(apply: Apply): Promise<Leadership> {
    const follower = new Follower(following, world, apply)
    await reach(() => prepareSchema(following, schema))
    await reach(
      () => follower.load(),
      () => !follower.begun,
    )
    const lease = await waitForLease(follower)
    try {
      // What the last leader appended until the very end: see `takeLease` for why there can be nothing more.
      await reach(
        () => follower.catchUp(),
        () => lease.holds(),
      )
    } catch (error) {
      await lease.release()
      throw error
    }
    const appender = new Appender(appending, world, lease, follower.place)
    const folding = new Folding(folds, world, lease, {
      everyMs: foldEveryMs,
      keepMs: keepLogMs,
      upTo: () => appender.place.version,
    })
    void lease.lost.then(() => folding.end())
    led = { lease, appender, folding }
    await following.close()
    return {
      version: follower.place.version,
      append: (entries) => appender.append(entries),
      mayAnswer: () => lease.holds(),
      lost: lease.lost,
    }
  }

  return {
    lead(apply) {
      beginning = ending ? Promise.reject(closed()) : begin(apply)
      return beginning
    },

    leaderAddress() {
      if (led !== undefined || leader === undefined || leader.address === "") return undefined
      return world.monotonic() < leader.until ? leader.address : undefined
    },

    async fold() {
      await led?.folding.now()
    },

    async close() {
      ending = true
      bell.ring()
      await following.close()
      await beginning?.catch(() => {})
      await led?.appender.settled()
      led?.folding.end()
      await led?.lease.release()
      await Promise.all([renewing, appending, folds].map((session) => session.close()))
    },
  }
}

interface Led {
  readonly lease: Lease
  readonly appender: Appender
  readonly folding: Folding
}

/** Long for what is asked, short against how long a lost connection may otherwise go unnoticed. */
const STATEMENT_MS = 5_000

// Parts of the lease's length, so that one slow connection and the renewal after it are not the end of the lease.
const RENEWAL = 1 / 4
const RENEWAL_CONNECT = 2 / 5

/** One append may be large, and is folded in one step. */
const FOLD_STEP_MS = 60_000

/** Notifications come sooner; this is for those that are lost with a connection. */
const POLL_MS = 200

/** The pause before asking for a lease that has run out and that somebody else may just be taking. */
const TAKEN_AGAIN_MS = 20

/** Something to wait for that may happen at any time, also before the waiting begins. */
function aBell(world: World) {
  let rang = false
  let wake = () => {}
  return {
    ring() {
      rang = true
      wake()
    },
    async rung(limitMs: number): Promise<void> {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const cancel = world.after(limitMs, resolve)
          wake = () => {
            cancel()
            resolve()
          }
        })
      }
      // A leader at work rings all the time; what comes within a few milliseconds is read in one go.
      if (rang) await sleep(world, GATHER_MS)
      rang = false
    },
  }
}

const GATHER_MS = 5
