import { regionScope } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import type { World } from "../world/world.ts"
import type { Authorizer } from "./authorizer.ts"
import { type Authorization, assertAuthorized, OperationCall } from "./call.ts"
import { type Call, type Caller, type Flow, isFlow, type Plain } from "./operations.ts"

export interface RunnerOptions {
  readonly world: World
  readonly store: Store
  readonly authorizer: Authorizer
}

type Output = Record<string, unknown>

/** What an operation answers, and the version that must be durable before it may. */
export interface Run<T = Output> {
  readonly output: () => T
  readonly version: number
}

/** Runs an operation. A plain one is a transaction; what a flow waits for, it has waited for already. */
export function runOperation(
  options: RunnerOptions,
  operation: Plain | Flow,
  caller: Caller,
  input: object,
  signal: AbortSignal,
): Run | Promise<Run> {
  return isFlow(operation)
    ? runFlow(options, operation, caller, input, signal)
    : runCall(options, caller, (call) => operation(call, input as never) as Output)
}

/** Runs what is one transaction and has to authorise its caller. */
export function runCall<T>({ store, authorizer }: RunnerOptions, caller: Caller, work: (call: Call) => T): Run<T> {
  const authorization: Authorization = { given: false }
  const outcome = store.attempt(regionScope(caller.account, caller.region), (tx) => {
    const output = work(new OperationCall(caller, tx, authorizer, authorization))
    assertAuthorized(authorization, caller)
    return output
  })
  return {
    version: outcome.version,
    // A refusal rests on what was read as much as any other answer, so it waits as long.
    output: () => {
      if (!outcome.ok) throw outcome.error
      return outcome.value
    },
  }
}

async function runFlow(
  { store, authorizer, world }: RunnerOptions,
  operation: Flow,
  caller: Caller,
  input: object,
  signal: AbortSignal,
): Promise<Run> {
  const authorization: Authorization = { given: false }
  const scope = regionScope(caller.account, caller.region)
  const output = await operation.run(
    {
      ...caller,
      world,
      signal,
      async transact(work) {
        // A flow may go on for hours; each of its transactions has its own time.
        const call = { ...caller, now: world.now() }
        const outcome = store.attempt(scope, (tx) => {
          const value = work(new OperationCall(call, tx, authorizer, authorization))
          assertAuthorized(authorization, caller)
          return value
        })
        if (!store.isDurable(outcome.version)) await store.whenDurable(outcome.version)
        if (outcome.ok) return outcome.value
        throw outcome.error
      },
    },
    input as never,
  )
  assertAuthorized(authorization, caller)
  return { version: 0, output: () => output as Output }
}
