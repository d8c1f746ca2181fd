import { expect, test } from "vitest"
import { recordingLog } from "../../world/log.ts"
import { handleEndpoint } from "./handler.ts"
import { ARN, anAgent, aRequest, askAs, aTaskRecord } from "./testing.ts"

test.each(["/v2/credentials/role-1", "/v1/credentials?id=role-1"])(
  "%s gives a task the credentials of its role",
  async (url) => {
    expect(await askAs(url, aTaskRecord(undefined, { taskCredentialsId: "role-1" }))).toEqual({
      status: 200,
      body: {
        RoleArn: "arn:aws:iam::111122223333:role/app",
        AccessKeyId: "AKIA-role-1",
        SecretAccessKey: "the secret",
        Token: "the token",
        Expiration: "2026-01-01T06:00:00Z",
      },
    })
  },
)

test.each(["/v2/credentials/role-2", "/v1/credentials?id=role-2"])(
  "%s of another task is refused, though there are such credentials",
  async (url) => {
    const [own, other] = [
      aTaskRecord("1", { taskCredentialsId: "role-1" }),
      aTaskRecord("2", { taskCredentialsId: "role-2" }),
    ]
    expect(await askAs(url, own, { agent: anAgent([own, other]) })).toEqual({
      status: 400,
      body: {
        code: "InvalidIdInRequest",
        message: expect.stringMatching(/^CredentialsV[12]Request: Credentials not found$/),
        HTTPErrorCode: 400,
      },
    })
  },
)

test("the execution role's credentials are the agent's alone", async () => {
  const task = aTaskRecord(undefined, { executionCredentialsId: "execution-1" })
  expect(await askAs("/v2/credentials/execution-1", task)).toMatchObject({ status: 400 })
})

test("a credentials request without an id says so, and one before the region has sent them asks for patience", async () => {
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  const agent = anAgent([task], { credentials: () => undefined })

  expect(await askAs("/v2/credentials/", task)).toMatchObject({ status: 400, body: { code: "NoIdInRequest" } })
  expect(await askAs("/v1/credentials", task)).toMatchObject({ status: 400, body: { code: "NoIdInRequest" } })
  expect(await askAs("/v2/credentials/role-1", task, { agent })).toMatchObject({
    status: 503,
    body: { code: "CredentialsUninitialized", HTTPErrorCode: 503 },
  })
})

test("each credentials request leaves a line in the log, and no secret in it", async () => {
  const log = recordingLog()
  const task = aTaskRecord(undefined, { taskCredentialsId: "role-1" })
  const scope = () => [{ agent: anAgent([task]), task }]

  await handleEndpoint(aRequest("/v2/credentials/role-1"), scope, { log })
  await handleEndpoint(aRequest("/v2/credentials/guess"), scope, { log })
  expect(log.lines.map(({ fields }) => fields)).toEqual([
    { event: "GetCredentials", status: 200, userAgent: "curl/8.0", task: ARN, instance: "local" },
    { event: "GetCredentials", status: 400, userAgent: "curl/8.0" },
  ])
  expect(JSON.stringify(log.lines)).not.toMatch(/secret|token|role-1|guess/)
})
