import type { TaskPayload } from "../../../wire/task.ts"
import type { Binding, TaskRecord } from "../records.ts"
import { readDockerConfig } from "./docker-config.ts"
import { bindingsOf, type PortUse, portsOf } from "./ports.ts"
import type { IsPortFree } from "./surroundings.ts"

/** What a machine has for tasks, as it was registered: in units, MiB, and device ids. Reserved ports are not for tasks. */
export interface HostResources {
  readonly cpu: number
  readonly memory: number
  readonly reservedPorts: { readonly tcp: readonly number[]; readonly udp: readonly number[] }
  readonly gpus: readonly string[]
}

export interface Claim {
  readonly cpu: number
  readonly memory: number
  readonly gpus: readonly string[]
}

/**
 * What the tasks on the machine hold of it. The region may send a task before the one whose place it takes has gone; it
 * then waits, and those behind it wait as well, so that a large one is not overtaken for ever.
 */
export class HostAccounts {
  readonly #total: HostResources
  readonly #ports: PortUse
  readonly #held = new Map<string, Claim>()
  #waiting: string[] = []

  constructor(
    total: HostResources,
    dynamicPorts: { readonly first: number; readonly last: number },
    isFree: IsPortFree,
  ) {
    this.#total = total
    this.#ports = { taken: { tcp: new Map(), udp: new Map() }, range: dynamicPorts, next: dynamicPorts.first, isFree }
    for (const protocol of ["tcp", "udp"] as const) {
      for (const port of total.reservedPorts[protocol]) this.#ports.taken[protocol].set(port, "")
    }
  }

  isAdmitted(arn: string): boolean {
    return this.#held.has(arn)
  }

  enqueue(arn: string): void {
    if (!this.isAdmitted(arn) && !this.#waiting.includes(arn)) this.#waiting.push(arn)
  }

  /** Those whose turn has come, each with the ports that it was given. */
  admit(find: (arn: string) => TaskRecord | undefined): readonly TaskRecord[] {
    const admitted: TaskRecord[] = []
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const task = find(first)
      if (task?.desiredStatus !== "RUNNING") {
        this.#waiting.shift()
        continue
      }
      const bindings = this.#fits(task.payload) ? bindingsOf(task, this.#ports) : undefined
      if (bindings === undefined) break
      admitted.push(this.restore(withBindings(task, bindings)))
    }
    return admitted
  }

  /** Takes what a task already has, whether there is room for it or not. */
  restore(task: TaskRecord): TaskRecord {
    this.#held.set(task.arn, claimOf(task.payload))
    for (const { hostPort, protocol } of task.containers.flatMap(({ bindings }) => bindings.flatMap(portsOf))) {
      this.#ports.taken[protocol].set(hostPort, task.arn)
    }
    this.#waiting = this.#waiting.filter((arn) => arn !== task.arn)
    return task
  }

  /** A task has given all of it back. */
  free(arn: string): void {
    this.#held.delete(arn)
    this.#waiting = this.#waiting.filter((waiting) => waiting !== arn)
    for (const taken of Object.values(this.#ports.taken)) {
      for (const [port, holder] of taken) if (holder === arn) taken.delete(port)
    }
  }

  #fits(payload: TaskPayload): boolean {
    // Capacity that is not the machine's own is counted by the region alone.
    if (payload.launchType === "FARGATE") return true
    const held = [...this.#held.values()]
    const claim = claimOf(payload)
    const sum = (of: (claim: Claim) => number) => held.reduce((total, each) => total + of(each), of(claim))
    const gpus = new Set(held.flatMap((each) => each.gpus))
    return (
      sum(({ cpu }) => cpu) <= this.#total.cpu &&
      sum(({ memory }) => memory) <= this.#total.memory &&
      claim.gpus.every((gpu) => this.#total.gpus.includes(gpu) && !gpus.has(gpu))
    )
  }
}

/** The whole task's own limits, else what its containers reserve, else their limits. */
export function claimOf(payload: TaskPayload): Claim {
  const { containers, associations = [] } = payload
  if (payload.launchType === "FARGATE") return { cpu: 0, memory: 0, gpus: [] }
  const reserved = containers.map((container) => {
    const { memoryReservation = 0 } = readDockerConfig(container.dockerConfig).host
    return memoryReservation > 0 ? memoryReservation / MIB : container.memory
  })
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)
  return {
    cpu: payload.cpu === undefined ? sum(containers.map(({ cpu }) => cpu)) : payload.cpu * UNITS_PER_CPU,
    memory: payload.memory ?? sum(reserved),
    gpus: associations.filter(({ type }) => type === "gpu").map(({ name }) => name),
  }
}

function withBindings(task: TaskRecord, bindings: ReadonlyMap<string, readonly Binding[]>): TaskRecord {
  if ([...bindings.values()].every(({ length }) => length === 0)) return task
  const containers = task.containers.map((container) => ({
    ...container,
    bindings: bindings.get(container.name) ?? [],
  }))
  return { ...task, containers }
}

const MIB = 2 ** 20
const UNITS_PER_CPU = 1024
