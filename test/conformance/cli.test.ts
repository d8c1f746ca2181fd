import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Credentials, type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, awsFollowing, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process, over HTTP, signed. Starting takes the CLI most of a second, so calls are few.

let folder: string
let server: ServerProcess
let caller: Caller
let credentials: Credentials

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  credentials = await server.credentials()
  const { accessKeyId, secretAccessKey } = credentials
  caller = { endpoint, accessKeyId, secretAccessKey, home: folder }
})

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

const call = (words: string, ...more: readonly string[]) => aws(caller, words, ...more)

/** What the CLI prints for an answer. */
async function answered(words: string, ...more: readonly string[]): Promise<unknown> {
  const { code, output, complaint } = await call(words, ...more)
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" })
  return output
}

const arnOf = (cluster: string) => `arn:aws:ecs:us-east-1:${credentials.account}:cluster/${cluster}`

/** A cluster as it is shown while nothing runs in it. */
function shown(name: string, more: object = {}): object {
  return {
    clusterArn: arnOf(name),
    clusterName: name,
    status: "ACTIVE",
    registeredContainerInstancesCount: 0,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    statistics: [],
    tags: [],
    settings: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
    ...more,
  }
}

const disabled = [{ name: "containerInsights", value: "disabled" }]
const NOTHING_RUNS = { name: "runningFargateTasksCount", value: "0" }

test("the caller learns who it is", async () => {
  const { account } = credentials
  expect(await answered("sts get-caller-identity")).toEqual({
    UserId: account,
    Account: account,
    Arn: `arn:aws:iam::${account}:root`,
  })
})

test("a cluster is made, described, changed, tagged and deleted", async () => {
  const tags = [{ key: "team", value: "shöp 漢 + more" }]
  const created = await answered("ecs create-cluster --cluster-name shop --tags", JSON.stringify(tags))
  expect(created).toEqual({ cluster: shown("shop", { tags, settings: disabled }) })

  expect(await answered("ecs describe-clusters --clusters shop nowhere")).toEqual({
    clusters: [shown("shop")],
    failures: [{ arn: arnOf("nowhere"), reason: "MISSING" }],
  })
  const include = "--include TAGS SETTINGS STATISTICS ATTACHMENTS"
  expect(await answered(`ecs describe-clusters --clusters ${arnOf("shop")} ${include}`)).toMatchObject({
    clusters: [{ tags, settings: disabled, statistics: expect.arrayContaining([NOTHING_RUNS]), attachments: [] }],
    failures: [],
  })

  const settings = [{ name: "containerInsights", value: "enabled" }]
  const update = "ecs update-cluster-settings --cluster shop --settings name=containerInsights,value=enabled"
  expect(await answered(update)).toMatchObject({ cluster: { settings } })
  const configuration = { executeCommandConfiguration: { logging: "NONE" } }
  expect(
    await answered("ecs update-cluster --cluster shop --configuration", JSON.stringify(configuration)),
  ).toMatchObject({ cluster: { settings, configuration } })

  const strategy = "capacityProvider=FARGATE_SPOT,weight=4 capacityProvider=FARGATE,base=1,weight=1"
  const providers = `--capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy ${strategy}`
  expect(await answered(`ecs put-cluster-capacity-providers --cluster shop ${providers}`)).toMatchObject({
    cluster: {
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategy: [
        { capacityProvider: "FARGATE_SPOT", weight: 4, base: 0 },
        { capacityProvider: "FARGATE", weight: 1, base: 1 },
      ],
      attachmentsStatus: "UPDATE_COMPLETE",
    },
  })

  const resource = `--resource-arn ${arnOf("shop")}`
  expect(await answered(`ecs tag-resource ${resource} --tags key=stage,value=test key=empty,value=`)).toBeUndefined()
  expect(await answered(`ecs untag-resource ${resource} --tag-keys team`)).toBeUndefined()
  const left = [
    { key: "stage", value: "test" },
    { key: "empty", value: "" },
  ]
  expect(await answered(`ecs list-tags-for-resource ${resource}`)).toEqual({ tags: left })

  expect(await answered("ecs delete-cluster --cluster shop")).toMatchObject({ cluster: { status: "INACTIVE" } })
  expect(await answered("ecs list-clusters")).toEqual({ clusterArns: [] })
})

test("the CLI pages through a list, and goes on where it was told to stop", async () => {
  const names = ["a", "b", "c"]
  await Promise.all(names.map((name) => answered(`ecs create-cluster --cluster-name ${name}`)))
  expect(await answered("ecs list-clusters --page-size 2")).toEqual({ clusterArns: names.map(arnOf) })

  const first = await answered("ecs list-clusters --page-size 2 --max-items 1")
  expect(first).toEqual({ clusterArns: [arnOf("a")], NextToken: expect.any(String) })
  const { NextToken } = first as { NextToken: string }
  expect(await answered("ecs list-clusters --page-size 2 --starting-token", NextToken)).toEqual({
    clusterArns: [arnOf("b"), arnOf("c")],
  })
})

