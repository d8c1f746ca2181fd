import { JournalFailure } from "../store/journal/journal.ts"
import type { World } from "../world/world.ts"
import { EXIT, Refusal } from "./exit.ts"
import { MasterKeyRefused } from "./master-key.ts"
import { report } from "./report.ts"

/** Says in the log, to the supervisor and by the exit code why the process ends. */
export async function explain(world: World, error: unknown): Promise<number> {
  const { message, stack, cause } = error instanceof Error ? error : new Error(String(error))
  const code = exitCodeFor(error)
  if (code === EXIT.failed) world.log.error("something failed that nobody expected", { error: stack })
  else world.log.error(message, { exitCode: code, ...(cause instanceof Error ? { cause: cause.message } : {}) })
  await report({ kind: "ending", reason: message })
  return code
}

function exitCodeFor(error: unknown): number {
  if (error instanceof Refusal) return error.exitCode
  if (error instanceof MasterKeyRefused) return EXIT.refused
  if (!(error instanceof JournalFailure)) return EXIT.failed
  return REFUSED.has(error.kind) ? EXIT.refused : EXIT.journalLost
}

/** What does not go away by trying again. */
const REFUSED: ReadonlySet<JournalFailure["kind"]> = new Set(["damaged", "newer-format", "in-use"])
