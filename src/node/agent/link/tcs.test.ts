import { expect, onTestFinished, test } from "vitest"
import { type TaskHealth, type TaskMetrics, tcsFromAgent, withoutSignature } from "../../../wire/tcs.ts"
import { simulatedWorld } from "../../../world/simulated.ts"
import { ScriptedRegion } from "./scripted-region.testing.ts"
import { Tcs } from "./tcs.ts"
import { metricsFrames } from "./telemetry-frames.ts"
import { noTelemetry } from "./testing.ts"

const reporter = { cluster: "default", containerInstance: "arn:instance" }
const measured = { min: 0, max: 1, sampleCount: 2, sum: 1 }
const metricsOf = (taskArn: string, containerName = "app"): TaskMetrics => ({
  taskArn,
  containerMetrics: [{ containerName, cpuStatsSet: measured, memoryStatsSet: measured }],
})
const healthOf = (taskArn: string): TaskHealth => ({
  taskArn,
  containers: [{ containerName: "app", healthStatus: "HEALTHY" }],
})

async function start() {
  const world = simulatedWorld()
  const region = new ScriptedRegion()
  const telemetry = {
    ...noTelemetry,
    metrics: [] as TaskMetrics[],
    sick: [] as TaskHealth[],
    isIdle: true,
    takeMetrics: () => telemetry.metrics.splice(0),
    health: () => telemetry.sick,
  }
  const tcs = new Tcs({ world, region, telemetry, reporter, url: async () => "http://region/tcs/ws" })
  tcs.start()
  onTestFinished(() => tcs.stop())
  await world.settle()
  return { world, region, telemetry, tcs }
}

const types = ({ sockets }: ScriptedRegion) => sockets.flatMap(({ heard }) => heard.map(({ type }) => type))

test("an idle instance says so at once, and every twenty seconds, under a signature", async () => {
  const { world, region } = await start()
  expect(region.socket.sent[0]).toMatch(/^Authorization: signed\r\nHost: region\r\nX-Amz-Date: now\r\n\r\n\{/)
  const { message } = region.socket.heard[0]!
  expect(message).toMatchObject({ timestamp: world.now() / 1000, metadata: { ...reporter, idle: true, fin: true } })
  expect(message).not.toHaveProperty("taskMetrics")
  await world.advance(19_999)
  const before = types(region).length
  await world.advance(1)
  expect(types(region).slice(before)).toEqual(["PublishMetricsRequest", "PublishInstanceStatusRequest"])
})

test("how the machine is, is told once for each time it was looked at", async () => {
  const { world, region, tcs } = await start()
  await world.advance(45_000)
  expect(types(region).filter((type) => type === "PublishInstanceStatusRequest")).toHaveLength(1)
  tcs.check()
  await world.advance(14_000)
  expect(types(region).filter((type) => type === "PublishInstanceStatusRequest")).toHaveLength(1)
  await world.advance(1_000)
  expect(types(region).filter((type) => type === "PublishInstanceStatusRequest")).toHaveLength(2)
})

test("a busy instance without samples says nothing of metrics", async () => {
  const { world, region, telemetry } = await start()
  telemetry.isIdle = false
  await world.advance(40_000)
  expect(types(region).filter((type) => type === "PublishMetricsRequest")).toHaveLength(1)
})

test("health is told when something has a health check", async () => {
  const { world, region, telemetry } = await start()
  telemetry.sick = Array.from({ length: 11 }, (_, n) => healthOf(`task ${n}`))
  await world.advance(20_000)
  const frames = region.socket.heard.filter(({ type }) => type === "PublishHealthRequest")
  expect(frames.map(({ message }) => (message.tasks as unknown[]).length)).toEqual([10, 1])
  expect(frames.map(({ message }) => (message.metadata as { fin: boolean }).fin)).toEqual([false, true])
})

test("nothing is taken from the samples while there is nobody to send them to", async () => {
  const { world, region, telemetry } = await start()
  await world.advance(5_000)
  region.refusal = new (await import("../../region.ts")).RegionError("Unreachable", 0, "no")
  region.socket.end(1006)
  telemetry.metrics.push(metricsOf("a"))
  await world.advance(60_000)
  expect(telemetry.metrics).toHaveLength(1)
  region.refusal = undefined
  await world.advance(80_000)
  expect(telemetry.metrics).toHaveLength(0)
})

test("only heartbeats and acknowledgements are a sign of life", async () => {
  const { world, region } = await start()
  for (let n = 0; n < 20; n++) {
    region.sockets[0]!.say("AckPublishMetric", { message: "" })
    await world.advance(30_000)
  }
  expect(region.sockets).toHaveLength(1)
  for (let n = 0; n < 5; n++) {
    region.sockets[0]!.say("ServerException", { message: "no" })
    await world.advance(30_000)
  }
  expect(region.sockets.length).toBeGreaterThan(1)
})

test("ten tasks and a mebibyte are what a frame holds, and the frames of a batch have one id", () => {
  let ids = 0
  const at = { now: 0, messageId: () => `id ${ids++}` }
  const read = (metrics: readonly TaskMetrics[]) =>
    metricsFrames(reporter, at, metrics, false).map((frame) => {
      expect(Buffer.byteLength(frame)).toBeLessThan(2 ** 20)
      const heard = tcsFromAgent.decode(withoutSignature(frame))
      if (heard?.type !== "PublishMetricsRequest") throw new Error("metrics are expected")
      return heard.message
    })
  const many = read(Array.from({ length: 25 }, (_, n) => metricsOf(`task ${n}`)))
  expect(many.map(({ taskMetrics }) => taskMetrics!.length)).toEqual([10, 10, 5])
  expect(many.map(({ metadata }) => metadata.fin)).toEqual([false, false, true])
  expect(new Set(many.map(({ metadata }) => metadata.messageId)).size).toBe(1)
  const wide = read(Array.from({ length: 4 }, (_, n) => metricsOf(`task ${n}`, "é".repeat(200_000))))
  expect(wide.map(({ taskMetrics }) => taskMetrics!.length)).toEqual([2, 2])
})
