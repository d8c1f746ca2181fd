import type { FrontDoorMetrics } from "../aws/front-door.ts"
import type { ControllerStatus } from "../store/controller.ts"

/** What is measured, at the moment that somebody asks. */
export interface Measured {
  readonly frontDoor: FrontDoorMetrics | undefined
  readonly forwarded: number
  readonly connections: number
  readonly leads: boolean
  readonly storeVersion: number
  readonly storeBacklog: number
  readonly records: readonly { readonly table: string; readonly count: number }[]
  readonly controllers: readonly ControllerStatus[]

  /** How late timers came since somebody asked last, in seconds. */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number }
  readonly residentBytes: number
  readonly heapBytes: number
  readonly uptimeSeconds: number
}

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [value: number, labels?: Labels]

/** Prometheus's text format. */
export function metricsText(measured: Measured): string {
  const { frontDoor, controllers, eventLoopDelay: delay } = measured
  return [
    counter(
      "homeport_requests_total",
      "Requests answered, by service, operation and HTTP status.",
      frontDoor?.requests.map(({ service, operation, status, count }) => [count, { service, operation, status }]) ?? [],
    ),
    gauge("homeport_requests_in_flight", "Requests being answered by this process.", [[frontDoor?.inFlight ?? 0]]),
    gauge("homeport_requests_forwarded_in_flight", "Requests and kept connections that are with the leader.", [
      [measured.forwarded],
    ]),
    gauge("homeport_connections", "Open connections.", [[measured.connections]]),
    gauge("homeport_sockets", "Connections that agents keep.", [[frontDoor?.sockets ?? 0]]),
    gauge("homeport_leader", "Whether this process leads.", [[measured.leads ? 1 : 0]]),
    gauge("homeport_store_version", "Version of the last transaction that changed something.", [
      [measured.storeVersion],
    ]),
    gauge("homeport_store_backlog", "Changes that wait to become durable.", [[measured.storeBacklog]]),
    gauge(
      "homeport_store_records",
      "Records, by table.",
      measured.records.map(({ table, count }) => [count, { table }]),
    ),
    counter(
      "homeport_controller_turns_total",
      "Turns taken, by controller.",
      byController(controllers, ({ turns }) => turns),
    ),
    counter(
      "homeport_controller_failures_total",
      "Turns that threw, by controller.",
      byController(controllers, ({ failures }) => failures),
    ),
    gauge(
      "homeport_controller_ready",
      "Keys that wait for their turn, by controller.",
      byController(controllers, ({ ready }) => ready),
    ),
    gauge(
      "homeport_controller_failing",
      "Keys whose last turn threw, by controller.",
      byController(controllers, ({ failing }) => failing.length),
    ),
    gauge("homeport_event_loop_delay_seconds", "How late timers came since the last scrape.", [
      [delay.mean, { of: "mean" }],
      [delay.p99, { of: "p99" }],
      [delay.max, { of: "max" }],
    ]),
    gauge("process_resident_memory_bytes", "Resident memory.", [[measured.residentBytes]]),
    gauge("homeport_heap_bytes", "Memory in use by JavaScript.", [[measured.heapBytes]]),
    gauge("homeport_uptime_seconds", "Time since the process started.", [[measured.uptimeSeconds]]),
  ].join("")
}

function byController(controllers: readonly ControllerStatus[], value: (status: ControllerStatus) => number): Sample[] {
  return controllers.map((status) => [value(status), { controller: status.name }])
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family(name, "counter", help, samples)
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family(name, "gauge", help, samples)
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  for (const [value, labels = {}] of samples) {
    const pairs = Object.entries(labels).map(([label, of]) => `${label}="${escaped(String(of))}"`)
    text += `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`
  }
  return text
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
}
