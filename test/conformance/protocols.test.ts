import type { NormalizedSchema } from "@smithy/core/schema"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Fault } from "../../src/aws/fault.ts"
import type { HttpRequest, HttpResponse } from "../../src/aws/http.ts"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import type { OperationShape, ProtocolName } from "../../src/aws/protocols/protocol.ts"
import { membersOf } from "./arbitrary.ts"
import { canonical } from "./canonical.ts"
import { type ClientUnderTest, clients } from "./clients.ts"
import { command, type Sdk, wiredClient } from "./sdk.ts"

const isFull = process.env.HOMEPORT_FULL === "1"
const RUNS = isFull ? 25 : 4
const SAMPLE = 15
const SEED = 20_141_113

/** All modules at once would take the time of the tests themselves; each is loaded when its turn comes. */
for (const client of clients) {
  describe(client.name, async () => {
    const sdk = await client.load()
    const { service, operation, operationNames } = serviceShape(sdk)
    const names = client.isWhole || isFull ? operationNames : sampleOf(operationNames)

    test.each(names)("%s: what a client sends is read, and what is answered arrives", async (name) => {
      await holds(client, sdk, operation(name)!)
    })

    const errors = declaredErrors(sdk)
    test.each(errors)("the error %s arrives with its members", async (name) => {
      await faultHolds(client, sdk, service.error(name)!, operation(operationNames[0]!)!)
    })
  })
}

async function holds(client: ClientUnderTest, sdk: Sdk, operation: OperationShape): Promise<void> {
  const { protocol, limits, config } = client
  let answer: (request: HttpRequest) => HttpResponse
  const sdkClient = wiredClient(sdk, (request) => answer(request), config)
  const values = fc.tuple(membersOf(operation.input, limits), membersOf(operation.output, limits))

  const eventsIn = operation.output.getEventStreamMember()

  await fc.assert(
    fc.asyncProperty(values, async ([input, output]) => {
      let received: Record<string, unknown> = {}
      answer = (request) => {
        received = protocol.readInput(operation, request, request.body)
        const answered = eventsIn === "" ? output : { ...output, [eventsIn]: streamOf(output[eventsIn] as object[]) }
        return protocol.writeOutput(operation, answered, { requestId: "request-1" })
      }
      const returned = await sdkClient.send(command(sdk, operation.name, structuredClone(input)))
      expect(canonical(without(received, client.added, input))).toEqual(canonical(input))
      expect(canonical(without(await collected(returned), client.added, output))).toEqual(canonical(output))
      expect(returned.$metadata).toMatchObject({ requestId: "request-1" })
    }),
    { numRuns: RUNS, seed: SEED },
  )
  sdkClient.destroy()
}

/** Without what the client added to what it was given. */
function without(members: Record<string, unknown>, added: ReadonlySet<string>, given: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => name in given || !added.has(name)))
}

async function* streamOf(events: readonly object[]): AsyncGenerator<object> {
  yield* events
}

/** With what is still streaming read to its end. */
async function collected(returned: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(returned).map(async ([name, value]) => [name, await whole(value)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function whole(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value
  if ("transformToByteArray" in value)
    return (value as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray()
  return Symbol.asyncIterator in value ? Array.fromAsync(value as AsyncIterable<unknown>) : value
}

async function faultHolds(
  client: ClientUnderTest,
  sdk: Sdk,
  error: NormalizedSchema,
  operation: OperationShape,
): Promise<void> {
  const { protocol, limits, config } = client
  const name = error.getName()!
  const seenAs = nameOnceThere(sdk, error, protocol.name)
  let answer: (request: HttpRequest) => HttpResponse
  const sdkClient = wiredClient(sdk, (request) => answer(request), config)
  const [input] = fc.sample(membersOf(operation.input, limits), { numRuns: 1, seed: SEED })

  await fc.assert(
    fc.asyncProperty(
      limits.text.filter(Boolean),
      membersOf(error, limits),
      async (message, { message: _, Message: __, ...members }) => {
        const fault = new Fault(name, message, { members })
        answer = ({ headers }) => {
          const isQueryMode = headers["x-amzn-query-mode"] === "true"
          return protocol.writeFault(fault, operation, { requestId: "request-1", isQueryMode })
        }
        const thrown = await sdkClient.send(command(sdk, operation.name, structuredClone(input!))).then(
          () => undefined,
          (problem: unknown) => problem,
        )
        expect(thrown).toBeInstanceOf(sdk[exceptionOf(sdk, seenAs)] as never)
        expect(thrown).toMatchObject({ name: seenAs, message })
        const arrived = Object.fromEntries(Object.keys(members).map((member) => [member, (thrown as never)[member]]))
        expect(canonical(arrived)).toEqual(canonical(members))
        expect((thrown as Record<string, unknown>).$metadata).toMatchObject({ requestId: "request-1" })
      },
    ),
    { numRuns: RUNS, seed: SEED },
  )
  sdkClient.destroy()
}

/** Without the one that every package makes up, as the base of the others. */
function declaredErrors(sdk: Sdk): string[] {
  const schemas = Object.entries(sdk).filter(
    ([name, value]) => name.endsWith("$") && Array.isArray(value) && value[0] === -3,
  )
  const declared = schemas
    .map(([, schema]) => schema as string[])
    .filter(([, namespace]) => namespace!.startsWith("com.amazonaws"))
  return declared.map(([, , name]) => name!)
}

/**
 * Two errors of CloudWatch have one code from its days of the query protocol. A client that asks for such codes takes
 * the one for the other, here and on AWS.
 */
function nameOnceThere(sdk: Sdk, error: NormalizedSchema, protocol: ProtocolName): string {
  const { awsQueryError } = error.getMergedTraits() as { awsQueryError?: readonly [string, number] }
  const code = awsQueryError?.[0]
  return protocol === "awsJson1_0" && code !== undefined && code in sdk ? code : error.getName()!
}

/** The class goes by the error's name, or by one that does not clash with others in JavaScript. */
function exceptionOf(sdk: Sdk, name: string): string {
  return name in sdk ? name : `${name}Exception`
}

/** Always the same ones, spread over the whole list. */
function sampleOf(names: readonly string[]): readonly string[] {
  const step = Math.max(1, names.length / SAMPLE)
  return names.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
}
