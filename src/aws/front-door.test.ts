import { gzipSync } from "node:zlib"
import * as logs from "@aws-sdk/client-cloudwatch-logs"
import { CodeDeploy } from "@aws-sdk/client-codedeploy"
import { ECS } from "@aws-sdk/client-ecs"
import * as s3 from "@aws-sdk/client-s3"
import { expect, test } from "vitest"
import { catalog } from "../services/catalog.ts"
import { startWorld } from "../services/testing.ts"
import { table } from "../store/table.ts"
import { faultsOf } from "./fault.ts"
import { flow, type Operations } from "./operations.ts"
import { type Service, service } from "./service.ts"
import { sdkHandler, untilAnswered } from "./testing.ts"

/** A service of the test's own, over a real SDK client, so that every road through the door is walked. */
const tail = service<typeof logs>({
  name: "logs",
  targetPrefix: "Logs_20140328",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-cloudwatch-logs"),
  operations: {
    StartLiveTail: flow(async (call, input) => {
      await call.transact((inside) => inside.authorize(input.logGroupIdentifiers!))
      return { responseStream: session(input.logGroupIdentifiers!, call.signal) }
    }),
    DescribeLogGroups: () => ({ logGroups: [] }),
    DescribeLogStreams(call) {
      call.authorize([])
      return { logStreams: [] }
    },
    CreateLogGroup(call) {
      call.authorize("*")
      throw fault("InvalidParameterException", "no", { message: { not: "a string" } })
    },
    DeleteLogGroup(call) {
      call.authorize("*")
      throw new Error("the disk of the test is on fire")
    },
  },
})

const fault = faultsOf<typeof logs>()

