import { expect, test } from "vitest"
import { tcsFromAgent } from "../../wire/tcs.ts"
import { type SimulatedWorld, simulatedWorld } from "../../world/simulated.ts"
import type { TaskRecord } from "../agent/records.ts"
import { aContainer, aContainerRecord, aTaskRecord } from "../endpoints/testing.ts"
import type { ContainerStats, Engine } from "../engine/engine.ts"
import { startTelemetry } from "./telemetry.ts"

/** An engine of which only the sampling side is asked, with a container that is as busy as the test says. */
function start(tasks: readonly TaskRecord[], stats: (ranMs: number) => Partial<ContainerStats> = () => ({})) {
  const world = simulatedWorld()
  const records = new Map(tasks.map((task) => [task.arn, task]))
  const asked: { readonly id: string; readonly at: number }[] = []
  const engine: Pick<Engine, "stats" | "isWell"> & { well: boolean; late: boolean } = {
    well: true,
    late: false,
    async stats(id) {
      asked.push({ id, at: world.monotonic() })
      if (engine.late) return new Promise(() => {})
      return aStats(world, stats(world.monotonic()))
    },
    isWell: async () => engine.well,
  }
  const telemetry = startTelemetry({ world, engine, tasks: () => records.values(), processors: 4 })
  return { world, records, engine, asked, telemetry }
}

/** A quarter of the host's four processors is one of them. */
function aStats(world: SimulatedWorld, stats: Partial<ContainerStats>): ContainerStats {
  return {
    at: world.now(),
    cpuNanoseconds: world.monotonic() * 1e6,
    memoryBytes: 64 * 2 ** 20,
    memoryCacheBytes: 10 * 2 ** 20,
    processes: 1,
    readBytes: 4096,
    writtenBytes: 8192,
    ...stats,
  }
}

const counters = {
  rxBytes: 0,
  rxPackets: 0,
  rxErrors: 0,
  rxDropped: 0,
  txBytes: 0,
  txPackets: 0,
  txErrors: 0,
  txDropped: 0,
}

test("a container appears with its second sample, in per cent of the whole host and in MiB", async () => {
  const { world, telemetry } = start([aTaskRecord()])
  await world.advance(500)
  expect(telemetry.takeMetrics()).toEqual([])

  await world.advance(2_000)
  expect(telemetry.takeMetrics()).toEqual([
    {
      taskArn: aTaskRecord().arn,
      taskDefinitionFamily: "web",
      taskDefinitionVersion: "3",
      containerMetrics: [
        {
          containerName: "app",
          cpuStatsSet: { min: 25, max: 25, sampleCount: 2, sum: 50 },
          memoryStatsSet: { min: 64, max: 64, sampleCount: 2, sum: 128 },
          storageStatsSet: {
            readSizeBytes: { min: 4096, max: 4096, sampleCount: 2, sum: 8192 },
            writeSizeBytes: { min: 8192, max: 8192, sampleCount: 2, sum: 16384 },
          },
        },
      ],
    },
  ])
})

test("each sample is sent once, about one a second, and two minutes of them are kept", async () => {
  const { world, telemetry } = start([aTaskRecord()])
  const samples = () => telemetry.takeMetrics()[0]?.containerMetrics[0]?.cpuStatsSet.sampleCount

  await world.advance(20_500)
  expect(samples()).toBe(20)
  expect(samples()).toBeUndefined()
  await world.advance(20_000)
  expect(samples()).toBe(20)
  await world.advance(600_000)
  expect(samples()).toBe(120)
})

test("what is told is what the wire carries", async () => {
  const task = aTaskRecord(undefined, {
    payload: { taskClusterArn: "arn:cluster", containers: [aContainer({ containerArn: "arn:container" })] },
  })
  const { world, telemetry } = start([task], (ranMs) => ({ networks: { eth0: { ...counters, rxBytes: ranMs } } }))
  await world.advance(5_000)
  const message = {
    timestamp: 1,
    metadata: { cluster: "c", containerInstance: "i", idle: false, fin: true, messageId: "m" },
    taskMetrics: telemetry.takeMetrics(),
  }
  expect(tcsFromAgent.decode(tcsFromAgent.encode("PublishMetricsRequest", message))?.message).toEqual(message)
})

test("network counters are cumulative, their rates are not, and containers behind one network share them", async () => {
  const containers = ["app", "side"].map((name) => aContainerRecord({ name, id: name, networkId: "shared" }))
  const payload = { containers: [aContainer(), aContainer({ name: "side" })] }
  const { world, telemetry } = start([aTaskRecord(undefined, { payload, containers })], (ranMs) => ({
    networks: { eth0: { ...counters, rxBytes: ranMs * 2, txDropped: 4 }, lo: { ...counters, rxBytes: 1e9 } },
  }))
  await world.advance(2_050)

  const { containerMetrics } = telemetry.takeMetrics()[0]!
  expect(containerMetrics.map(({ containerName }) => containerName)).toEqual(["app", "side"])
  expect(containerMetrics[0]?.networkStatsSet).toMatchObject({
    rxBytes: { min: 1000, max: 2000, sampleCount: 2, sum: 3000 },
    txDropped: { min: 2, max: 2, sampleCount: 2, sum: 4 },
    rxBytesPerSecond: { min: 1000, max: 1000, sampleCount: 2, sum: 2000 },
    txBytesPerSecond: { min: 0, max: 0, sampleCount: 2, sum: 0 },
  })
})

