import type { PlacementStrategy } from "@aws-sdk/client-ecs"
import type { Random } from "../../../world/world.ts"
import type { Task } from "../tables/task.ts"
import type { Capacity } from "./capacity.ts"
import { ZONE } from "./face.ts"
import { type Measure, measuresOf } from "./strategy.ts"

export interface ScaleInRequest {
  /** Those of one service that are to run. */
  readonly tasks: readonly Task[]
  readonly count: number
  readonly strategy: readonly PlacementStrategy[]

  /** The revision that is to stay: tasks of others go before its own. */
  readonly revisionArn: string | undefined
  readonly now: number
}

/**
 * Which tasks stop when there are too many, first to last. Those that carry no load go first, then those of older
 * revisions. Among these the strategy is run backwards: spread takes where there are most, so that zones stay in
 * balance, and binpack takes from the emptiest instance, so that one may become free. A protected task never goes.
 */
export function planScaleIn(capacity: Pick<Capacity, "instance">, request: ScaleInRequest, random: Random): Task[] {
  const measures = measuresOf(request.strategy, true)
  const all = request.tasks.map((task) => entryOf(task, request, measures, capacity))
  const counts = new Map<string, number>()
  const freed = new Map<string, { cpu: number; memory: number }>()
  for (const { buckets } of all) for (const bucket of buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + 1)

  /** How much an instance or a bucket wants to give a task. */
  function excess(entry: Entry, index: number): number {
    const { kind } = measures[index]!
    if (kind === "attribute" || kind === "tasks") return counts.get(entry.buckets[index]!)!
    const given = freed.get(entry.task.instanceArn ?? "")?.[kind] ?? 0
    return (kind === "cpu" ? entry.cpuFree : entry.memoryFree) + entry.task.demand[kind] + given
  }

  const left = new Set(all.filter(({ task }) => !isProtected(task, request.now)))
  const stopped: Task[] = []
  while (stopped.length < request.count && left.size > 0) {
    let best = mostOf([...left], ({ urgency }) => urgency)
    for (const index of measures.keys()) best = mostOf(best, (entry) => excess(entry, index))
    const chosen = best[best.length === 1 ? 0 : random.below(best.length)]!
    left.delete(chosen)
    stopped.push(chosen.task)
    for (const bucket of chosen.buckets) counts.set(bucket, counts.get(bucket)! - 1)
    const { instanceArn = "", demand } = chosen.task
    const { cpu, memory } = freed.get(instanceArn) ?? { cpu: 0, memory: 0 }
    freed.set(instanceArn, { cpu: cpu + demand.cpu, memory: memory + demand.memory })
  }
  return stopped
}

interface Entry {
  readonly task: Task
  readonly urgency: number

  /** For each measure, by what its tasks are counted. */
  readonly buckets: readonly string[]
  readonly cpuFree: number
  readonly memoryFree: number
}

function entryOf(
  task: Task,
  { revisionArn }: ScaleInRequest,
  measures: readonly Measure[],
  capacity: Pick<Capacity, "instance">,
): Entry {
  const instance = task.instanceArn === undefined ? undefined : capacity.instance(task.instanceArn)
  let values = ""
  const buckets = measures.map((measure, index) => {
    if (measure.kind !== "attribute") return `${index} ${task.instanceArn}`
    // A task on FARGATE has a zone, though its instance is not ours to look at.
    const value = measure.name === ZONE ? task.zone : instance?.attributes.get(measure.name)
    values += `${value === undefined ? "" : `=${value}`}\n`
    return `${index} ${values}`
  })
  const urgency = urgencyOf(task, revisionArn)
  return { task, urgency, buckets, cpuFree: instance?.cpuFree ?? 0, memoryFree: instance?.memoryFree ?? 0 }
}

function urgencyOf(task: Task, revisionArn: string | undefined): number {
  if (task.health === "UNHEALTHY") return 3
  if (STARTING.has(task.lastStatus)) return 2
  return task.revisionArn === revisionArn ? 0 : 1
}

const STARTING: ReadonlySet<Task["lastStatus"]> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"])

function isProtected({ protectedUntil }: Task, now: number): boolean {
  return protectedUntil !== undefined && protectedUntil > now
}

function mostOf(entries: readonly Entry[], amount: (entry: Entry) => number): Entry[] {
  let most = Number.NEGATIVE_INFINITY
  let found: Entry[] = []
  for (const entry of entries) {
    const own = amount(entry)
    if (own < most) continue
    if (own > most) found = []
    most = own
    found.push(entry)
  }
  return found
}
