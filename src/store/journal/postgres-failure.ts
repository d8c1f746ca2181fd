import { DatabaseError } from "pg"
import { JournalFailure } from "./journal.ts"

/**
 * The database did not answer, or not in time, or is just starting or stopping. What was asked of it may have happened
 * all the same. Asking again may help, as long as the asker has time.
 */
export class Unanswered extends Error {
  override readonly name = "Unanswered"
}

/** A row is there already that was to be written. */
export class AlreadyThere extends Error {
  override readonly name = "AlreadyThere"
}

/** What an error of the driver means for the journal. */
export function classified(error: unknown): Unanswered | AlreadyThere | JournalFailure {
  if (error instanceof JournalFailure || error instanceof Unanswered) return error
  const { message } = error as Error
  // Whatever the server did not say itself was said by the socket or by the driver about the socket.
  if (!(error instanceof DatabaseError) || error.code === undefined) return new Unanswered(message, { cause: error })
  const { code } = error
  if (code === UNIQUE_VIOLATION) return new AlreadyThere(message, { cause: error })
  if (PASSING.some((start) => code.startsWith(start))) return new Unanswered(message, { cause: error })
  const [, kind, sentence] = LASTING.find(([start]) => code.startsWith(start)) ?? ["", "io", "The database failed"]
  return new JournalFailure(kind, `${sentence}: ${message} (${code})`, { cause: error })
}

const UNIQUE_VIOLATION = "23505"

/** Starts of the SQLSTATEs that say nothing about the next attempt. */
const PASSING = [
  "08", // connection
  "40", // deadlock, serialization
  "53300", // too many connections
  "55P03", // a lock was not to be had in time
  "57", // cancelled by a time limit, shutting down, starting up
  "25006", // the server is a replica that has not been promoted yet
  "25P03", // we were idle in a transaction for too long
]

const LASTING: readonly (readonly [start: string, kind: JournalFailure["kind"], sentence: string])[] = [
  ["53100", "full", "The database's disk is full"],
  ["28", "unreachable", "The database does not let this user in"],
  ["3D000", "unreachable", "The database does not exist"],
  ["42501", "unreachable", "The database user lacks a right"],
  ["XX001", "damaged", "The database found its own files damaged"],
  ["XX002", "damaged", "The database found its own files damaged"],
]