test("a container that was started again begins with a new first sample", async () => {
  let cpuNanoseconds = 9e9
  const { world, telemetry } = start([aTaskRecord()], () => ({ cpuNanoseconds }))
  await world.advance(1_500)
  telemetry.takeMetrics()

  cpuNanoseconds = 1e9
  await world.advance(1_000)
  expect(telemetry.takeMetrics()).toEqual([])
  await world.advance(1_000)
  expect(telemetry.takeMetrics()).toHaveLength(1)
})

test("restarts are told as how many there were since the last time, and not those of an earlier process", async () => {
  const payload = { containers: [aContainer({ restartPolicy: { enabled: true } })] }
  const taskWith = (restartCount: number) =>
    aTaskRecord(undefined, { payload, containers: [aContainerRecord({ restartCount })] })
  const { world, records, telemetry } = start([taskWith(3)])
  const told = () => telemetry.takeMetrics()[0]?.containerMetrics[0]?.restartStatsSet
  await world.advance(2_000)
  expect(told()).toEqual({ restartCount: 0 })

  records.set(taskWith(5).arn, taskWith(5))
  await world.advance(2_000)
  expect(told()).toEqual({ restartCount: 2 })
  await world.advance(2_000)
  expect(told()).toEqual({ restartCount: 0 })
})

test("containers are asked one after the other over the second, and one that has not answered is not asked again", async () => {
  const containers = Array.from({ length: 20 }, (_, index) => aContainerRecord({ name: `c${index}`, id: `c${index}` }))
  const { world, engine, asked } = start([
    aTaskRecord(undefined, { payload: { containers: containers.map(({ name }) => aContainer({ name })) }, containers }),
  ])
  engine.late = true
  await world.advance(10_000)

  expect(asked).toHaveLength(20)
  expect(new Set(asked.map(({ at }) => at)).size).toBe(10)
})

test("with very many containers rounds become longer", async () => {
  const containers = Array.from({ length: 1_000 }, (_, index) => aContainerRecord({ id: `c${index}` }))
  const { world, asked } = start([aTaskRecord(undefined, { containers })])
  await world.advance(10_000)
  expect(asked.length).toBeGreaterThan(1_900)
  expect(asked.length).toBeLessThan(2_200)
})

test("what does not run is not measured, and forgotten; nothing is asked after the end", async () => {
  const { world, records, asked, telemetry } = start([aTaskRecord()])
  const { id } = aContainerRecord()
  await world.advance(3_000)
  expect(telemetry.isIdle).toBe(false)
  expect(telemetry.latest(id)?.current.monotonic).toBeGreaterThan(telemetry.latest(id)!.previous.monotonic)

  records.set(aTaskRecord().arn, aTaskRecord(undefined, { containers: [aContainerRecord({ knownStatus: "STOPPED" })] }))
  await world.advance(2_000)
  const count = asked.length
  await world.advance(5_000)
  expect(asked).toHaveLength(count)
  expect({ isIdle: telemetry.isIdle, latest: telemetry.latest(id) }).toEqual({ isIdle: true, latest: undefined })

  records.set(aTaskRecord().arn, aTaskRecord())
  telemetry.close()
  await world.advance(5_000)
  expect(asked).toHaveLength(count)
})

test("health is told of containers that have a check, in tasks that have not ended", () => {
  const since = Date.UTC(2026, 0, 1)
  const payload = { containers: [aContainer({ healthCheckType: "docker" }), aContainer({ name: "side" })] }
  const containers = [
    aContainerRecord({ health: { status: "UNHEALTHY", since, output: "no answer" } }),
    aContainerRecord({ name: "side" }),
  ]
  const { telemetry } = start([
    aTaskRecord("1", { payload, containers }),
    aTaskRecord("2", { payload, knownStatus: "STOPPED" }),
    aTaskRecord("3"),
  ])

  expect(telemetry.health()).toEqual([
    {
      taskArn: aTaskRecord("1").arn,
      taskDefinitionFamily: "web",
      taskDefinitionVersion: "3",
      containers: [
        { containerName: "app", healthStatus: "UNHEALTHY", statusSince: since / 1000, statusMessage: "no answer" },
      ],
    },
  ])
})

test("the machine is impaired while its runtime does not answer, and says since when", async () => {
  const { world, engine, telemetry } = start([])
  const since = world.now() / 1000
  expect(await telemetry.statuses()).toEqual([
    { type: "ContainerRuntime", status: "OK", lastUpdated: since, lastStatusChange: since },
  ])

  await world.advance(5_000)
  expect(await telemetry.statuses()).toMatchObject([{ lastUpdated: since + 5, lastStatusChange: since }])
  engine.well = false
  expect(await telemetry.statuses()).toMatchObject([{ status: "IMPAIRED", lastStatusChange: since + 5 }])
})
