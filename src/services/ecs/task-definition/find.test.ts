import { expect, test } from "vitest"
import { Fault } from "../../../aws/fault.ts"
import type { Call } from "../../../aws/operations.ts"
import { regionScope } from "../../../store/changes.ts"
import { startWorld } from "../../testing.ts"
import { activeDefinition, definitionByArn, findDefinition } from "./find.ts"

/** Two revisions, the second of them deregistered, and a way to look for them as an operation does. */
async function startWithDefinitions() {
  const { ecs, store, account } = await startWorld()
  for (const family of ["web", "web"]) {
    await ecs.registerTaskDefinition({ family, containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }] })
  }
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:2" })
  const owner = { account, region: "us-east-1" }
  return {
    arn: `arn:aws:ecs:us-east-1:${account}:task-definition/web`,
    during<T>(operation: string, look: (call: Call) => T): T {
      return store.transact(regionScope(account, "us-east-1"), (tx) => look({ ...owner, operation, tx } as Call))
    },
  }
}

test("a definition is found by family, by number and by ARN", async () => {
  const { arn, during } = await startWithDefinitions()
  const revisions = { web: 1, "web:1": 1, "web:2": 2, "web:3": undefined, we: undefined, [arn]: 1, [`${arn}:2`]: 2 }
  for (const [identifier, revision] of Object.entries(revisions)) {
    expect(during("RunTask", (call) => findDefinition(call.tx, call, identifier))?.revision).toBe(revision)
  }
  expect(during("RunTask", ({ tx }) => definitionByArn(tx, `${arn}:2`))?.revision).toBe(2)
  expect(during("RunTask", ({ tx }) => definitionByArn(tx, `${arn}:3`))).toBeUndefined()
})

test("each operation that starts tasks has its own error for a definition that is not ACTIVE", async () => {
  const { arn, during } = await startWithDefinitions()
  expect(during("RunTask", (call) => activeDefinition(call, "web")).revision).toBe(1)
  const refusals = [
    ["RunTask", "web:2", "InvalidParameterException", "TaskDefinition is inactive"],
    ["StartTask", "web:2", "InvalidParameterException", "TaskDefinition is inactive"],
    ["UpdateService", "web:2", "ClientException", "TaskDefinition is inactive"],
    ["CreateService", "web:3", "ClientException", "TaskDefinition not found."],
    ["RunTask", "nowhere", "ClientException", "TaskDefinition not found."],
    ["RunTask", `${arn}:1`.replace("us-east-1", "eu-west-1"), "ClientException", "TaskDefinition not found."],
  ] as const
  for (const [operation, identifier, code, sentence] of refusals) {
    const refused = during(operation, (call) => {
      try {
        return activeDefinition(call, identifier)
      } catch (error) {
        return error
      }
    })
    expect(refused).toBeInstanceOf(Fault)
    expect(refused).toMatchObject({ code, message: sentence })
  }
})
