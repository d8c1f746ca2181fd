/** The part of a machine that an instance has to give. */
export interface Machine {
  readonly processors: number
  readonly memoryMiB: number
  readonly architecture: "x86_64" | "arm64"

  /** As in `debian_12`. */
  readonly system: string

  /** Of the machine's present start. */
  readonly bootId: string
}

export interface Reservations {
  /** Kept for what runs on the machine besides tasks. */
  readonly memoryMiB?: number
  readonly tcpPorts?: readonly number[]
  readonly udpPorts?: readonly number[]
}

/** What an instance registers. Of ports it names those that are taken. */
export function totalResources(machine: Pick<Machine, "processors" | "memoryMiB">, reserved: Reservations = {}) {
  const { memoryMiB = 0, tcpPorts = RESERVED_TCP_PORTS, udpPorts = [] } = reserved
  return [
    integer("CPU", machine.processors * 1024),
    integer("MEMORY", Math.max(0, machine.memoryMiB - memoryMiB)),
    set("PORTS", tcpPorts),
    set("PORTS_UDP", udpPorts),
  ]
}

export function platformDevices(gpus: readonly string[]) {
  return gpus.map((id) => ({ id, type: "GPU" as const }))
}

function integer(name: string, integerValue: number) {
  return { name, type: "INTEGER", integerValue }
}

function set(name: string, ports: readonly number[]) {
  return { name, type: "STRINGSET", stringSetValue: ports.map(String) }
}

/** Of SSH, Docker, and the agent itself. The task engine keeps off them as well. */
export const RESERVED_TCP_PORTS = [22, 2375, 2376, 51_678, 51_679]