async function* session(
  groups: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<logs.StartLiveTailResponseStream> {
  yield { sessionStart: { sessionId: "s", logGroupIdentifiers: [...groups] } }
  for (let count = 0; count < 3 && !signal.aborted; count++) {
    yield { sessionUpdate: { sessionResults: [{ message: `line ${count}` }] } }
  }
}

const received: Buffer[] = []
const objects = {
  PutObject: flow(async (call, { Bucket, Key, Body }) => {
    await call.transact((inside) => inside.authorize(`arn:aws:s3:::${Bucket}/${Key}`))
    for await (const part of Body!) received.push(Buffer.from(part))
    return { ETag: `"${received.length}"` }
  }),
  GetObject: flow(async (call, { Bucket, Key }) => {
    await call.transact((inside) => inside.authorize(`arn:aws:s3:::${Bucket}/${Key}`))
    return { Body: parts("first ", "second"), ContentType: "text/plain" }
  }),
} satisfies Operations<typeof s3>

async function* parts(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

const bucket = service<typeof s3>({
  name: "s3",
  protocols: ["restXml"],
  sdk: () => import("@aws-sdk/client-s3"),
  operations: objects,
})

/** What a test makes up stands in the place of the real one. */
const others = catalog.filter(({ name }) => name !== bucket.name)
const start = (services: readonly Service[] = [...others, tail, bucket]) => startWorld({ services })

async function startWithClients() {
  const started = await start()
  const config = {
    region: "us-east-1",
    credentials: started.credentials,
    maxAttempts: 1,
    requestHandler: sdkHandler(started.door, started.world) as never,
    systemClockOffset: started.world.now() - Date.now(),
  }
  const send = (request: Parameters<typeof raw>[1]) => raw(started, request)
  return {
    ...started,
    config,
    send,
    logs: new logs.CloudWatchLogs(config),
    s3: new s3.S3({ ...config, forcePathStyle: true }),
  }
}

async function raw(
  { door, world }: Pick<Awaited<ReturnType<typeof start>>, "door" | "world">,
  request: { method?: string; path?: string; query?: string; headers?: Record<string, string>; body?: string },
) {
  const { method = "POST", path = "/", query = "", headers = {}, body = "" } = request
  const signal = new AbortController().signal
  const answer = await untilAnswered(
    door.handle({ method, path, query, headers, body: Buffer.from(body), signal }),
    world,
  )
  return { ...answer, body: String(answer.body) }
}

const JSON_HEADERS = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters",
}
const signedBy = (accessKeyId: string, scope = "20260101/us-east-1/ecs/aws4_request") => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`,
  host: "localhost:4566",
  "x-amz-date": "20260101T000000Z",
})

test("a request without a signature is refused in the protocol's own form", async () => {
  const { send } = await startWithClients()
  const json = await send({ headers: JSON_HEADERS, body: "{}" })
  expect(json).toMatchObject({ status: 400, headers: { "content-type": "application/x-amz-json-1.1" } })
  expect(JSON.parse(json.body)).toMatchObject({ __type: "MissingAuthenticationTokenException" })

  const query = await send({
    headers: { "content-type": "application/x-www-form-urlencoded", host: "sts.us-east-1.amazonaws.com" },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  })
  expect(query.status).toBe(403)
  expect(query.body).toContain("<Code>MissingAuthenticationToken</Code>")
})

test("an unknown key, a wrong secret and an old date are told apart, as AWS tells them", async () => {
  const { send, ecs, credentials, config } = await startWithClients()
  const unknown = await send({ headers: { ...JSON_HEADERS, ...signedBy("AKIAIOSFODNN7EXAMPLE") }, body: "{}" })
  expect(JSON.parse(unknown.body)).toEqual({
    __type: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  })
  const wrong = await send({ headers: { ...JSON_HEADERS, ...signedBy(credentials.accessKeyId) }, body: "{}" })
  expect(JSON.parse(wrong.body).__type).toBe("InvalidSignatureException")

  await expect(ecs.listClusters({})).resolves.toBeDefined()
  const late = new ECS({ ...config, systemClockOffset: config.systemClockOffset - 16 * 60_000 })
  await expect(late.listClusters({})).rejects.toThrow("Signature expired")
})

test("what AWS has and Homeport has not is told apart from what nobody has", async () => {
  const { ecs, config, send } = await startWithClients()
  await expect(ecs.createExpressGatewayService({} as never)).rejects.toThrow(
    "Homeport does not have ecs:CreateExpressGatewayService yet.",
  )
  await expect(new CodeDeploy(config).listApplications({})).rejects.toThrow(
    "Homeport does not have the service CodeDeploy_20141006.ListApplications.",
  )

  const nobody = await send({
    headers: { ...JSON_HEADERS, "x-amz-target": "AmazonEC2ContainerServiceV20141113.MakeTea" },
    body: "{}",
  })
  expect(JSON.parse(nobody.body).__type).toBe("MissingAuthenticationTokenException")
})

test("an operation that does not exist is not found once the caller is known", async () => {
  const { config } = await startWithClients()
  const client = new ECS(config)
  client.middlewareStack.add(
    (next) => (args) => {
      ;(args.request as { headers: Record<string, string> }).headers["x-amz-target"] =
        "AmazonEC2ContainerServiceV20141113.MakeTea"
      return next(args)
    },
    { step: "build" },
  )
  await expect(client.listClusters({})).rejects.toMatchObject({ name: "UnknownOperationException" })
})

test("a body that is not what its operation takes is refused", async () => {
  const { config } = await startWithClients()
  const withBody = (body: string) => {
    const client = new ECS(config)
    client.middlewareStack.add(
      (next) => (args) => {
        ;(args.request as { body: string }).body = body
        return next(args)
      },
      { step: "build", priority: "low" },
    )
    return client.listClusters({})
  }
  await expect(withBody("{")).rejects.toMatchObject({ name: "SerializationException" })
  await expect(withBody('{"maxResults":"many"}')).rejects.toMatchObject({ name: "SerializationException" })
  await expect(withBody(`{"nextToken":"${"x".repeat(3 * 2 ** 20)}"}`)).rejects.toMatchObject({
    name: "RequestEntityTooLargeException",
  })
})

test("a compressed body is unpacked, within bounds", async () => {
  const { config } = await startWithClients()
  const compressed = (body: Uint8Array) => {
    const client = new ECS(config)
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: Uint8Array; headers: Record<string, string> }
        request.body = body
        request.headers["content-encoding"] = "gzip"
        return next(args)
      },
      { step: "build", priority: "low" },
    )
    return client.createCluster({})
  }
  expect((await compressed(gzipSync('{"clusterName":"packed"}'))).cluster!.clusterName).toBe("packed")
  await expect(compressed(Buffer.from("not gzip"))).rejects.toMatchObject({ name: "SerializationException" })
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20))
  await expect(compressed(bomb)).rejects.toMatchObject({ name: "RequestEntityTooLargeException" })
})

test("an event stream goes out event by event", async () => {
  const { logs } = await startWithClients()
  const { responseStream } = await logs.startLiveTail({
    logGroupIdentifiers: ["arn:aws:logs:us-east-1::log-group:shop"],
  })
  const messages: string[] = []
  for await (const { sessionUpdate } of responseStream!) {
    for (const { message } of sessionUpdate?.sessionResults ?? []) messages.push(message!)
  }
  expect(messages).toEqual(["line 0", "line 1", "line 2"])
})

test("bodies stream in and out, and what is under way is counted until they end", async () => {
  const { s3, door } = await startWithClients()
  received.length = 0
  await s3.putObject({ Bucket: "b", Key: "a/key", Body: Buffer.from("hello, stream") })
  expect(Buffer.concat(received).toString()).toBe("hello, stream")

  const { Body, ContentType } = await s3.getObject({ Bucket: "b", Key: "a/key" })
  expect(ContentType).toBe("text/plain")
  expect(door.metrics().inFlight).toBe(1)
  expect(await Body!.transformToString()).toBe("first second")
  expect(door.metrics().inFlight).toBe(0)
})

test("an operation that answers without having authorised is our mistake, and its answer stays here", async () => {
  const { logs, log } = await startWithClients()
  await expect(logs.describeLogGroups({})).rejects.toMatchObject({
    name: "InternalFailure",
    $metadata: { httpStatusCode: 500 },
  })
  expect(log.lines.at(-1)).toMatchObject({ level: "error", fields: { operation: "DescribeLogGroups" } })
})

test("acting on nothing needs the right to act", async () => {
  const { as, config } = await startWithClients()
  const { credentials } = as({ only: ["ecs:Poll"] })
  await expect(new logs.CloudWatchLogs({ ...config, credentials }).describeLogStreams({})).rejects.toMatchObject({
    name: "AccessDeniedException",
  })
})

test("a fault that cannot be written is our mistake, and nothing stays counted as under way", async () => {
  const { logs, door } = await startWithClients()
  await expect(logs.createLogGroup({ logGroupName: "shop" })).rejects.toBeDefined()
  expect(door.metrics().inFlight).toBe(0)
})

test("a stream breaks off when the lead is lost", async () => {
  const { logs, store } = await startWithClients()
  const { responseStream } = await logs.startLiveTail({
    logGroupIdentifiers: ["arn:aws:logs:us-east-1::log-group:shop"],
  })
  store.mayAnswer = () => false
  const read = async () => {
    for await (const _ of responseStream!) {
    }
  }
  await expect(read()).rejects.toBeDefined()
})

test("a service whose SDK could not be loaded is loaded at the next request", async () => {
  let tries = 0
  const flaky = service<typeof logs>({
    name: "logs",
    targetPrefix: "Logs_20140328",
    protocols: ["awsJson1_1"],
    async sdk() {
      if (++tries === 1) throw new Error("the disk was away")
      return logs
    },
    operations: {
      DescribeLogGroups(call) {
        call.authorize("*")
        return { logGroups: [] }
      },
    },
  })
  const started = await start([flaky])
  const client = new logs.CloudWatchLogs({
    region: "us-east-1",
    credentials: started.credentials,
    maxAttempts: 1,
    requestHandler: sdkHandler(started.door, started.world) as never,
    systemClockOffset: started.world.now() - Date.now(),
  })
  await expect(client.describeLogGroups({})).rejects.toMatchObject({ name: "InternalFailure" })
  await expect(client.describeLogGroups({})).resolves.toMatchObject({ logGroups: [] })
})

test("what goes wrong inside is logged under the request's id and not told to the caller", async () => {
  const { logs, log } = await startWithClients()
  const failure = await logs.deleteLogGroup({ logGroupName: "shop" }).catch((error) => error)
  expect(failure.message).not.toContain("fire")
  const line = log.lines.find(({ fields }) => String(fields.error).includes("the disk of the test is on fire"))
  expect(line?.fields.requestId).toBe(failure.$metadata.requestId)
})

test("an answer does not leave before what it says is durable, nor after the lead is lost", async () => {
  const started = await startWorld({ appendMs: () => 25 })
  const before = started.world.monotonic()
  await started.ecs.createCluster({})
  expect(started.world.monotonic() - before).toBeGreaterThanOrEqual(25)

  const mayAnswer = started.store.mayAnswer.bind(started.store)
  let asked = 0
  started.store.mayAnswer = () => ++asked > 1 && mayAnswer()
  await expect(started.ecs.describeClusters({})).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } })
})

test("an account that asks for more than its share is throttled, and others are not", async () => {
  const started = await startWorld({ appendMs: () => 1_000 })
  const other = started.as({ account: "another" })
  const asked = Array.from({ length: 1_100 }, (_, index) =>
    started.ecs.createCluster({ clusterName: `cluster-${index}` }).then(
      () => "created",
      (error) => error.name,
    ),
  )
  const fine = other.ecs.createCluster({}).then(({ cluster }) => cluster!.status)
  const answers = await Promise.all(asked)
  expect(answers.filter((answer) => answer === "created")).toHaveLength(1_024)
  expect(answers.filter((answer) => answer === "ThrottlingException")).toHaveLength(76)
  expect(await fine).toBe("ACTIVE")
})

test("requests are counted by service, operation and status", async () => {
  const { ecs, door, send } = await startWithClients()
  await ecs.listClusters({})
  await ecs.listClusters({})
  await ecs.deleteCluster({ cluster: "nowhere" }).catch(() => {})
  for (const name of ["a", "b", "c"]) await send({ headers: { ...JSON_HEADERS, "x-amz-target": `Nobody.${name}` } })
  expect(door.metrics().requests).toEqual([
    { service: "ecs", operation: "ListClusters", status: 200, count: 2 },
    { service: "ecs", operation: "DeleteCluster", status: 400, count: 1 },
    { service: "", operation: "", status: 400, count: 3 },
  ])
})

test("faults and operations that the SDK does not have do not compile", () => {
  // @ts-expect-error: a misspelt exception
  fault("ResourceNotFoundExeption", "")
  const misspelt = { DescribeLogGruops: () => ({}) }
  // @ts-expect-error: a misspelt operation
  misspelt satisfies Operations<typeof logs>
  const wrongOutput = { DescribeLogGroups: () => ({ logGruops: [] }) }
  // @ts-expect-error: a misspelt member of an output
  wrongOutput satisfies Operations<typeof logs>
  expect(table({ name: "test/none", version: 1, key: () => "" }).indexes).toEqual({})
})
