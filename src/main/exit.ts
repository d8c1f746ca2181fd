/** How Homeport's processes end. Scripts may rely on these numbers; the supervisor does. */
export const EXIT = {
  ok: 0,

  /** Something went wrong that nobody expected; the log has it. The supervisor starts the region again. */
  failed: 1,

  /** The command line makes no sense. */
  usage: 2,

  /** It cannot run until someone changes something: a port in use, a wrong master key, a damaged journal, missing rights. */
  refused: 3,

  /** The journal failed or another process took the lead. The supervisor starts the region again. */
  journalLost: 4,
} as const

/** Why a command cannot do what it was asked, in one sentence for the person who asked. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.refused, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
