import type { NormalizedSchema } from "@smithy/core/schema"
import type { Fault } from "../fault.ts"

/** What a fault says on the wire, apart from the form that each protocol gives it. */
export interface FaultShape {
  /** Undefined for a fault that the SDK does not declare. */
  readonly schema: NormalizedSchema | undefined

  /** The exception's name, as the SDK declares it; otherwise the fault's own code. */
  readonly name: string

  /** The code of query protocols, which now and then is not the name, as in `ValidationError`. */
  readonly queryCode: string
  readonly status: number
  readonly isServerFault: boolean
  readonly message: string

  /** Some shapes spell it with a capital. */
  readonly messageName: "message" | "Message"

  /** What the shape declares beside its message. */
  readonly members: Readonly<Record<string, unknown>>
}

export function faultShape(fault: Fault, schema: NormalizedSchema | undefined): FaultShape {
  const { error, httpError, awsQueryError } = (schema?.getMergedTraits() ?? {}) as ErrorTraits
  const status = httpError ?? fault.status ?? awsQueryError?.[1] ?? (error === "server" ? 500 : 400)
  const declared: readonly string[] = schema === undefined ? [] : [...schema.structIterator()].map(([name]) => name)
  return {
    schema,
    name: schema?.getName() ?? fault.code,
    queryCode: awsQueryError?.[0] ?? fault.code,
    status,
    isServerFault: error === undefined ? status >= 500 : error === "server",
    message: fault.message,
    messageName: declared.includes("Message") ? "Message" : "message",
    members: fault.members,
  }
}

interface ErrorTraits {
  readonly error?: "client" | "server"
  readonly httpError?: number
  readonly awsQueryError?: readonly [code: string, status: number]
}
