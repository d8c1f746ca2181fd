import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import type { OperationShape } from "../../src/aws/protocols/protocol.ts"
import { untilAnswered } from "../../src/aws/testing.ts"
import { type Clients, startWorld, type TestWorld } from "../../src/services/testing.ts"
import { membersOf } from "./arbitrary.ts"
import { LIMITS } from "./clients.ts"
import { command, type Sdk, wiredClient } from "./sdk.ts"
import { settingFor, smallestInput, wholeCatalog } from "./setting.ts"

const isFull = process.env.HOMEPORT_FULL === "1"
const REGIONS = isFull ? 300 : 10
const RUNS_IN_EACH = 15
const SEED = Number(process.env.HOMEPORT_SEED ?? 20_141_113)

/** AWS lets everyone who can sign do these, whatever the policies. */
const OPEN_TO_ALL = ["GetCallerIdentity"]

/** Callers of these have no key yet, so SDKs do not sign them, and no key is denied them. */
const UNSIGNED = ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]

/** S3's client signs these for services of their own. */
const SIGNED_FOR_OTHERS = ["ListDirectoryBuckets", "WriteGetObjectResponse"]

/** What they get is made for them. */
const NEW_EACH_TIME = [
  "GetFederationToken",
  "GetRandomPassword",
  "GetSessionToken",
  "GetAuthorizationToken",
  "GetDownloadUrlForLayer",
]

/** What any operation of any service may answer, whether or not its SDK declares it. */
const COMMON_FAULTS = [
  "AccessDeniedException",
  "AccessDenied",
  "NotImplemented",
  "ValidationException",
  "ValidationError",
]