test("what a file defines is run as a task and as a service, and both are ended", async () => {
  const fargate = { requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" }
  const containerDefinitions = [{ name: "app", image: "nginx", portMappings: [{ containerPort: 80 }] }]
  const file = join(folder, "web.json")
  writeFileSync(file, JSON.stringify({ family: "web", containerDefinitions, ...fargate }))
  const taskDefinitionArn = `arn:aws:ecs:us-east-1:${credentials.account}:task-definition/web:1`
  const [registered, , subnets] = await Promise.all([
    answered(`ecs register-task-definition --cli-input-json file://${file}`),
    answered("ecs create-cluster --cluster-name tour"),
    answered("ec2 describe-subnets"),
  ])
  expect(registered).toMatchObject({
    taskDefinition: { taskDefinitionArn, status: "ACTIVE", ...fargate, containerDefinitions },
  })
  expect(await answered("ecs list-task-definitions")).toEqual({ taskDefinitionArns: [taskDefinitionArn] })

  // No machine has joined the pool that is FARGATE here, so the task waits for one.
  const [{ SubnetId: subnet }] = (subnets as { readonly Subnets: readonly [{ readonly SubnetId: string }] }).Subnets
  const launch = `--launch-type FARGATE --network-configuration awsvpcConfiguration={subnets=[${subnet}]}`
  const run = await answered(`ecs run-task --cluster tour --task-definition web ${launch}`)
  const task = { taskDefinitionArn, launchType: "FARGATE", lastStatus: "PROVISIONING", desiredStatus: "RUNNING" }
  expect(run).toMatchObject({ tasks: [task], failures: [] })
  const { taskArn } = (run as { readonly tasks: readonly { readonly taskArn: string }[] }).tasks[0]!
  expect(await answered(`ecs describe-tasks --cluster tour --tasks ${taskArn}`)).toMatchObject({
    tasks: [{ taskArn, ...task }],
    failures: [],
  })
  expect(await answered(`ecs stop-task --cluster tour --task ${taskArn} --reason enough`)).toMatchObject({
    task: { taskArn, desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" },
  })

  const service = { serviceName: "web", status: "ACTIVE", desiredCount: 0, runningCount: 0, launchType: "FARGATE" }
  const create = `ecs create-service --cluster tour --service-name web --task-definition web --desired-count 0 ${launch}`
  expect(await answered(create)).toMatchObject({ service })
  expect(await answered("ecs describe-services --cluster tour --services web nowhere")).toMatchObject({
    services: [{ ...service, taskDefinition: taskDefinitionArn, deployments: [{ status: "PRIMARY" }] }],
    failures: [{ arn: expect.stringMatching(/:service\/tour\/nowhere$/), reason: "MISSING" }],
  })
  expect(await answered("ecs delete-service --cluster tour --service web --force")).toMatchObject({
    service: { serviceName: "web", status: "DRAINING" },
  })
})

test("account settings are set, listed and taken back", async () => {
  const principalArn = `arn:aws:iam::${credentials.account}:root`
  const setting = { name: "containerInsights", value: "enabled", principalArn }
  const words = "ecs put-account-setting --name containerInsights --value enabled"
  expect(await answered(words)).toMatchObject({ setting })
  expect(await answered("ecs list-account-settings --name containerInsights --effective-settings")).toMatchObject({
    settings: [setting],
  })
  expect(await answered("ecs delete-account-setting --name containerInsights")).toMatchObject({ setting })
})

test("a log group is made, written to, read, searched, kept for a while, tagged and deleted", async () => {
  const group = "--log-group-name /shop/web"
  const stream = `${group} --log-stream-name app/1`
  expect(await answered(`logs create-log-group ${group} --tags team=a`)).toBeUndefined()
  expect(await answered(`logs create-log-stream ${stream}`)).toBeUndefined()
  const now = Date.now()
  const messages = ["GET / 200", '{"level":"error","path":"/pay"}', "GET /cart 200"]
  const events = messages.map((message, at) => ({ timestamp: now - 100 + at, message }))
  const put = await answered(`logs put-log-events ${stream} --log-events`, JSON.stringify(events))
  expect(put).toMatchObject({ nextSequenceToken: expect.any(String) })

  expect(await answered(`logs get-log-events ${stream} --start-from-head`)).toMatchObject({ events })
  expect(await answered(`logs get-log-events ${stream} --limit 1`)).toMatchObject({ events: events.slice(2) })
  const found = await answered(`logs filter-log-events ${group} --filter-pattern`, '{ $.level = "error" }')
  expect(found).toMatchObject({ events: [{ logStreamName: "app/1", ...events[1] }] })

  expect(await answered(`logs put-retention-policy ${group} --retention-in-days 7`)).toBeUndefined()
  const arn = `arn:aws:logs:us-east-1:${credentials.account}:log-group:/shop/web`
  expect(await answered("logs describe-log-groups --log-group-name-prefix /shop")).toMatchObject({
    logGroups: [{ logGroupName: "/shop/web", retentionInDays: 7, arn: `${arn}:*` }],
  })
  expect(await answered(`logs delete-retention-policy ${group}`)).toBeUndefined()
  expect(await answered(`logs describe-log-streams ${group} --order-by LastEventTime`)).toMatchObject({
    logStreams: [{ logStreamName: "app/1", firstEventTimestamp: now - 100, lastEventTimestamp: now - 98 }],
  })

  expect(await answered(`logs tag-resource --resource-arn ${arn} --tags stage=test`)).toBeUndefined()
  expect(await answered(`logs untag-resource --resource-arn ${arn} --tag-keys team`)).toBeUndefined()
  expect(await answered(`logs list-tags-for-resource --resource-arn ${arn}`)).toEqual({ tags: { stage: "test" } })
  expect(await answered(`logs list-tags-log-group ${group}`)).toEqual({ tags: { stage: "test" } })
  expect(await answered(`logs delete-log-stream ${stream}`)).toBeUndefined()
  expect(await answered(`logs delete-log-group ${group}`)).toBeUndefined()
  expect(await answered("logs describe-log-groups")).toEqual({ logGroups: [] })
})

test("a log's tail is shown, and followed while it grows", async () => {
  const stream = "--log-group-name /tail --log-stream-name one"
  await answered("logs create-log-group --log-group-name /tail")
  await answered(`logs create-log-stream ${stream}`)
  const say = (message: string) =>
    answered(`logs put-log-events ${stream} --log-events`, JSON.stringify([{ timestamp: Date.now(), message }]))
  await say("before")
  const { code, printed, complaint } = await call("logs tail /tail --since 1h --format detailed")
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" })
  expect(printed).toMatch(/^\d{4}-\d\d-\d\dT[\d:.+]+ one before\n$/)

  const following = awsFollowing(caller, "logs tail /tail --follow --format short")
  try {
    await following.until("before")
    await say("while it is followed")
    expect(await following.until("while it is followed")).toMatch(/before\n.* while it is followed\n$/)
  } finally {
    await following.stop()
  }
})

test.each([
  [
    "logs get-log-events --log-group-name /nowhere --log-stream-name one",
    "An error occurred (ResourceNotFoundException) when calling the GetLogEvents operation: The specified log group does not exist.",
  ],
  [
    "logs put-subscription-filter --log-group-name /a --filter-name a --filter-pattern a --destination-arn a",
    "An error occurred (NotImplemented) when calling the PutSubscriptionFilter operation: Homeport does not have logs:PutSubscriptionFilter yet.",
  ],
  [
    "ecs delete-cluster --cluster nowhere",
    "An error occurred (ClusterNotFoundException) when calling the DeleteCluster operation: Cluster not found.",
  ],
  [
    "ecs create-cluster --cluster-name not.a.name",
    "An error occurred (InvalidParameterException) when calling the CreateCluster operation: ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$",
  ],
  [
    "ecs create-cluster --service-connect-defaults namespace=shop",
    "An error occurred (InvalidParameterException) when calling the CreateCluster operation: Homeport does not have Service Connect (serviceConnectDefaults) yet. Leave it out of the request.",
  ],
  [
    "sts decode-authorization-message --encoded-message a",
    "An error occurred (NotImplemented) when calling the DecodeAuthorizationMessage operation: Homeport does not have sts:DecodeAuthorizationMessage yet.",
  ],
  [
    "sns list-topics",
    "An error occurred (InvalidAction) when calling the ListTopics operation: Homeport does not have the service sns.",
  ],
])("what cannot be is refused in AWS's words: %s", async (words, sentence) => {
  const { code, output, complaint } = await call(words)
  expect({ code, output, complaint }).toEqual({ code: 254, output: undefined, complaint: sentence })
})

test("a wrong secret and an unknown key are refused as AWS refuses them", async () => {
  const wrongSecret = { ...caller, secretAccessKey: "wrong" }
  expect((await aws(wrongSecret, "ecs list-clusters")).complaint).toBe(
    "An error occurred (InvalidSignatureException) when calling the ListClusters operation: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  )
  const unknownKey = { ...caller, accessKeyId: "AKIAIOSFODNN7EXAMPLE" }
  expect((await aws(unknownKey, "sts get-caller-identity")).complaint).toBe(
    "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.",
  )
})

test("nothing that the CLI did was an error of ours", () => {
  expect(server.log()).not.toContain('"level":"error"')
})
