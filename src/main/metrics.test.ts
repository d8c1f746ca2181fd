import { expect, test } from "vitest"
import { type Measured, metricsText } from "./metrics.ts"

const measured: Measured = {
  frontDoor: {
    sockets: 4,
    inFlight: 3,
    requests: [{ service: "ecs", operation: "CreateCluster", status: 200, count: 7 }],
  },
  forwarded: 2,
  connections: 5,
  leads: true,
  storeVersion: 42,
  storeBacklog: 1,
  records: [{ table: "ecs/clusters", count: 9 }],
  controllers: [{ name: 'a "quoted"\\name', ready: 1, turns: 100, failures: 2, failing: [] }],
  eventLoopDelay: { mean: 0.001, p99: 0.01, max: 0.05 },
  residentBytes: 1e8,
  heapBytes: 5e7,
  uptimeSeconds: 12.5,
}

test("what is measured reads as Prometheus expects it", () => {
  const text = metricsText(measured)

  expect(text).toContain(
    '# TYPE homeport_requests_total counter\nhomeport_requests_total{service="ecs",operation="CreateCluster",status="200"} 7\n',
  )
  expect(text).toContain('homeport_store_records{table="ecs/clusters"} 9\n')
  expect(text).toContain('homeport_controller_turns_total{controller="a \\"quoted\\"\\\\name"} 100\n')
  expect(text).toContain('homeport_event_loop_delay_seconds{of="p99"} 0.01\n')
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? -?[\d.e+]+)$/)
})

test("each name is declared once", () => {
  const names = [...metricsText(measured).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
})

test("a process that does not answer yet still tells the rest", () => {
  expect(metricsText({ ...measured, frontDoor: undefined })).toContain("homeport_requests_in_flight 0\n")
})
