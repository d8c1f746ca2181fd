import type { Tx } from "../store/transaction.ts"
import type { Random, World } from "../world/world.ts"
import type { Conditions, ConditionsOf, ResourcePolicy } from "./authorizer.ts"
import type { Keys } from "./keys.ts"
import type { PageTokens } from "./page.ts"
import type { Principal } from "./principal.ts"

/** What every operation knows of the request that it answers. */
export interface Caller {
  readonly account: string
  readonly region: string
  readonly partition: string
  readonly principal: Principal
  readonly requestId: string

  /** Scheme and host under which the caller has reached us, as in `https://homeport.example:8443`. */
  readonly origin: string

  /** Where the request came from; undefined where nobody can know. */
  readonly sourceIp: string | undefined
  readonly userAgent: string | undefined

  /** The prefix of its IAM actions, as in `ecs`. */
  readonly service: string

  /** As in `CreateCluster`. */
  readonly operation: string

  /** What policies call it, as in `ecs:CreateCluster`. */
  readonly action: string

  /** Milliseconds since 1970; the same throughout the operation. */
  readonly now: number
  readonly random: Random
  readonly pages: PageTokens
  readonly keys: Keys
}

/** A plain operation's view of the world: one transaction in its caller's account and region. */
export interface Call extends Caller {
  readonly tx: Tx

  /**
   * Says what the operation acts on, as soon as it has found it, and throws AWS's denial when the caller may not.
   * Every operation calls it; one that answers without having done so is a mistake of ours, found by its test. A resource
   * that has a policy of its own hands it over.
   */
  authorize(
    resources: string | readonly string[],
    conditions?: Conditions | ConditionsOf,
    policy?: ResourcePolicy,
  ): void

  /** The same for what an operation does in its caller's name beyond itself, as in `iam:PassRole` on a role. */
  authorizeAlso(action: string, resource: string, conditions?: Conditions | ConditionsOf, policy?: ResourcePolicy): void

  /** Says, in the place of `authorize`, that AWS lets everyone who can sign do this, whatever the policies. */
  openToAll(): void
}

/** A flow's view: it may wait, and changes state only through transactions of its own. */
export interface FlowCall extends Caller {
  readonly world: World

  /** Raised when the caller has gone away or the process stops; what the flow holds is then let go. */
  readonly signal: AbortSignal

  /** Runs `work` as a plain operation runs, and resolves once it is durable. A flow authorises in its first one. */
  transact<T>(work: (call: Call) => T): Promise<T>
}

export type Plain<I = never, O = object> = (call: Call, input: I) => O

export interface Flow<I = never, O = object> {
  readonly run: (call: FlowCall, input: I) => Promise<O>
}

/** Marks an operation that waits for disk, peers or the caller. */
export function flow<I, O>(run: (call: FlowCall, input: I) => Promise<O>): Flow<I, O> {
  return { run }
}

type CommandClass<I, O> = abstract new (
  ...args: never
) => {
  readonly input: I
  resolveMiddleware(...args: never): (...args: never) => Promise<{ output: O }>
}

/**
 * The operations of one SDK client, by name, with the SDK's own input and output types: a misspelt operation or member
 * does not compile. This is the only place an operation is written; routing, parsing, rendering and its IAM action
 * follow from it.
 */
export type Operations<Sdk> = {
  readonly [K in keyof Sdk as K extends `${infer Name}Command`
    ? Exclude<Name, "$">
    : never]?: Sdk[K] extends CommandClass<infer I, infer O>
    ? Plain<Streamed<I>, Streamed<Omit<O, "$metadata">>> | Flow<Streamed<I>, Streamed<Omit<O, "$metadata">>>
    : never
}

/** The SDK's streams are made for its own side of the wire; on ours a stream of bytes is just that. */
type Streamed<T> = { [K in keyof T]: IsByteStream<T[K]> extends true ? AsyncIterable<Uint8Array> : T[K] }
type IsByteStream<T> = Extract<T, { readonly pipe: unknown } | ReadableStream> extends never ? false : true

/** Operations with their types forgotten, as the front door handles them. */
export type OperationTable = Readonly<Record<string, Plain | Flow | undefined>>

export function isFlow(operation: Plain | Flow): operation is Flow {
  return typeof operation !== "function"
}
