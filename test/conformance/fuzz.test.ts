import { validateHeaderName, validateHeaderValue } from "node:http"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { rootOnly } from "../../src/aws/authorizer.ts"
import { type FrontDoor, frontDoor } from "../../src/aws/front-door.ts"
import type { HttpResponse } from "../../src/aws/http.ts"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import type { ProtocolName } from "../../src/aws/protocols/protocol.ts"
import type { Service } from "../../src/aws/service.ts"
import { untilAnswered } from "../../src/aws/testing.ts"
import { rootPrincipal } from "../../src/services/accounts/index.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"
import { membersOf } from "./arbitrary.ts"
import { type BodyForm, bombs } from "./bomb.ts"
import { clients } from "./clients.ts"
import { visitedService } from "./echo.ts"
import { mutated, type WholeRequest } from "./mutation.ts"
import { command, wiredClient } from "./sdk.ts"
import { settingFor, wholeCatalog } from "./setting.ts"

const isFull = process.env.HOMEPORT_FULL === "1"
const RUNS = isFull ? 300_000 : 12_000
const OPERATIONS = isFull ? 100 : 20
const INPUTS = 3
const SEED = Number(process.env.HOMEPORT_SEED ?? 20_141_113)

/**
 * In processor time, which other processes lengthen only a little. Ten times what a turn may take: the signature, code
 * that runs for the first time, and the collection of what was made are in it.
 */
const ANSWER_MS_MAX = 500

interface Target {
  /** Of `clients`. */
  readonly client: string
  readonly forms: readonly BodyForm[]
  readonly service: () => Promise<Service>
}

const FORMS: Readonly<Record<ProtocolName, BodyForm>> = {
  awsJson1_0: "json",
  awsJson1_1: "json",
  restJson1: "json",
  awsQuery: "form",
  ec2Query: "form",
  restXml: "xml",
  rpcv2Cbor: "cbor",
}

const cloudwatch = () =>
  visitedService({
    name: "cloudwatch",
    signingName: "monitoring",
    targetPrefix: "GraniteServiceVersion20100801",
    queryVersion: "2010-08-01",
    protocols: ["awsJson1_0", "rpcv2Cbor", "awsQuery"],
    sdk: () => import("@aws-sdk/client-cloudwatch"),
  })

/** Homeport's own services. */
const ofCatalog: readonly Target[] = wholeCatalog().map(({ name, protocols }) => ({
  client: settingFor(name).client,
  forms: protocols.map((protocol) => FORMS[protocol]),
  service: async () => wholeCatalog().find((service) => service.name === name)!,
}))

/** So that there is one for each protocol, services of the test's own speak those that no service of the catalogue does. */
const visited: readonly Target[] = [
  { client: "cloudwatch", forms: ["json"], service: cloudwatch },
  { client: "cloudwatch in CBOR", forms: ["cbor"], service: cloudwatch },
  {
    client: "elastic-load-balancing-v2",
    forms: ["form"],
    service: () =>
      visitedService({
        name: "elasticloadbalancing",
        queryVersion: "2015-12-01",
        protocols: ["awsQuery"],
        sdk: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
      }),
  },
  {
    client: "ec2",
    forms: ["form"],
    service: () =>
      visitedService({
        name: "ec2",
        queryVersion: "2016-11-15",
        protocols: ["ec2Query"],
        sdk: () => import("@aws-sdk/client-ec2"),
      }),
  },
  {
    client: "efs",
    forms: ["json"],
    service: () =>
      visitedService({
        name: "elasticfilesystem",
        protocols: ["restJson1"],
        sdk: () => import("@aws-sdk/client-efs"),
      }),
  },
  {
    client: "s3",
    forms: ["xml"],
    service: () => visitedService({ name: "s3", protocols: ["restXml"], sdk: () => import("@aws-sdk/client-s3") }),
  },
]

const targets = [...ofCatalog, ...visited.filter(({ client }) => !ofCatalog.some((own) => own.client === client))]

