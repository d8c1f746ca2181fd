import { gunzipSync } from "node:zlib"
import { decode, ExtData } from "@msgpack/msgpack"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import type { LogAddress } from "./address.ts"
import type { Connect, TlsFiles } from "./connection.ts"
import type { LogDriver } from "./driver.ts"
import { fluentdDriver } from "./fluentd/driver.ts"
import { gelfDriver } from "./gelf/driver.ts"
import { syslogDriver } from "./syslog/driver.ts"
import { aLine, aTarget } from "./testing.ts"

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

/** A network that keeps what is sent, and refuses or loses connections as the test says. */
function aNetwork() {
  const network = {
    world: simulatedWorld(),
    sent: [] as Uint8Array[],
    addresses: [] as LogAddress[],
    tls: [] as (TlsFiles | undefined)[],
    failures: [] as Error[],
    connect: ((address, tls) => {
      network.addresses.push(address)
      network.tls.push(tls)
      const fail = () => {
        const failure = network.failures.shift()
        if (failure !== undefined) throw failure
      }
      return {
        open: async () => fail(),
        async send(messages) {
          fail()
          network.sent.push(...messages)
        },
        close: async () => {},
      }
    }) as Connect,
    drivers(): Readonly<Record<string, LogDriver>> {
      const { world, connect } = network
      return {
        syslog: syslogDriver(world, connect, { hostname: "host", pid: 7 }),
        gelf: gelfDriver(world, connect, "host"),
        fluentd: fluentdDriver(world, connect),
      }
    },
    async send(driver: string, options: Readonly<Record<string, string>>, lines = [aLine("one", AT)]) {
      const target = aTarget(driver, options)
      await network.drivers()[driver]!.prepare(target)
      const sink = network.drivers()[driver]!.open(target, () => {})!
      for (const line of lines) await sink.write(line)
      await sink.flush()
      sink.close()
      return Buffer.concat(network.sent)
    },
  }
  return network
}

test.each([
  [{ "syslog-address": "tcp://10.0.0.1:601" }, "<30>Jan  2 03:04:05 host ea32192c8553[7]: one\n"],
  [{ "syslog-address": "udp://10.0.0.1" }, "<30>Jan  2 03:04:05 host ea32192c8553[7]: one"],
  [
    { "syslog-address": "tcp://h", "syslog-format": "rfc5424", "syslog-facility": "local3", tag: "{{.Name}}" },
    "<158>1 2026-01-02T03:04:05Z host ecs-web-3-app-cca48e8dcadd97805600 7 ecs-web-3-app-cca48e8dcadd97805600 - one\n",
  ],
  [
    { "syslog-address": "tcp+tls://h", "syslog-format": "rfc5424micro", "syslog-facility": "1", tag: "t" },
    "50 <14>1 2026-01-02T03:04:05.678000Z host t 7 t - one",
  ],
])("syslog with %o sends %s", async (options, expected) => {
  expect((await aNetwork().send("syslog", options)).toString()).toBe(expected)
})

test("what a container says on its error stream is an error to syslog", async () => {
  const sent = await aNetwork().send("syslog", {}, [aLine("one", AT, { stream: "stderr" })])
  expect(sent.toString()).toMatch(/^<27>/)
})

test("syslog's files of certificates go to the connection", async () => {
  const network = aNetwork()
  await network.send("syslog", { "syslog-address": "tcp+tls://h:6514", "syslog-tls-ca-cert": "/ca.pem" })
  expect(network.addresses[0]).toEqual({ kind: "tls", host: "h", port: 6514 })
  expect(network.tls[0]).toMatchObject({ ca: "/ca.pem", skipsVerify: false })
})

test("a GELF message is compressed, and names its container", async () => {
  const sent = await aNetwork().send("gelf", { "gelf-address": "udp://10.0.0.1:12201", labels: "team" })
  expect(JSON.parse(gunzipSync(sent).toString())).toEqual({
    version: "1.1",
    host: "host",
    short_message: "one",
    timestamp: AT / 1000,
    level: 6,
    _container_id: aTarget("").container.id,
    _container_name: "ecs-web-3-app-cca48e8dcadd97805600",
    _image_id: aTarget("").container.imageId,
    _image_name: "busybox:latest",
    _command: "",
    _created: "2026-01-01T00:00:07.620Z",
    _tag: "ea32192c8553",
    _team: "shop",
  })
})

test("a GELF message too long for a datagram comes in chunks that belong together", async () => {
  const network = aNetwork()
  const options = { "gelf-address": "udp://10.0.0.1:12201", "gelf-compression-type": "none" }
  await network.send("gelf", options, [aLine("x".repeat(5_000), AT)])

  expect(network.sent).toHaveLength(4)
  for (const [index, chunk] of network.sent.entries()) {
    expect(chunk.length).toBeLessThanOrEqual(1_420)
    expect([...chunk.subarray(0, 2), ...chunk.subarray(10, 12)]).toEqual([0x1e, 0x0f, index, 4])
    expect(chunk.subarray(2, 10)).toEqual(network.sent[0]!.subarray(2, 10))
  }
  const message = Buffer.concat(network.sent.map((chunk) => chunk.subarray(12)))
  expect(JSON.parse(message.toString()).short_message).toBe("x".repeat(5_000))
})

