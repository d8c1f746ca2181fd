/** States what our own code relies on. A breach is our mistake: it ends the turn and is logged, never answered as if nothing were wrong. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

export class AssertionError extends Error {
  override readonly name = "AssertionError"
}

/** For the branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected value: ${String(value)}`)
}
