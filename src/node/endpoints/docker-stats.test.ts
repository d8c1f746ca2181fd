import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import type { ContainerStats } from "../engine/engine.ts"
import type { StatsSample } from "../telemetry/telemetry.ts"
import { handleEndpoint } from "./handler.ts"
import { aContainerRecord, anAgent, aRequest, aTaskRecord } from "./testing.ts"

function aSample(second: number, stats: Partial<ContainerStats> = {}): StatsSample {
  return {
    monotonic: second * 1000,
    processors: 2,
    stats: {
      at: Date.UTC(2026, 0, 1, 0, 0, second),
      cpuNanoseconds: second * 500_000_000,
      memoryBytes: 3_000_000,
      memoryCacheBytes: 1_000_000,
      memoryLimitBytes: 134_217_728,
      processes: 3,
      readBytes: 100,
      writtenBytes: 200,
      networks: { eth0: traffic(second * 1000), lo: traffic(7) },
      ...stats,
    },
  }
}

function traffic(bytes: number) {
  return {
    rxBytes: bytes,
    rxPackets: 2,
    rxErrors: 0,
    rxDropped: 0,
    txBytes: 2 * bytes,
    txPackets: 3,
    txErrors: 0,
    txDropped: 1,
  }
}

const latest = { previous: aSample(1), current: aSample(2) }

function ask(url: string, agent = anAgent([], { latest: () => latest })) {
  const task = aTaskRecord()
  return handleEndpoint(aRequest(url), () => [{ agent, task }], simulatedWorld())
}

/** What `docker stats` itself reads, and reckons as its source does. */
test("a Docker client reads the share of the processors, the memory and the traffic from it", async () => {
  const { body } = await ask("/v4/endpoint-1/stats")
  const stats = body as Record<string, never> & DockerStats

  const cpu = stats.cpu_stats.cpu_usage.total_usage - stats.precpu_stats.cpu_usage.total_usage
  const system = stats.cpu_stats.system_cpu_usage - stats.precpu_stats.system_cpu_usage
  expect((cpu / system) * stats.cpu_stats.online_cpus * 100).toBeCloseTo(50)
  expect(stats.memory_stats.usage - stats.memory_stats.stats.total_inactive_file).toBe(3_000_000)
  expect(stats.memory_stats.usage - stats.memory_stats.stats.inactive_file).toBe(3_000_000)
  expect(stats.memory_stats.limit).toBe(134_217_728)
  expect(stats.pids_stats.current).toBe(3)
  expect(stats.blkio_stats.io_service_bytes_recursive.map(({ op, value }) => [op, value])).toEqual([
    ["Read", 100],
    ["Write", 200],
    ["Total", 300],
  ])
  expect(stats.networks).toEqual({
    eth0: {
      rx_bytes: 2000,
      rx_packets: 2,
      rx_errors: 0,
      rx_dropped: 0,
      tx_bytes: 4000,
      tx_packets: 3,
      tx_errors: 0,
      tx_dropped: 1,
    },
  })
  expect(stats.network_rate_stats).toEqual({ rx_bytes_per_sec: 1000, tx_bytes_per_sec: 2000 })
})

interface Processors {
  readonly cpu_usage: { readonly total_usage: number }
  readonly system_cpu_usage: number
  readonly online_cpus: number
}

interface DockerStats {
  readonly cpu_stats: Processors
  readonly precpu_stats: Processors
  readonly memory_stats: {
    readonly usage: number
    readonly limit: number
    readonly stats: { readonly total_inactive_file: number; readonly inactive_file: number }
  }
  readonly pids_stats: { readonly current: number }
  readonly blkio_stats: {
    readonly io_service_bytes_recursive: readonly { readonly op: string; readonly value: number }[]
  }
  readonly networks: object
  readonly network_rate_stats: object
}

test("it has every field that a document of Docker has", async () => {
  const { body } = await ask("/v4/endpoint-1/stats")
  expect(Object.keys(body as object).toSorted()).toEqual([
    "blkio_stats",
    "cpu_stats",
    "id",
    "memory_stats",
    "name",
    "network_rate_stats",
    "networks",
    "num_procs",
    "pids_stats",
    "precpu_stats",
    "preread",
    "read",
    "storage_stats",
  ])
  expect(body).toMatchObject({
    id: aContainerRecord().id,
    name: "/ecs-web-3-app-cca48e8dcadd97805600",
    read: "2026-01-01T00:00:02.000Z",
    preread: "2026-01-01T00:00:01.000Z",
    cpu_stats: { throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } },
  })
})

test.each(["/v4/endpoint-1/task/stats", "/v3/endpoint-1/task/stats", "/v2/stats"])(
  "%s has one document for each container by its id, null before the second sample",
  async (url) => {
    const { id } = aContainerRecord()
    expect(await ask(url)).toMatchObject({ status: 200, body: { [id]: { id } } })
    expect(await ask(url, anAgent([]))).toEqual({ status: 200, body: { [id]: null } })
  },
)

test("the stats of a container without any are an error", async () => {
  const { id } = aContainerRecord()
  const message = `Unable to get container stats for: ${id}`
  expect(await ask("/v4/endpoint-1/stats", anAgent([]))).toEqual({ status: 500, body: message })
  expect(await ask(`/v2/stats/${id}`, anAgent([]))).toEqual({ status: 400, body: message })
})

test("without a network of its own there are no counters to show", async () => {
  const { networks: _, ...stats } = aSample(2).stats
  const hostMode = { previous: latest.previous, current: { ...latest.current, stats } }
  const { body } = await ask("/v4/endpoint-1/stats", anAgent([], { latest: () => hostMode }))
  expect(body).not.toHaveProperty("networks")
  expect(body).not.toHaveProperty("network_rate_stats")
})
