import { status } from "@grpc/grpc-js"
import { EngineError, type EngineErrorKind } from "../engine-error.ts"

/** What containerd answered instead of doing it. */
export class ContainerdError extends EngineError {
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(kindOf(code), message, options)
    this.code = code
  }
}

/** Of whatever a call failed with; what was no answer of containerd's stays as it is. */
export function engineError(error: unknown): unknown {
  if (error instanceof EngineError) return error
  const { code, details } = error as { code?: unknown; details?: unknown }
  if (typeof code !== "number" || typeof details !== "string") return error
  return new ContainerdError(code, details, { cause: error })
}

export function isThere(error: unknown): boolean {
  return error instanceof ContainerdError && error.code === status.ALREADY_EXISTS
}

export function isGone(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "gone"
}

/** For taking away what another try, or somebody else, may have taken away already. */
export async function unlessGone<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** For making what an earlier try may have made. */
export async function unlessThere<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call
  } catch (error) {
    if (isThere(error)) return undefined
    throw error
  }
}

function kindOf(code: number): EngineErrorKind {
  switch (code) {
    case status.NOT_FOUND:
      return "gone"
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
    case status.UNIMPLEMENTED:
      return "invalid"
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
    case status.CANCELLED:
      return "unavailable"
    default:
      return "machine"
  }
}
