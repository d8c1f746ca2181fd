import * as logs from "@aws-sdk/client-cloudwatch-logs"
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor"
import { expect, test } from "vitest"
import { Fault } from "../../src/aws/fault.ts"
import { rpcv2Cbor } from "../../src/aws/protocols/cbor.ts"
import { awsJson1_1 } from "../../src/aws/protocols/json.ts"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import type { Protocol } from "../../src/aws/protocols/protocol.ts"
import { wiredClient } from "./sdk.ts"

const startLiveTail = serviceShape(logs).operation("StartLiveTail")!
const command = new logs.StartLiveTailCommand({ logGroupIdentifiers: ["a"] })

/** The stream that a client gets where a handler answers with `events`. */
async function tail(protocol: Protocol, config: object, events: AsyncIterable<object>): Promise<AsyncIterable<object>> {
  const output = { responseStream: events }
  const client = wiredClient(
    logs,
    () => protocol.writeOutput(startLiveTail, output, { requestId: "request-1" }),
    config,
  )
  const { responseStream } = await client.send(command)
  return responseStream as AsyncIterable<object>
}

const protocols: readonly [string, Protocol, object][] = [
  ["JSON", awsJson1_1, {}],
  ["CBOR", rpcv2Cbor, { protocol: SmithyRpcV2CborProtocol }],
]

test.each(protocols)("%s: events arrive one by one, in order", async (_, protocol, config) => {
  const update = { sessionMetadata: { sampled: true }, sessionResults: [{ message: "é", timestamp: 5 }] }
  const sent = [{ sessionStart: { sessionId: "s" } }, { sessionUpdate: update }]
  const received = await Array.fromAsync(await tail(protocol, config, streamOf(sent)))
  expect(received).toEqual(sent)
})

test.each(protocols)(
  "%s: a declared fault in the stream is thrown to the client as its exception",
  async (_, protocol, config) => {
    const events = await tail(
      protocol,
      config,
      streamOf([{ sessionStart: { sessionId: "s" } }], new Fault("SessionTimeoutException", "Over.")),
    )
    const received: object[] = []
    const reading = (async () => {
      for await (const event of events) received.push(event)
    })()
    await expect(reading).rejects.toMatchObject({ name: "SessionTimeoutException", message: "Over." })
    await expect(reading).rejects.toBeInstanceOf(logs.SessionTimeoutException)
    expect(received).toHaveLength(1)
  },
)

test.each(protocols)("%s: any other fault ends the stream with its code", async (_, protocol, config) => {
  const events = await tail(
    protocol,
    config,
    streamOf([{ sessionStart: {} }], new Fault("ThrottlingException", "Slower.")),
  )
  await expect(Array.fromAsync(events)).rejects.toMatchObject({ name: "ThrottlingException", message: "Slower." })
})

async function* streamOf(events: readonly object[], end?: Fault): AsyncGenerator<object> {
  yield* events
  if (end !== undefined) throw end
}
