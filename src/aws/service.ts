import type { Controller } from "../store/controller.ts"
import type { AnyTable } from "../store/table.ts"
import type { Fault } from "./fault.ts"
import type { Operations, OperationTable } from "./operations.ts"
import { type ProtocolName, speaksForms } from "./protocols/protocol.ts"
import type { SocketEndpoints } from "./socket.ts"

/**
 * One AWS service, as the front door and the store see it. What the service's SDK client exports is loaded at the
 * first request for the service, so that start-up and idle memory do not grow with the catalogue; hence the few facts
 * that are needed to recognise its requests stand here.
 */
export interface Service {
  /** The prefix of its IAM actions and ARNs, as in `ecs`. */
  readonly name: string

  /** The service in a signature's credential scope, where it is not `name`. */
  readonly signingName: string

  /** First labels of the host names under which clients reach it. */
  readonly hosts: readonly string[]

  /** What stands before the dot in `X-Amz-Target`. */
  readonly targetPrefix?: string

  /** The `Version` that query requests name. */
  readonly queryVersion?: string

  /** The wire protocols that its clients speak; the first is that of today's SDK. */
  readonly protocols: readonly ProtocolName[]
  readonly sdk: () => Promise<object>
  readonly operations: OperationTable
  readonly tables: readonly AnyTable[]
  readonly controllers: readonly Controller[]

  /** What clients keep connections to, beside its operations. */
  readonly sockets?: SocketEndpoints

  /** The largest body of a request that does not stream. */
  readonly bodyBytesMax: number

  /** The IAM action of operations for which it has another name, as `s3:ListBucket` for ListObjectsV2. */
  readonly actions?: Readonly<Record<string, string>>

  /** Texts that AWS's own clients send with an operation and the published SDK leaves out, by operation. */
  readonly unpublished?: Unpublished

  /** The service's own words for required members that are missing. */
  readonly missing?: (paths: readonly string[]) => Fault

  /** Operations for callers who have no key yet, and so sign nothing; what else they bring is for the operation to verify. */
  readonly unsigned?: readonly string[]
}

export type Unpublished = Readonly<Record<string, readonly string[]>>

export interface ServiceDefinition<Sdk extends object> {
  readonly name: string
  readonly signingName?: string
  readonly hosts?: readonly string[]
  readonly targetPrefix?: string
  readonly queryVersion?: string
  readonly protocols: readonly [ProtocolName, ...ProtocolName[]]
  readonly sdk: () => Promise<Sdk>
  readonly operations: Operations<Sdk>
  readonly tables?: readonly AnyTable[]
  readonly controllers?: readonly Controller[]
  readonly sockets?: SocketEndpoints
  readonly bodyBytesMax?: number
  readonly actions?: Readonly<Record<string, string>>
  readonly unpublished?: Unpublished
  readonly missing?: (paths: readonly string[]) => Fault
  readonly unsigned?: readonly string[]
}

export function service<Sdk extends object>(definition: ServiceDefinition<Sdk>): Service {
  return {
    signingName: definition.name,
    hosts: [definition.name],
    tables: [],
    controllers: [],
    // Forms say the same at greater length and are slower to read; AWS takes less of them as well.
    bodyBytesMax: speaksForms(definition.protocols[0]) ? 2 ** 20 : 2 * 2 ** 20,
    ...definition,
    operations: definition.operations as unknown as OperationTable,
  }
}
