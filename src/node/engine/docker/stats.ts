import type { ContainerStats, NetworkCounters } from "../engine.ts"
import { timeOf } from "./state.ts"

/** What we read of Docker's figures; the names in `stats` are the kernel's, and differ between its two kinds of cgroup. */
export interface DockerStats {
  readonly read: string
  readonly cpu_stats: {
    readonly cpu_usage: { readonly total_usage: number; readonly percpu_usage?: readonly number[] | null }
    readonly throttling_data?: { readonly throttled_time?: number }
  }
  readonly memory_stats: {
    readonly usage?: number
    readonly max_usage?: number
    readonly limit?: number
    readonly stats?: Readonly<Record<string, number>>
  }
  readonly pids_stats: { readonly current?: number }
  readonly networks?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly blkio_stats: {
    readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null
  }
}

/** Undefined for a container that does not run: Docker then answers with figures of the year 1. */
export function statsOf(stats: DockerStats): ContainerStats | undefined {
  const at = timeOf(stats.read)
  const { usage, max_usage, limit, stats: memory = {} } = stats.memory_stats
  if (at === undefined || usage === undefined) return undefined
  const { percpu_usage, total_usage } = stats.cpu_stats.cpu_usage
  const throttled = stats.cpu_stats.throttling_data?.throttled_time
  const inactive = memory.total_inactive_file ?? memory.inactive_file ?? 0
  return {
    at,
    cpuNanoseconds: total_usage,
    ...(percpu_usage?.length ? { cpuNanosecondsByProcessor: percpu_usage } : {}),
    ...(throttled === undefined ? {} : { throttledNanoseconds: throttled }),
    memoryBytes: Math.max(0, usage - inactive),
    memoryCacheBytes: memory.cache ?? memory.file ?? 0,
    ...(limit === undefined ? {} : { memoryLimitBytes: limit }),
    ...(max_usage === undefined ? {} : { memoryMaxBytes: max_usage }),
    processes: stats.pids_stats.current ?? 0,
    ...(stats.networks === undefined ? {} : { networks: mapValues(stats.networks, countersOf) }),
    readBytes: transferred(stats, "read"),
    writtenBytes: transferred(stats, "write"),
  }
}

function countersOf(counters: Readonly<Record<string, number>>): NetworkCounters {
  const of = (name: string) => counters[name] ?? 0
  return {
    rxBytes: of("rx_bytes"),
    rxPackets: of("rx_packets"),
    rxErrors: of("rx_errors"),
    rxDropped: of("rx_dropped"),
    txBytes: of("tx_bytes"),
    txPackets: of("tx_packets"),
    txErrors: of("tx_errors"),
    txDropped: of("tx_dropped"),
  }
}

function transferred({ blkio_stats }: DockerStats, direction: string): number {
  return (blkio_stats.io_service_bytes_recursive ?? [])
    .filter(({ op }) => op.toLowerCase() === direction)
    .reduce((sum, { value }) => sum + value, 0)
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
