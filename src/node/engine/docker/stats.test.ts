import { expect, test } from "vitest"
import { type DockerStats, statsOf } from "./stats.ts"

test("memory is without what the kernel can give back, by either kind of cgroup's name for it", () => {
  const version1 = { total_inactive_file: 300, inactive_file: 1, cache: 400 }
  const version2 = { inactive_file: 300, file: 400 }
  for (const stats of [version1, version2]) {
    const memory = statsOf(aSample({ memory_stats: { usage: 1000, limit: 5000, stats } }))
    expect(memory).toMatchObject({ memoryBytes: 700, memoryCacheBytes: 400, memoryLimitBytes: 5000 })
  }
})

test("bytes are added up over devices, whatever the case of their direction", () => {
  const io = [
    { op: "Read", value: 1 },
    { op: "read", value: 2 },
    { op: "Write", value: 4 },
    { op: "Total", value: 7 },
  ]
  expect(statsOf(aSample({ blkio_stats: { io_service_bytes_recursive: io } }))).toMatchObject({
    readBytes: 3,
    writtenBytes: 4,
  })
})

test("a container that does not run has no figures", () => {
  expect(statsOf(aSample({ read: "0001-01-01T00:00:00Z" }))).toBeUndefined()
  expect(statsOf(aSample({ memory_stats: {} }))).toBeUndefined()
})

function aSample(given: Partial<DockerStats>): DockerStats {
  return {
    read: "2026-01-01T00:00:00Z",
    cpu_stats: { cpu_usage: { total_usage: 5 } },
    memory_stats: { usage: 1000 },
    pids_stats: { current: 1 },
    blkio_stats: { io_service_bytes_recursive: null },
    ...given,
  }
}
