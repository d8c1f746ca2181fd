import type { CreateServiceCommandInput, ECS, Service as ShownService } from "@aws-sdk/client-ecs"
import { connected } from "../container-instance/write.ts"
import { applyHealth, applyReport, type TaskReport } from "../lifecycle/report.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { type Task, type TaskContainer, tasks } from "../tables/task.ts"
import { type Shop, startShop } from "../task/testing.ts"

/** What becomes of a task that an agent is to run. */
export type Fate = "runs" | "hangs" | "crashes" | "cannot be pulled"

/** A shop whose instances have agents that do what they are told, in simulated time. */
export interface Agents {
  readonly shop: Shop

  /** Lets time pass; the agents act every half second. */
  live(ms: number): Promise<void>
  fate: (task: Task) => Fate
  health(task: Task, status: TaskContainer["health"]): void

  /** Tasks of a service that are not STOPPED, of all that are remembered, in the order of their start. */
  liveTasks(service?: string): readonly Task[]
  allTasks(service?: string): readonly Task[]

  /** A service `web` with one task, unless it is said otherwise. */
  create(input?: Partial<CreateServiceCommandInput>): Promise<ShownService>
  describe(service?: string): Promise<ShownService>

  /** What the service's events say, the oldest first, without tasks' ids. */
  messages(service?: string): Promise<string[]>

  /** A definition of one container, with these changes. */
  define(family: string, container?: object): Promise<string>

  /** A client with which each request takes so long, for waiters. */
  slowly(ms: number): ECS
  restarted(): Promise<Agents>
}

/** With `comeBack` agents connect again when the region misses them, as it does when it has restarted. */
export async function startAgents(shop?: Shop, comeBack = false): Promise<Agents> {
  const started = shop ?? (await startShop())
  const { ecs, world, store, scope } = started

  function act(): void {
    store.transact(scope, (tx) => {
      const writer = { tx, now: world.now(), random: world.random }
      if (comeBack) for (const { arn } of tx.all(containerInstances)) connected(writer, arn, true)
      for (const task of tx.all(tasks)) {
        const report = reportOf(task, agents.fate(task))
        if (report !== undefined) applyReport(writer, task, report)
      }
    })
  }

  function allTasks(service = "web"): Task[] {
    const all = store.transact(scope, (tx) => tx.all(tasks))
    return all
      .filter(({ serviceArn }) => serviceArn?.endsWith(`/${service}`))
      .sort((a, b) => a.createdAt - b.createdAt || (a.arn < b.arn ? -1 : 1))
  }

  const agents: Agents = {
    shop: started,
    fate: () => "runs",
    async live(ms) {
      for (let lived = 0; lived < ms; lived += STEP_MS) {
        act()
        await world.advance(Math.min(STEP_MS, ms - lived))
      }
    },
    health(task, status) {
      const containers = task.containers.map(({ name }) => ({ containerName: name, status }))
      store.transact(scope, (tx) => {
        applyHealth({ tx, now: world.now(), random: world.random }, tx.mustGet(tasks, task.arn), containers)
      })
    },
    allTasks,
    liveTasks: (service) => allTasks(service).filter(({ lastStatus }) => lastStatus !== "STOPPED"),
    async create(input = {}) {
      const { service } = await ecs.createService({
        cluster: "shop",
        serviceName: "web",
        taskDefinition: "web",
        ...(input.schedulingStrategy !== "DAEMON" && { desiredCount: 1 }),
        ...input,
      })
      return service!
    },
    async describe(service = "web") {
      // A client keeps the time at which it was made, so after a long while another is needed.
      const { services = [] } = await started.as({}).ecs.describeServices({ cluster: "shop", services: [service] })
      return services[0]!
    },
    async messages(service) {
      const { events = [] } = await agents.describe(service)
      return events.map(({ message = "" }) => message.replaceAll(/\(task [0-9a-f]{32}\)/g, "(task)")).reverse()
    },
    async define(family, container = {}) {
      const { taskDefinition } = await ecs.registerTaskDefinition({
        family,
        containerDefinitions: [{ name: "app", image: "nginx", cpu: 128, memory: 256, ...container }],
      })
      return taskDefinition!.taskDefinitionArn!
    },
    slowly: (ms) =>
      new Proxy(ecs, {
        get(client, member) {
          if (member !== "send") return Reflect.get(client, member)
          return async (command: Parameters<ECS["send"]>[0]) => {
            await agents.live(ms)
            return client.send(command)
          }
        },
      }),
    async restarted() {
      const again = await startAgents({ ...started, ...(await started.restart()) }, true)
      again.fate = agents.fate
      return again
    },
  }
  return agents
}

/** What an agent has to say of a task: it does at once what is wanted of it. */
function reportOf(task: Task, fate: Fate): TaskReport | undefined {
  const containers = (status: TaskContainer["lastStatus"], more: object = {}) =>
    task.containers.map(({ name }) => ({ name, status, ...more }))
  const isWanted = task.desiredStatus === "RUNNING"
  switch (task.lastStatus) {
    case "PROVISIONING":
      if (task.instanceArn === undefined) return undefined
      return { attachments: task.attachments.map(({ id }) => ({ id, status: "ATTACHED" })) }
    case "PENDING":
      if (!isWanted) return { status: "STOPPED", containers: containers("STOPPED") }
      if (fate === "hangs") return undefined
      if (fate === "cannot be pulled")
        return { status: "STOPPED", reason: CANNOT_PULL, containers: containers("STOPPED") }
      return { status: "RUNNING", containers: containers("RUNNING", { imageDigest: "sha256:1" }) }
    case "RUNNING":
      if (fate !== "crashes" || !isWanted) return undefined
      return { status: "STOPPED", containers: containers("STOPPED", { exitCode: 1 }) }
    case "STOPPING":
      return { status: "STOPPED", containers: containers("STOPPED", { exitCode: 137 }) }
    default:
      return undefined
  }
}

export const CANNOT_PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
const STEP_MS = 500
