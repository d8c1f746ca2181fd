import { expect, test } from "vitest"
import { RegionError } from "../region.ts"
import { ARN, anAgent, aRegion, askAs, aTaskRecord, credentialsNamed } from "./testing.ts"

const STATE = "/api/endpoint-1/task-protection/v1/state"

test("a task reads its protection with the credentials of its own role", async () => {
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  const region = aRegion(() => ({
    protectedTasks: [{ taskArn: ARN, protectionEnabled: true, expirationDate: Date.UTC(2026, 0, 2) / 1000 }],
    failures: [],
  }))

  expect(await askAs(STATE, task, { agent: anAgent([task], { region }) })).toEqual({
    status: 200,
    body: { protection: { ExpirationDate: "2026-01-02T00:00:00.000Z", ProtectionEnabled: true, TaskArn: ARN } },
  })
  expect(region.calls).toEqual([
    [
      "ecs",
      "GetTaskProtection",
      { cluster: "default", tasks: [ARN] },
      { credentials: credentialsNamed("role-1"), msMax: 4_000 },
    ],
  ])
})

test.each([
  ['{"ProtectionEnabled":true,"ExpiresInMinutes":60}', { protectionEnabled: true, expiresInMinutes: 60 }],
  ['{"ProtectionEnabled":true}', { protectionEnabled: true }],
  ['{"ProtectionEnabled":false,"ExpiresInMinutes":60}', { protectionEnabled: false }],
])("a task protects itself by %s", async (body, update) => {
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  const region = aRegion(() => ({ protectedTasks: [{ taskArn: ARN, protectionEnabled: update.protectionEnabled }] }))
  const response = await askAs(STATE, task, { agent: anAgent([task], { region }), request: { method: "PUT", body } })

  expect(response.status).toBe(200)
  expect(region.calls[0]?.[2]).toEqual({ cluster: "default", tasks: [ARN], ...update })
})

test.each([
  ["not json", "UpdateTaskProtection: failed to decode request"],
  ['{"ProtectionEnabled":"yes"}', "UpdateTaskProtection: failed to decode request"],
  ['{"ProtectionEnabled":true,"Minutes":5}', "UpdateTaskProtection: failed to decode request"],
  ["{}", "Invalid request: does not contain 'ProtectionEnabled' field"],
])("protection asked for as %s is refused", async (body, message) => {
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  expect(await askAs(STATE, task, { request: { method: "PUT", body } })).toMatchObject({
    status: 400,
    body: { error: { Code: "InvalidParameterException", Message: message } },
  })
})

test.each([
  ["a task without a role", {}, 403, "AccessDeniedException"],
  ["a region that does not answer", { error: new RegionError("Unreachable", 0, "timed out") }, 504, "RequestCanceled"],
  [
    "a refusal of the region",
    { error: new RegionError("ThrottlingException", 429, "slow down") },
    429,
    "ThrottlingException",
  ],
  ["an answer without the task", { answer: {} }, 500, "ServerException"],
])("protection meets %s", async (_case, { error, answer }: { error?: Error; answer?: object }, status, code) => {
  const task = aTaskRecord(undefined, error || answer ? { taskCredentialsId: "role-1" } : {})
  const region = aRegion(() => {
    if (error !== undefined) throw error
    return { ...answer }
  })
  expect(await askAs(STATE, task, { agent: anAgent([task], { region }) })).toMatchObject({
    status,
    body: { error: { Arn: ARN, Code: code } },
  })
})

test("a failure that ECS tells of a task is an answer", async () => {
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  const region = aRegion(() => ({ failures: [{ arn: ARN, reason: "TASK_NOT_VALID", detail: "not of a service" }] }))
  expect(await askAs(STATE, task, { agent: anAgent([task], { region }) })).toEqual({
    status: 200,
    body: { failure: { Arn: ARN, Reason: "TASK_NOT_VALID", Detail: "not of a service" } },
  })
})

test("protection of nobody here is not found", async () => {
  expect(await askAs("/api/other/task-protection/v1/state", aTaskRecord())).toMatchObject({
    status: 404,
    body: { error: { Code: "ResourceNotFoundException", Message: "Failed to find a task for the request" } },
  })
})