describe.each(targets)("$client", async ({ client, service, forms }) => {
  const spoken = await service()
  const region = await startRegion(spoken)
  const requests = await validRequests(region, spoken, client)

  test("what is right is let in, so that what follows is wrong in one place only", async () => {
    for (const request of requests) {
      const { status, text } = await region.ask("signed", request)
      if (status >= 400) expect(text).not.toMatch(UNREAD)
    }
  })

  test("requests that are nearly right are answered, and those refused change nothing", async () => {
    await fc.assert(
      fc.asyncProperty(mutated(requests), fc.constantFrom("trusting", "trusting", "signed"), async (request, door) => {
        await region.ask(door, request)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  test.each(bombs(forms))("a bomb does not go off: %s", async (_, bomb) => {
    const armed = bomb(requests[0]!)
    await region.ask("signed", armed)
    await region.ask("trusting", armed)
  })

  test("nothing was an error of ours, and nothing is still under way", () => {
    expect(region.errors()).toEqual([])
    expect(region.inFlight()).toBe(0)
  })
})

/** What a request is told whose operation never saw it; an id that EC2 cannot read is `InvalidVpcID.Malformed`. */
const UNREAD =
  /Signature|(AuthenticationT|ExpiredT|ClientT)oken|Serialization|Malformed(?!<)|UnknownOperation|InvalidAction|TooLarge/

interface Region extends TestWorld {
  /** Sends a request and holds the answer to what must be so of every answer. */
  ask(door: "signed" | "trusting", request: WholeRequest): Promise<{ status: number; text: string }>
  errors(): readonly object[]
  inFlight(): number
}

async function startRegion(service: Service): Promise<Region> {
  const services = [...wholeCatalog().filter(({ name }) => name !== service.name), service]
  const world = await startWorld({ services })
  const { store, account, log } = world
  const errors = () => log.lines.filter(({ level }) => level === "error")
  // Past the signature, where what was changed on the way would otherwise end.
  const trusting = frontDoor({
    world: world.world,
    store,
    services,
    authorizer: rootOnly,
    keys: world.doorOptions.keys,
    identify: () => undefined,
    trustAnyone: (accessKeyId = "", region) => rootPrincipal({ account, region }, accessKeyId),
  })
  const doors: Readonly<Record<"signed" | "trusting", FrontDoor>> = { signed: world.door, trusting }

  return {
    ...world,
    async ask(door, request) {
      const before = store.version
      const usedBefore = process.cpuUsage()
      const { answer, text } = await untilAnswered(whole(doors[door].handle(request)), world.world)
      const used = process.cpuUsage(usedBefore)
      const context = `${shown(request)}\nwas answered ${answer.status} ${text.slice(0, 500)}\n${JSON.stringify(errors())}`

      expect(answer.status, context).toBeGreaterThanOrEqual(200)
      // What AWS has and Homeport does not have yet is no accident; an answer to HEAD has no room to say so.
      const saysSo = text.includes("NotImplemented") || request.method === "HEAD"
      if (!(answer.status === 501 && saysSo)) expect(answer.status, context).toBeLessThan(500)
      if (answer.status >= 400) expect(store.version, context).toBe(before)
      expect((used.user + used.system) / 1_000, context).toBeLessThan(ANSWER_MS_MAX)
      for (const [name, value] of Object.entries(answer.headers)) {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      }
      return { status: answer.status, text }
    },
    errors,
    inFlight: () => world.door.metrics().inFlight + trusting.metrics().inFlight,
  }
}

async function whole(answering: Promise<HttpResponse>): Promise<{ answer: HttpResponse; text: string }> {
  const answer = await answering
  const { body } = answer
  if (typeof body === "string") return { answer, text: body }
  const parts = body instanceof Uint8Array ? [body] : await Array.fromAsync(isEndless(answer) ? firstOf(body) : body)
  return { answer, text: Buffer.concat(parts).toString("latin1") }
}

/** As a live tail is. */
function isEndless({ headers }: HttpResponse): boolean {
  return headers["content-type"] === "application/vnd.amazon.eventstream"
}

async function* firstOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of body) {
    yield part
    return
  }
}

function shown({ method, path, query, headers, body }: WholeRequest): string {
  const start = Buffer.from(body.subarray(0, 2_000)).toString("latin1")
  return JSON.stringify({ method, path, query, headers, body: start }).slice(0, 4_000)
}

/** What a real client sends for inputs of every kind, signed. */
async function validRequests(
  { credentials, world }: Region,
  { operations, signingName, unsigned = [] }: Service,
  name: string,
): Promise<readonly WholeRequest[]> {
  const { load, limits, config } = clients.find((client) => client.name === name)!
  const sdk = await load()
  const { operation } = serviceShape(sdk)
  const sent: WholeRequest[] = []
  const client = wiredClient(
    sdk,
    async (request) => {
      const parts = request.body instanceof Uint8Array ? [request.body] : await Array.fromAsync(request.body)
      sent.push({ ...request, body: Buffer.concat(parts) })
      throw new Error("it is only to be sent")
    },
    { credentials, systemClockOffset: world.now() - Date.now(), ...config },
  )
  const names = Object.keys(operations).filter((each) => !unsigned.includes(each))
  const step = Math.max(1, Math.floor(names.length / OPERATIONS))
  for (const each of names.filter((_, index) => index % step === 0)) {
    const inputs = fc.sample(membersOf(operation(each)!.input, limits), { numRuns: INPUTS, seed: SEED })
    for (const input of inputs) await client.send(command(sdk, each, input)).catch(() => {})
  }
  client.destroy()
  // Some operations of S3 are another service's to whoever signs them.
  const own = sent.filter(({ headers }) => headers.authorization!.includes(`/${signingName}/aws4_request`))
  expect(own.length).toBeGreaterThan(INPUTS * Math.min(OPERATIONS, names.length) * 0.9)
  return own
}
