import { perSecond } from "../telemetry/container-samples.ts"
import type { LatestStats, StatsSample } from "../telemetry/telemetry.ts"

/** Two samples as Docker's API gives them, with what tools reckon from them; the rates are ECS's own. */
export function dockerStats(name: string, id: string, { current, previous }: LatestStats) {
  const { stats } = current
  return {
    read: new Date(stats.at).toISOString(),
    preread: new Date(previous.stats.at).toISOString(),
    pids_stats: { current: stats.processes },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 0, minor: 0, op: "Read", value: stats.readBytes },
        { major: 0, minor: 0, op: "Write", value: stats.writtenBytes },
        { major: 0, minor: 0, op: "Total", value: stats.readBytes + stats.writtenBytes },
      ],
      io_serviced_recursive: [],
      io_queue_recursive: [],
      io_service_time_recursive: [],
      io_wait_time_recursive: [],
      io_merged_recursive: [],
      io_time_recursive: [],
      sectors_recursive: [],
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: processorsOf(current),
    precpu_stats: processorsOf(previous),
    memory_stats: memoryOf(current),
    name: `/${name}`,
    id,
    ...(stats.networks !== undefined && {
      networks: networksOf(current),
      network_rate_stats: ratesOf(current, previous),
    }),
  }
}

/**
 * The whole host's time goes by on each processor; where it stood before the first sample does not matter. The kernel's
 * part is not measured apart.
 */
function processorsOf({ stats, monotonic, processors }: StatsSample) {
  return {
    cpu_usage: {
      total_usage: stats.cpuNanoseconds,
      ...(stats.cpuNanosecondsByProcessor !== undefined && { percpu_usage: stats.cpuNanosecondsByProcessor }),
      usage_in_kernelmode: 0,
      usage_in_usermode: stats.cpuNanoseconds,
    },
    system_cpu_usage: Math.round(monotonic * 1e6 * processors),
    online_cpus: processors,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: stats.throttledNanoseconds ?? 0 },
  }
}

/** Docker counts the page cache in, and its tools take it out again by either of these names. */
function memoryOf({ stats }: StatsSample) {
  const { memoryBytes, memoryCacheBytes } = stats
  return {
    usage: memoryBytes + memoryCacheBytes,
    ...(stats.memoryMaxBytes !== undefined && { max_usage: stats.memoryMaxBytes }),
    stats: {
      cache: memoryCacheBytes,
      inactive_file: memoryCacheBytes,
      total_inactive_file: memoryCacheBytes,
    },
    ...(stats.memoryLimitBytes !== undefined && { limit: stats.memoryLimitBytes }),
  }
}

function networksOf({ stats: { networks = {} } }: StatsSample) {
  return Object.fromEntries(
    outward(networks).map(([name, counters]) => [
      name,
      {
        rx_bytes: counters.rxBytes,
        rx_packets: counters.rxPackets,
        rx_errors: counters.rxErrors,
        rx_dropped: counters.rxDropped,
        tx_bytes: counters.txBytes,
        tx_packets: counters.txPackets,
        tx_errors: counters.txErrors,
        tx_dropped: counters.txDropped,
      },
    ]),
  )
}

function ratesOf(current: StatsSample, previous: StatsSample) {
  const sum = ({ stats: { networks = {} } }: StatsSample, key: "rxBytes" | "txBytes") =>
    outward(networks).reduce((total, [, counters]) => total + counters[key], 0)
  const elapsedMs = current.monotonic - previous.monotonic
  return {
    rx_bytes_per_sec: perSecond(sum(current, "rxBytes"), sum(previous, "rxBytes"), elapsedMs),
    tx_bytes_per_sec: perSecond(sum(current, "txBytes"), sum(previous, "txBytes"), elapsedMs),
  }
}

function outward<T>(networks: Readonly<Record<string, T>>): [name: string, counters: T][] {
  return Object.entries(networks).filter(([name]) => name !== "lo")
}