test("GELF over a stream ends each message in a zero", async () => {
  const sent = await aNetwork().send("gelf", { "gelf-address": "tcp://h:1" }, [aLine("one"), aLine("two")])
  const messages = sent.toString().split("\0")
  expect(messages.slice(0, 2).map((text) => JSON.parse(text).short_message)).toEqual(["one", "two"])
  expect(messages[2]).toBe("")
})

test("Fluentd is sent a tag, a time and a record, and a part of a line says so", async () => {
  const network = aNetwork()
  const part = { id: "p", ordinal: 1, isLast: false }
  await network.send("fluentd", { tag: "shop.{{.ID}}", env: "STAGE" }, [aLine("one", AT, { part })])
  expect(network.addresses[0]).toEqual({ kind: "tcp", host: "127.0.0.1", port: 24_224 })
  expect(decode(network.sent[0]!)).toEqual([
    "shop.ea32192c8553",
    Math.floor(AT / 1000),
    {
      container_id: aTarget("").container.id,
      container_name: "/ecs-web-3-app-cca48e8dcadd97805600",
      source: "stdout",
      log: "one",
      partial_message: "true",
      partial_id: "p",
      partial_ordinal: "1",
      partial_last: "false",
      STAGE: "test",
    },
    {},
  ])
})

test("Fluentd's time is precise where it is asked for", async () => {
  const [, time] = decode(await aNetwork().send("fluentd", { "fluentd-sub-second-precision": "true" })) as unknown[]
  const bytes = Buffer.from((time as ExtData).data as Uint8Array)
  expect(time).toBeInstanceOf(ExtData)
  expect([bytes.readUInt32BE(0), bytes.readUInt32BE(4)]).toEqual([Math.floor(AT / 1000), 678_000_000])
})

test.each([
  ["syslog", { "syslog-address": "ftp://h" }, "syslog-address should be in form proto://address"],
  ["syslog", { "syslog-address": "tcp://h:99999" }, "syslog-address should be in form proto://host:port"],
  ["syslog", { "syslog-facility": "none" }, "invalid syslog facility"],
  ["syslog", { "syslog-format": "json" }, "Invalid syslog format"],
  ["gelf", {}, "gelf-address is a required parameter"],
  ["gelf", { "gelf-address": "tcp://h:1", "gelf-compression-type": "gzip" }, "compression is only supported on UDP"],
  ["gelf", { "gelf-address": "udp://h:1", "gelf-compression-type": "best" }, 'unknown value "best"'],
  ["gelf", { "gelf-address": "udp://h:1", "gelf-compression-level": "10" }, 'unknown value "10"'],
  ["fluentd", { "fluentd-address": "udp://h" }, "fluentd-address should be in form proto://address"],
  ["fluentd", { "fluentd-speed": "9" }, "unknown log opt 'fluentd-speed' for fluentd log driver"],
])("%s with %o is refused", async (driver, options, message) => {
  await expect(aNetwork().drivers()[driver]!.prepare(aTarget(driver, options))).rejects.toThrow(message)
})

test("a container does not start while nobody is there to hear it, unless that is asked for", async () => {
  const network = aNetwork()
  const refused = () => network.failures.push(new Error("connect ECONNREFUSED 127.0.0.1:24224"))
  refused()
  await expect(network.drivers().fluentd!.prepare(aTarget("fluentd"))).rejects.toThrow("ECONNREFUSED")
  await network.drivers().fluentd!.prepare(aTarget("fluentd", { "fluentd-async": "true" }))
})

test("lines wait until they can be delivered, in order, and count only then", async () => {
  const network = aNetwork()
  const taken: number[] = []
  const options = { "syslog-address": "tcp://h", tag: "t" }
  const sink = network.drivers().syslog!.open(aTarget("syslog", options), (count) => taken.push(count))!
  network.failures.push(new Error("broken pipe"), new Error("refused"))
  await sink.write(aLine("one", AT))
  await network.world.advance(100)
  await sink.write(aLine("two", AT))
  expect(taken).toEqual([])

  await network.world.advance(2_000)
  expect(taken).toEqual([1, 2])
  expect(Buffer.concat(network.sent).toString()).toMatch(/: one\n.*: two\n$/)
})

test("a sink that is let go of delivers nothing more, and holds nobody up", async () => {
  const network = aNetwork()
  network.failures.push(...Array.from({ length: 100 }, () => new Error("refused")))
  const sink = network.drivers().fluentd!.open(aTarget("fluentd"), () => {})!
  await sink.write(aLine("one", AT))
  const flushed = sink.flush()
  await network.world.advance(100)
  sink.close()
  await flushed
  network.failures.length = 0
  await network.world.advance(60_000)
  expect(network.sent).toEqual([])
})

test("who takes a connection and says nothing refuses the container", async () => {
  const { world } = aNetwork()
  const connect: Connect = () => ({ open: () => new Promise(() => {}), send: async () => {}, close: async () => {} })
  const prepared = expect(fluentdDriver(world, connect).prepare(aTarget("fluentd"))).rejects.toThrow(
    "no answer in time",
  )
  await world.advance(10_000)
  await prepared
})
