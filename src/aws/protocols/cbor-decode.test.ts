import { expect, test } from "vitest"
import { decodeCbor } from "./cbor-decode.ts"

const open = (initial: number, items: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from([initial]), ...items, Buffer.from([0xff])])
const map = (items: readonly Uint8Array[]) => open(0xbf, items)
const list = (items: readonly Uint8Array[]) => open(0x9f, items)
const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
const zero = Buffer.from([0])
const named = (count: number) => Array.from({ length: count }, (_, n) => Buffer.concat([text(`k${n}`), zero]))

test("as much as a full PutMetricData holds is read", () => {
  const dimension = map([text("Name"), text("cluster"), text("Value"), text("shop")])
  const metric = map([
    ...named(10),
    text("Dimensions"),
    list(Array.from({ length: 10 }, () => dimension)),
    text("Values"),
    list(Array.from({ length: 150 }, () => zero)),
  ])
  const body = map([text("MetricData"), list(Array.from({ length: 1_000 }, () => metric))])
  expect((decodeCbor(body) as { MetricData: unknown[] }).MetricData).toHaveLength(1_000)
})

// Each fits into two megabytes, and would hold everybody else up for a tenth of a second and longer.
test.each([
  ["many names in one map", map(named(100_000))],
  ["many lists in lists", list(Array.from({ length: 4_000 }, () => Buffer.from([...Array(200).fill(0x81), 0])))],
  ["many strings of bytes", list([Buffer.alloc(600_000, Buffer.from([0x41, 0x61]))])],
  ["a string in many pieces", open(0x7f, [Buffer.alloc(600_000, Buffer.from([0x61, 0x61]))])],
  ["many small numbers", list([Buffer.alloc(1_000_000)])],
])("more than any operation takes is refused before it takes long: %s", (_, body) => {
  expect(() => decodeCbor(body)).toThrow("The request body holds too many values")
})
