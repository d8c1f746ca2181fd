import { ClusterNotFoundException, InvalidParameterException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { regionScope } from "../../store/changes.ts"
import { startWorld, type TestWorld } from "../testing.ts"
import { anInstance, aTask } from "./placement/testing.ts"
import { containerInstances } from "./tables/container-instance.ts"
import { type Deployment, deployments } from "./tables/deployment.ts"
import { type Service, services } from "./tables/service.ts"
import { type Task, tasks } from "./tables/task.ts"

const PREFIX = "arn:aws:ecs:us-east-1:111122223333"
const SERVICE = `${PREFIX}:service/default/web`
const CLUSTER = `${PREFIX}:cluster/default`

/** A task of a service as the scheduler would have left it, in the caller's own account. */
async function startWithTask(changes: Partial<Task> = {}, service: Partial<Service> = {}) {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const instance = inAccount(started, anInstance("a".repeat(32)))
  const task = inAccount(
    started,
    aTask("b".repeat(32), { instanceArn: instance.arn, serviceArn: SERVICE, revisionArn: "old", ...changes }),
  )
  put(started, (tx) => {
    tx.put(containerInstances, instance)
    tx.put(services, inAccount(started, { ...aService(), ...service }))
    tx.put(tasks, task)
  })
  return { ...started, task: task.arn }
}

function aService(): Service {
  return {
    arn: SERVICE,
    name: "web",
    clusterArn: CLUSTER,
    status: "ACTIVE",
    scheduling: "REPLICA",
  } as Service
}

function put({ store, account }: TestWorld, write: Parameters<typeof store.transact>[1]): void {
  store.transact(regionScope(account, "us-east-1"), write)
}

/** The same record as it would be in the caller's account. */
function inAccount<T extends object>({ account }: TestWorld, record: T): T {
  return JSON.parse(JSON.stringify(record).replaceAll("111122223333", account))
}

const where = { cluster: "default" }

test("a task is protected for two hours unless it is said otherwise, and then no more", async () => {
  const { ecs, task, world, as } = await startWithTask()
  const start = world.now()
  const { protectedTasks, failures } = await ecs.updateTaskProtection({
    ...where,
    tasks: [task],
    protectionEnabled: true,
  })
  const shown = { taskArn: task, protectionEnabled: true, expirationDate: new Date(start + 120 * 60_000) }
  expect({ protectedTasks, failures }).toEqual({ protectedTasks: [shown], failures: [] })

  const id = task.split("/").at(-1)!
  await world.advance(120 * 60_000 - 1000)
  const { ecs: later } = as({})
  expect((await later.getTaskProtection({ ...where, tasks: [id] })).protectedTasks).toEqual([shown])
  await world.advance(1000)
  expect((await later.getTaskProtection({ ...where, tasks: [id] })).protectedTasks).toEqual([
    { taskArn: task, protectionEnabled: false },
  ])
})

test("protection can be for minutes or days, and be taken away", async () => {
  const { ecs, task, world } = await startWithTask()
  const protect = (expiresInMinutes: number) =>
    ecs.updateTaskProtection({ ...where, tasks: [task], protectionEnabled: true, expiresInMinutes })
  for (const minutes of [1, 2880]) {
    const [shown] = (await protect(minutes)).protectedTasks!
    expect(shown!.expirationDate).toEqual(new Date(world.now() + minutes * 60_000))
  }
  for (const minutes of [0, 2881, 1.5]) await expect(protect(minutes)).rejects.toThrow(InvalidParameterException)
  const { protectedTasks } = await ecs.updateTaskProtection({ ...where, tasks: [task], protectionEnabled: false })
  expect(protectedTasks).toEqual([{ taskArn: task, protectionEnabled: false }])
})

test.each<[string, Partial<Task>, Partial<Service>]>([
  ["has no service", { serviceArn: undefined as never }, {}],
  ["is not running yet", { lastStatus: "PENDING" }, {}],
  ["is being stopped", { desiredStatus: "STOPPED" }, {}],
  ["is one of a daemon's", {}, { scheduling: "DAEMON" }],
])("a task that %s cannot be protected", async (_, changes, service) => {
  const { ecs, task } = await startWithTask(changes, service)
  const invalid = { protectedTasks: [], failures: [{ arn: task, reason: "TASK_NOT_VALID" }] }
  expect(await ecs.updateTaskProtection({ ...where, tasks: [task], protectionEnabled: true })).toMatchObject(invalid)
  expect(await ecs.getTaskProtection({ ...where, tasks: [task] })).toMatchObject(invalid)
})

test("a task that is not there is MISSING, beside those that are", async () => {
  const { ecs, task, account } = await startWithTask()
  const gone = "0".repeat(32)
  const answer = await ecs.updateTaskProtection({ ...where, tasks: [gone, task], protectionEnabled: true })
  expect(answer.failures).toEqual([{ arn: `arn:aws:ecs:us-east-1:${account}:task/default/${gone}`, reason: "MISSING" }])
  expect(answer.protectedTasks).toMatchObject([{ taskArn: task, protectionEnabled: true }])
})

test("while a deployment waits for protected tasks, no more of those it is to replace can be protected", async () => {
  const started = await startWithTask()
  const { ecs, task } = started
  const deploy = (blockedBy: Pick<Deployment, "blockedBy">) => {
    const deployment = { arn: "deployment", serviceArn: SERVICE, role: "PRIMARY", revisionArn: "new" } as Deployment
    put(started, (tx) => tx.put(deployments, inAccount(started, { ...deployment, ...blockedBy })))
  }
  deploy({ blockedBy: { kind: "protection", reason: "why", since: 0, at: 0 } })
  const protect = (protectionEnabled: boolean) =>
    ecs.updateTaskProtection({ ...where, tasks: [task], protectionEnabled })
  expect((await protect(true)).failures).toMatchObject([{ arn: task, reason: "DEPLOYMENT_BLOCKED" }])
  expect((await protect(false)).failures).toEqual([])
  deploy({})
  expect((await protect(true)).failures).toEqual([])
})

test("a request that names no cluster, no task or too many is refused", async () => {
  const { ecs } = await startWithTask()
  const many = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(32, "0"))
  const update = (tasks: string[]) => ecs.updateTaskProtection({ ...where, tasks, protectionEnabled: true })
  await expect(update([])).rejects.toThrow("Tasks cannot be empty.")
  await expect(update(many(11))).rejects.toThrow("Tasks cannot have more than 10 elements")
  await expect(update(["web"])).rejects.toThrow("taskId length should be one of [32,36]")
  await expect(ecs.getTaskProtection({ ...where, tasks: many(101) })).rejects.toThrow(
    "Tasks cannot have more than 100 elements",
  )
  await expect(ecs.getTaskProtection({ cluster: "nowhere", tasks: many(1) })).rejects.toThrow(ClusterNotFoundException)
})
