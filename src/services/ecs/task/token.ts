import { createHash } from "node:crypto"
import type { RunTaskRequest } from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import { compareStrings } from "../../../base/ordering.ts"
import { fault, invalid } from "../fault.ts"
import { runTokens } from "../tables/run-token.ts"
import { type Task, tasks } from "../tables/task.ts"

/** The tasks, as they are now, that an earlier request with the same token has started; undefined if there was none. */
export function tasksOfToken(call: Call, clusterArn: string, request: RunTaskRequest): readonly Task[] | undefined {
  const { clientToken: token } = request
  if (token === undefined) return undefined
  if (!TOKEN.test(token)) throw invalid("clientToken must have 1 to 64 visible ASCII characters.")

  const remembered = call.tx.get(runTokens, runTokens.key({ clusterArn, token } as never))
  if (remembered === undefined) return undefined
  const started = remembered.taskArns.flatMap((arn) => call.tx.get(tasks, arn) ?? [])
  // A token lasts no longer than its tasks can be looked at.
  if (started.length === 0) return undefined
  if (remembered.request === digestOf(request)) return started
  throw fault(
    "ConflictException",
    "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different request.",
    { resourceIds: remembered.taskArns },
  )
}

/** A request that could start nothing is not remembered: when it is repeated there may be room. */
export function rememberToken(call: Call, clusterArn: string, request: RunTaskRequest, started: readonly Task[]): void {
  const { clientToken: token } = request
  if (token === undefined || started.length === 0) return
  const taskArns = started.map(({ arn }) => arn)
  call.tx.put(runTokens, { clusterArn, token, request: digestOf(request), taskArns, createdAt: call.now })
}

/** The same text for the same request, in whatever order its members were sent. */
export function digestOf(request: object): string {
  const text = JSON.stringify(request, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => compareStrings(a, b)))
      : part,
  )
  return createHash("sha256").update(text).digest("hex")
}

const TOKEN = /^[!-~]{1,64}$/
