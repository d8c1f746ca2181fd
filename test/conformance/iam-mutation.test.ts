import { ECS } from "@aws-sdk/client-ecs"
import fc from "fast-check"
import { expect, test } from "vitest"
import type { HttpRequest } from "../../src/aws/http.ts"
import { ourRequest, untilAnswered } from "../../src/aws/testing.ts"
import { startWorld, type TestWorld } from "../../src/services/testing.ts"

// Whoever changes anything about a signed request, or about the token beside it, is refused.

const isFull = process.env.HOMEPORT_FULL === "1"
const RUNS = isFull ? 500_000 : 2000
const SEED = Number(process.env.HOMEPORT_SEED ?? 20_141_113)

/** A request as the SDK signs it, with the credentials of a role's session. */
async function signedRequest(region: TestWorld): Promise<HttpRequest> {
  const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }
  const { credentials } = region.as({ role: everything })
  const sent = Promise.withResolvers<HttpRequest>()
  const client = new ECS({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    systemClockOffset: region.world.now() - Date.now(),
    requestHandler: {
      async handle(request: Parameters<typeof ourRequest>[0]) {
        sent.resolve(ourRequest(request))
        throw new Error("it goes no further")
      },
    } as never,
  })
  await client.createCluster({ clusterName: "shop" }).catch(() => {})
  return sent.promise
}

async function start() {
  const region = await startWorld()
  const request = await signedRequest(region)
  const ask = async (changed: HttpRequest) => (await untilAnswered(region.door.handle(changed), region.world)).status
  expect(await ask(request)).toBe(200)
  return { region, request, ask }
}

const character = fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=-_., ")

/** The text with one thing about it changed: a character, its length, or the order of two. */
function mutated(text: string) {
  const place = fc.nat(text.length - 1)
  return fc
    .oneof(
      fc.tuple(place, character).map(([at, char]) => text.slice(0, at) + char + text.slice(at + 1)),
      fc.tuple(place, character).map(([at, char]) => text.slice(0, at) + char + text.slice(at)),
      place.map((at) => text.slice(0, at) + text.slice(at + 1)),
      place.map((at) => text.slice(0, at)),
      place.map((at) => text.slice(0, at) + text.slice(at + 1, at + 2) + text[at] + text.slice(at + 2)),
    )
    .filter((other) => other !== text)
}

test("no signature counts but the one that was made", async () => {
  const { region, request, ask } = await start()
  const { authorization = "" } = request.headers
  const [front, signature = ""] = authorization.split("Signature=")
  expect(signature).toMatch(/^[0-9a-f]{64}$/)

  const before = region.store.version
  const asProperty = fc.asyncProperty(mutated(signature), async (other) => {
    // Space around a field is no part of it.
    fc.pre(other.trim() !== signature && !other.startsWith(`${signature},`))
    const headers = { ...request.headers, authorization: `${front}Signature=${other}` }
    const status = await ask({ ...request, headers })
    if (status !== 400 && status !== 403) throw new Error(`${other} was answered with ${status}`)
  })
  await fc.assert(asProperty, { numRuns: RUNS, seed: SEED })
  expect(region.store.version).toBe(before)
}, 900_000)

test("no token counts but the one that was made", async () => {
  const { region, request, ask } = await start()
  const token = request.headers["x-amz-security-token"]!
  expect(token.length).toBeGreaterThan(100)

  const before = region.store.version
  const asProperty = fc.asyncProperty(mutated(token), async (other) => {
    const headers = { ...request.headers, "x-amz-security-token": other }
    const status = await ask({ ...request, headers })
    if (status !== 400 && status !== 403) throw new Error(`${other} was answered with ${status}`)
  })
  await fc.assert(asProperty, { numRuns: RUNS, seed: SEED })
  expect(region.store.version).toBe(before)
}, 900_000)

test("nothing else about a request can be changed either", async () => {
  const { request, ask } = await start()
  const body = Buffer.from(request.body as Uint8Array).toString("latin1")
  const signed = ["host", "x-amz-date", "x-amz-target", "content-type", "x-amz-content-sha256"].filter(
    (name) => request.headers[name] !== undefined,
  )
  const changed = fc.oneof(
    mutated(body).map((other) => ({ ...request, body: Buffer.from(other, "latin1") })),
    fc
      .constantFrom(...signed)
      .chain((name) => mutated(request.headers[name]!).map((other) => [name, other] as const))
      .filter(([name, other]) => other.trim().replaceAll(/ +/g, " ") !== request.headers[name])
      .map(([name, other]) => ({ ...request, headers: { ...request.headers, [name]: other } })),
    fc.constantFrom("GET", "PUT").map((method) => ({ ...request, method })),
    fc.constantFrom("a=b", "Action=DeleteCluster").map((query) => ({ ...request, query })),
    fc.constantFrom("/x", "/clusters/shop").map((path) => ({ ...request, path })),
  )
  await fc.assert(
    fc.asyncProperty(changed, async (other) => {
      expect(await ask(other)).toBeGreaterThanOrEqual(400)
    }),
    { numRuns: isFull ? 100_000 : 1000, seed: SEED },
  )
}, 900_000)
