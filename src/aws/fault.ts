/**
 * The caller's mistake, in AWS's words. Thrown by operations, rendered by the protocol in its own form; nothing that
 * the operation did before it remains.
 */
export class Fault extends Error {
  /** The error as the wire names it: an exception of the SDK, or a code such as EC2's `InvalidVpcID.NotFound`. */
  readonly code: string

  /** Members that the error's shape has beside the message. */
  readonly members: Readonly<Record<string, unknown>>

  /** Where the SDK's schema of the error does not say: 400 unless it says otherwise. */
  readonly status: number | undefined

  constructor(code: string, message: string, { members = {}, status }: FaultOptions = {}) {
    super(message)
    this.name = code
    this.code = code
    this.members = members
    this.status = status
  }
}

export interface FaultOptions {
  readonly members?: Readonly<Record<string, unknown>>
  readonly status?: number
}

/** The names of the exceptions that an SDK client declares, so that a misspelt one does not compile. */
export type FaultName<Sdk> = {
  [K in keyof Sdk]: Sdk[K] extends abstract new (
    ...args: never
  ) => infer E
    ? E extends { readonly name: infer Name extends string; readonly $fault: string }
      ? string extends Name
        ? never
        : Name
      : never
    : never
}[keyof Sdk]

/** What any AWS service may answer, whether or not its SDK client declares it. */
export type CommonFaultName = "AccessDeniedException" | "ThrottlingException" | "ValidationException"

/** A service's own way to make faults: `const fault = faultsOf<typeof sdk>()`. */
export function faultsOf<Sdk>() {
  return (
    code: FaultName<Sdk> | CommonFaultName,
    message: string,
    members?: Readonly<Record<string, unknown>>,
  ): Fault => new Fault(code, message, members === undefined ? {} : { members })
}
