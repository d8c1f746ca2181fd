import type { TaskMetrics } from "../../wire/tcs.ts"
import type { ContainerStats, NetworkCounters } from "../engine/engine.ts"
import { type RunningSet, runningSet } from "./running-set.ts"
import type { LatestStats, StatsSample } from "./telemetry.ts"

/** What was measured of one container and not yet published, and its newest samples. */
export class ContainerSamples {
  #latest: LatestStats | undefined
  #base: StatsSample | undefined
  #unsent: Measured[] = []

  get latest(): LatestStats | undefined {
    return this.#latest
  }

  /** `sharing` containers are behind the same network, and each counts for its part of what goes through it. */
  add(sample: StatsSample, sharing: number): void {
    const base = this.#base
    this.#base = sample
    // Rates need two samples of one run: a container that was started again counts from zero.
    if (base === undefined || sample.monotonic <= base.monotonic) return
    if (sample.stats.cpuNanoseconds < base.stats.cpuNanoseconds) return
    this.#latest = { current: sample, previous: base }
    this.#unsent.push(measure(sample, base, sharing))
    if (this.#unsent.length > UNSENT_MAX) this.#unsent.shift()
  }

  /** All since the last time; undefined when there is nothing new. */
  take(): ContainerUsage | undefined {
    const measured = this.#unsent
    if (measured.length === 0) return undefined
    this.#unsent = []
    const setOf = (values: readonly number[]): RunningSet => runningSet(values)
    const networks = measured.flatMap(({ network }) => network ?? [])
    const counter = (name: keyof NetworkCounters) => setOf(networks.map(({ counters }) => counters[name]))
    return {
      cpuStatsSet: setOf(measured.map(({ cpuPercent }) => cpuPercent)),
      memoryStatsSet: setOf(measured.map(({ memoryMiB }) => memoryMiB)),
      storageStatsSet: {
        readSizeBytes: setOf(measured.map(({ readBytes }) => readBytes)),
        writeSizeBytes: setOf(measured.map(({ writtenBytes }) => writtenBytes)),
      },
      ...(networks.length > 0 && {
        networkStatsSet: {
          rxBytes: counter("rxBytes"),
          rxDropped: counter("rxDropped"),
          rxErrors: counter("rxErrors"),
          rxPackets: counter("rxPackets"),
          txBytes: counter("txBytes"),
          txDropped: counter("txDropped"),
          txErrors: counter("txErrors"),
          txPackets: counter("txPackets"),
          rxBytesPerSecond: setOf(networks.map(({ rxBytesPerSecond }) => rxBytesPerSecond)),
          txBytesPerSecond: setOf(networks.map(({ txBytesPerSecond }) => txBytesPerSecond)),
        },
      }),
    }
  }
}

export type ContainerUsage = Omit<
  TaskMetrics["containerMetrics"][number],
  "containerName" | "containerArn" | "restartStatsSet"
>

interface Measured {
  readonly cpuPercent: number
  readonly memoryMiB: number
  readonly readBytes: number
  readonly writtenBytes: number
  readonly network?: {
    readonly counters: NetworkCounters
    readonly rxBytesPerSecond: number
    readonly txBytesPerSecond: number
  }
}

function measure(sample: StatsSample, base: StatsSample, sharing: number): Measured {
  const { stats } = sample
  const elapsedMs = sample.monotonic - base.monotonic
  const cpuNanoseconds = stats.cpuNanoseconds - base.stats.cpuNanoseconds
  const counters = networkOf(stats, sharing)
  const before = networkOf(base.stats, sharing)
  return {
    cpuPercent: (cpuNanoseconds / (elapsedMs * 1e6) / sample.processors) * 100,
    memoryMiB: stats.memoryBytes / 2 ** 20,
    readBytes: stats.readBytes,
    writtenBytes: stats.writtenBytes,
    ...(counters !== undefined && {
      network: {
        counters,
        rxBytesPerSecond: perSecond(counters.rxBytes, before?.rxBytes, elapsedMs),
        txBytesPerSecond: perSecond(counters.txBytes, before?.txBytes, elapsedMs),
      },
    }),
  }
}

export function perSecond(now: number, before: number | undefined, elapsedMs: number): number {
  return before === undefined || now < before ? 0 : ((now - before) * 1000) / elapsedMs
}

/** All interfaces together, as each container's share of them. */
function networkOf({ networks }: ContainerStats, sharing: number): NetworkCounters | undefined {
  if (networks === undefined) return undefined
  const sum = { ...NOTHING }
  for (const [name, counters] of Object.entries(networks)) {
    if (name === "lo") continue
    for (const key of COUNTERS) sum[key] += counters[key]
  }
  for (const key of COUNTERS) sum[key] = Math.floor(sum[key] / sharing)
  return sum
}

const NOTHING = {
  rxBytes: 0,
  rxPackets: 0,
  rxErrors: 0,
  rxDropped: 0,
  txBytes: 0,
  txPackets: 0,
  txErrors: 0,
  txDropped: 0,
}
const COUNTERS = Object.keys(NOTHING) as (keyof NetworkCounters)[]

/** Two minutes of samples, for a region that does not listen for a while. */
const UNSENT_MAX = 120
