import { Socket } from "node:net"
import { Client, escapeIdentifier, types } from "pg"
import { type Cancel, sleep, type World } from "../../world/world.ts"
import { classified, Unanswered } from "./postgres-failure.ts"

export interface SessionOptions {
  readonly connection: string
  readonly schema: string
  readonly world: Pick<World, "after">

  /** How long the server may work on a statement; the answer is waited for a little longer. */
  readonly limitMs: number

  /** How long it may take to make the connection, which is several exchanges in a row; as long as a statement if not said. */
  readonly connectMs?: number

  /** Runs whenever another session calls `pg_notify` for the schema. A session without it does not listen. */
  readonly onNotify?: () => void
}

export interface Statement {
  /** Statements with a name are parsed once for each connection. */
  readonly name?: string
  readonly text: string
}

/**
 * One connection, made when it is first needed and made again after it was lost. It never repeats a statement by itself,
 * and nothing that it is asked hangs for ever: what takes longer than the limit ends the connection.
 */
export class Session {
  readonly #options: SessionOptions
  #connected: Promise<Connected> | undefined
  #closed = false

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Rejects with Unanswered, AlreadyThere or a JournalFailure. */
  async run<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]> {
    const { client, socket } = await this.#reach()
    const cancel = this.#limit(socket, this.#statementMs())
    try {
      const result = await client.query<Row>(values === undefined ? statement : { ...statement, values: [...values] })
      // A text of several statements has several results; the last one is what it was run for.
      return (Array.isArray(result) ? result.at(-1) : result).rows
    } catch (error) {
      throw classified(error)
    } finally {
      cancel()
    }
  }

  /** All of the work or nothing of it; a transaction that cannot be ended in order ends with its connection. */
  async transaction<Result>(begin: string, work: () => Promise<Result>): Promise<Result> {
    await this.run({ text: begin })
    try {
      const result = await work()
      await this.run({ text: "COMMIT" })
      return result
    } catch (error) {
      await this.#drop()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const connected = await this.#connected?.catch(() => undefined)
    if (connected === undefined) return
    const cancel = this.#limit(connected.socket, this.#statementMs())
    await connected.client.end().catch(() => {})
    cancel()
  }

  #reach(): Promise<Connected> {
    if (this.#closed) return Promise.reject(new Unanswered("the session is closed"))
    if (this.#connected === undefined) {
      const connecting = this.#connect(() => {
        if (this.#connected === connecting) this.#connected = undefined
      })
      this.#connected = connecting
    }
    return this.#connected
  }

  async #connect(onLost: () => void): Promise<Connected> {
    const { connection, schema, limitMs, connectMs = this.#statementMs(), onNotify } = this.#options
    const socket = new Socket()
    const client = new Client({
      connectionString: connection,
      stream: () => socket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: "homeport",
      types: { getTypeParser },
    })
    client.on("error", onLost)
    client.on("end", onLost)
    if (onNotify !== undefined) client.on("notification", onNotify)

    const cancel = this.#limit(socket, connectMs)
    try {
      await client.connect()
      await client.query(settings(schema, limitMs))
      if (onNotify !== undefined) await client.query(`LISTEN ${escapeIdentifier(schema)}`)
      return { client, socket }
    } catch (error) {
      onLost()
      socket.destroy()
      throw classified(error)
    } finally {
      cancel()
    }
  }

  #limit(socket: Socket, ms: number): Cancel {
    return this.#options.world.after(ms, () => socket.destroy())
  }

  #statementMs(): number {
    return this.#options.limitMs * PATIENCE
  }

  async #drop(): Promise<void> {
    const connecting = this.#connected
    this.#connected = undefined
    const connected = await connecting?.catch(() => undefined)
    connected?.socket.destroy()
  }
}

interface Connected {
  readonly client: Client
  readonly socket: Socket
}

/** The server's own limit should be the one that is reached: it tells what happened. */
const PATIENCE = 1.2

/** What the journal relies on is set for each session, whatever the server's or the user's defaults are. */
function settings(schema: string, limitMs: number): string {
  return `
    SET search_path = ${escapeIdentifier(schema)};
    SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET default_transaction_read_only = off;
    SET client_encoding = 'UTF8';
    SET statement_timeout = ${limitMs};
    SET idle_in_transaction_session_timeout = 60000;
    SET client_min_messages = warning;
    SET jit = off;
  `
}

const INT8 = types.builtins.INT8

/** Versions and counts stay far below 2^53, so they come as numbers. */
const getTypeParser = ((type: number, format?: "text") =>
  type === INT8 ? Number : types.getTypeParser(type, format)) as typeof types.getTypeParser

/** Asks again, with pauses, while the answer stays out and `mayContinue`. */
export async function untilAnswered<Result>(
  world: Pick<World, "after">,
  ask: () => Promise<Result>,
  mayContinue: (error: Unanswered) => boolean,
): Promise<Result> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Unanswered) || !mayContinue(error)) throw error
    }
    await sleep(world, PAUSE_MS)
  }
}

const PAUSE_MS = 50
