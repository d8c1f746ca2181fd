/** What an engine could not do, in words for the person who runs the task. The agent puts AWS's name of the case before it. */
export class EngineError extends Error {
  override readonly name = "EngineError"
  readonly kind: EngineErrorKind

  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

export type EngineErrorKind =
  /** The registry says that there is no such image. */
  | "image not found"

  /** The registry does not let us. */
  | "registry refused"

  /** The registry, or the way to it, failed; another try may do. */
  | "registry failed"

  /** What was asked for cannot be: another try would fail as well. */
  | "invalid"

  /** The machine could not: no room, no right, no such device. */
  | "machine"

  /** The runtime does not answer; what was asked may or may not have been done. */
  | "unavailable"

  /** What was named is not there. */
  | "gone"
