import { expect, test } from "vitest"
import type { ProtocolName } from "./protocols/protocol.ts"
import { service } from "./service.ts"

test.each<[ProtocolName, number]>([
  ["awsJson1_1", 2 * 2 ** 20],
  ["rpcv2Cbor", 2 * 2 ** 20],
  ["awsQuery", 2 ** 20],
  ["ec2Query", 2 ** 20],
])("a body that does not stream is bounded by what is read in one turn: %s", (protocol, bytes) => {
  const defined = { name: "a", protocols: [protocol] as [ProtocolName], sdk: async () => ({}), operations: {} }
  expect(service(defined).bodyBytesMax).toBe(bytes)
  expect(service({ ...defined, bodyBytesMax: 7 }).bodyBytesMax).toBe(7)
})