describe.each(wholeCatalog())("$name", async (service) => {
  const sdk = (await service.sdk()) as Sdk
  const shapes = serviceShape(sdk)
  const limits = LIMITS[service.protocols[0]!]
  const setting = settingFor(service.name)
  const isHere = (name: string) => Object.hasOwn(service.operations, name)
  const here = shapes.operationNames.filter(isHere)
  const notHere = shapes.operationNames.filter((name) => !isHere(name))

  /** A region of its own for each operation, as some take away what others need. */
  async function start() {
    const region = await startWorld({ services: wholeCatalog() })
    const prepared = await setting.prepare(region)
    return { region, prepared, send: sender(sdk, region, region) }
  }

  test("it has operations, and all of them are AWS's", () => {
    expect(here.length).toBeGreaterThan(0)
    expect(here.toSorted()).toEqual(Object.keys(service.operations).sort())
  })

  test.each(here)("%s answers the smallest input that is right", async (name) => {
    const { region, prepared, send } = await start()
    const input = smallestInput(shapes.operation(name)!, prepared)
    const before = region.store.version
    const refusal = setting.refusals[name]
    if (refusal !== undefined) {
      await expect(send(name, input)).rejects.toMatchObject({ name: refusal })
      expect(region.store.version).toBe(before)
      return expectNoErrors(region)
    }
    const answer = await send(name, input)
    expect(answer.failures ?? []).toEqual([])
    if (isRead(name)) {
      expect(await send(name, input)).toEqual(answer)
      expect(region.store.version).toBe(before)
    }
    return expectNoErrors(region)
  })

  test.each(here)(
    "%s answers anything, or refuses in words that its callers know and changes nothing",
    async (name) => {
      for (let n = 0; n < REGIONS; n++) {
        const { region, prepared, send } = await start()
        const shape = shapes.operation(name)!
        const known = membersOf(shape.input, { ...limits, fixed: prepared.names })
        const right = known.map((input) => ({ ...input, ...smallestInput(shape, prepared) }))
        const anything = fc.oneof(known, right, membersOf(shape.input, limits))
        await fc.assert(
          fc.asyncProperty(anything, async (input) => {
            const before = region.store.version
            const fault = await send(name, input).then(
              () => undefined,
              (error) => error,
            )
            expectNoErrors(region)
            if (isRead(name) || fault !== undefined) expect(region.store.version).toBe(before)
            // What the client itself does not let through never came here.
            if (fault === undefined || fault.$metadata === undefined) return
            const isNotHere = fault.name === "NotImplemented"
            const saysSo = isNotHere || hasNoWords(shape)
            expect(fault.$metadata.httpStatusCode).toBeLessThan(saysSo ? 502 : 500)
            if (hasNoWords(shape)) return
            const isKnown = [...COMMON_FAULTS, ...(setting.faults ?? [])].includes(fault.name)
            if (!isKnown) expect(shapes.service.error(fault.name), fault.name).toBeDefined()
            expect(fault.message).not.toBe("")
          }),
          { numRuns: RUNS_IN_EACH, seed: SEED + n },
        )
      }
    },
  )

  test.each(here.filter((name) => !UNSIGNED.includes(name)))(
    "%s is denied to a key that may do nothing",
    async (name) => {
      const { region, prepared } = await start()
      const stranger = region.as({ only: [] })
      const before = region.store.version
      const input = smallestInput(shapes.operation(name)!, prepared)
      const answering = sender(sdk, region, stranger)(name, input)
      if (OPEN_TO_ALL.includes(name)) return expect(await answering).toBeDefined()

      const action = `${service.name}:${service.actions?.[name] ?? name}`
      const user = `arn:aws:iam::${region.account}:root`
      const error = await answering.catch((error) => error)
      expect(region.store.version).toBe(before)
      if (hasNoWords(shapes.operation(name)!)) return expect(error.$metadata.httpStatusCode).toBe(403)
      expect(error).toMatchObject({ name: expect.stringMatching(/^(AccessDenied(Exception)?|UnauthorizedOperation)$/) })
      const resource = /on resource: (\S+) because/.exec(error.message)?.[1]
      expect(resource).toMatch(/^(\*|arn:aws:.+)$/)
      expect(error.message).toBe(
        `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
      )
      return expectNoErrors(region)
    },
  )

  test("what AWS has and is not here yet says so by name", async () => {
    const { region, send } = await start()
    const before = region.store.version
    for (const name of notHere.filter((name) => !SIGNED_FOR_OTHERS.includes(name))) {
      const [input] = fc.sample(membersOf(shapes.operation(name)!.input, limits), { numRuns: 1, seed: SEED })
      const refusal = await send(name, input!).catch((error) => error)
      if (refusal instanceof Error && !("$metadata" in refusal)) continue
      expect(refusal, name).toMatchObject({
        name: "NotImplemented",
        message: `Homeport does not have ${service.name}:${name} yet.`,
        $metadata: { httpStatusCode: 501 },
      })
    }
    expect(region.store.version).toBe(before)
    expectNoErrors(region)
  })
})

/** Sends operations as these callers and resolves with what is answered, without what the client adds. */
function sender(sdk: Sdk, { door, world }: TestWorld, { credentials }: Clients) {
  const client = wiredClient(sdk, (request) => untilAnswered(door.handle(request), world), {
    credentials,
    systemClockOffset: world.now() - Date.now(),
  })
  return async (operation: string, input: object): Promise<Record<string, unknown>> => {
    const { $metadata: _, ...answer } = await client.send(command(sdk, operation, structuredClone(input)))
    for (const [name, value] of Object.entries(answer)) if (isStream(value)) answer[name] = await firstOf(value)
    return answer
  }
}

/** Events that go on and on; there is always a first one. */
function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value
}

async function firstOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const event of stream) return event
  return undefined
}

/** An answer to HEAD has no body to say anything in. */
function hasNoWords({ http }: OperationShape): boolean {
  return http?.[0] === "HEAD"
}

function isRead(operation: string): boolean {
  return /^(Describe|List|Get|Filter)/.test(operation) && !NEW_EACH_TIME.includes(operation)
}

function expectNoErrors({ log }: TestWorld): void {
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([])
}
