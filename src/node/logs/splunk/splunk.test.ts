import { gunzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { aLine, aTarget } from "../testing.ts"
import { splunkDriver } from "./driver.ts"
import type { Post, Posted } from "./post.ts"

const REQUIRED = { "splunk-token": "the-token", "splunk-url": "https://splunk:8088" }
const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

function start(answers: { readonly status: number; readonly text: string }[] = []) {
  const world = simulatedWorld()
  const posted: Posted[] = []
  const post: Post = async (request) => {
    posted.push(request)
    return answers.shift() ?? { status: 200, text: "" }
  }
  return { world, posted, driver: splunkDriver(world, post, "host") }
}

async function send(options: Readonly<Record<string, string>>, lines: readonly string[]) {
  const { driver, posted } = start()
  const sink = driver.open(aTarget("splunk", { ...REQUIRED, ...options }), () => {})!
  for (const line of lines) await sink.write(aLine(line, AT))
  await sink.flush()
  return posted
}

test("lines of a moment are posted together, with the token", async () => {
  const [posted, ...more] = await send({ "splunk-index": "main", labels: "team" }, ["one", "", "two"])
  expect(more).toEqual([])
  expect(posted).toMatchObject({
    method: "POST",
    url: "https://splunk:8088/services/collector/event/1.0",
    headers: { authorization: "Splunk the-token" },
    skipsVerify: false,
  })
  const event = (line: string) => ({
    event: { line, source: "stdout", tag: "ea32192c8553", attrs: { team: "shop" } },
    time: "1767323045.678",
    host: "host",
    index: "main",
  })
  expect(Buffer.from(posted!.body).toString()).toBe(JSON.stringify(event("one")) + JSON.stringify(event("two")))
})

test.each([
  ["json", '{"a":1}', { line: { a: 1 }, source: "stdout", tag: "ea32192c8553" }],
  ["json", "no json", { line: "no json", source: "stdout", tag: "ea32192c8553" }],
  ["raw", "one", "ea32192c8553 one"],
])("the format %s sends %s as it has it", async (format, line, event) => {
  const [posted] = await send({ "splunk-format": format, "splunk-gzip": "true" }, [line])
  expect(posted?.headers["content-encoding"]).toBe("gzip")
  expect(JSON.parse(gunzipSync(posted!.body).toString()).event).toEqual(event)
})

test.each([
  [{ "splunk-url": "https://h" }, "splunk: splunk-token is expected"],
  [{ "splunk-token": "x" }, "splunk: splunk-url is expected"],
  [{ ...REQUIRED, "splunk-url": "https://h/path" }, "splunk: expected format scheme://dns_name_or_ip:port"],
  [{ ...REQUIRED, "splunk-format": "xml" }, "splunk: unknown format specified xml"],
])("options %o are refused", async (options, message) => {
  await expect(start().driver.prepare(aTarget("splunk", options))).rejects.toThrow(message)
})

test("a container does not start while its Splunk does not answer well, unless nobody shall ask", async () => {
  const { driver, posted } = start([{ status: 403, text: "Invalid token" }])
  await expect(driver.prepare(aTarget("splunk", REQUIRED))).rejects.toThrow(
    "splunk: failed to verify connection - 403 - Invalid token",
  )
  await driver.prepare(aTarget("splunk", { ...REQUIRED, "splunk-verify-connection": "false" }))
  await driver.prepare(aTarget("splunk", REQUIRED))
  expect(posted.map(({ method }) => method)).toEqual(["OPTIONS", "OPTIONS"])
})

test("what Splunk does not take is posted again", async () => {
  const { world, driver, posted } = start([{ status: 503, text: "busy" }])
  const taken: number[] = []
  const sink = driver.open(aTarget("splunk", REQUIRED), (count) => taken.push(count))!
  await sink.write(aLine("one", AT))
  await world.advance(100)
  expect([posted.length, taken]).toEqual([1, []])
  await world.advance(1_000)
  expect([posted.length, taken]).toEqual([2, [1]])
})
