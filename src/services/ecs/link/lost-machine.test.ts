import { expect, test } from "vitest"
import { untilAnswered } from "../../../aws/testing.ts"
import { regionScope } from "../../../store/changes.ts"
import { startWorld } from "../../testing.ts"
import { POOL_ACCOUNT, POOL_CLUSTER } from "../index.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { poolTasks } from "../tables/pool.ts"
import { tasks } from "../tables/task.ts"
import { IN_SUBNET, openSubnet } from "../task/testing.ts"
import { FakeAgent, roadTo } from "./testing.ts"

/** A service of one task on FARGATE, with two machines in the pool, and a user's own instance that runs a task as well. */
async function start() {
  let region = await startWorld()
  const { world } = region
  const scope = regionScope(region.account, "us-east-1")
  const poolScope = regionScope(POOL_ACCOUNT, "us-east-1")
  openSubnet(region, scope)
  await region.ecs.createCluster({})
  const agentOf = (credentials: typeof region.credentials, cluster: string) =>
    new FakeAgent(
      world,
      roadTo(() => region.door, world, { credentials }),
      { cluster },
    )
  const join = async (agent: FakeAgent) => {
    await untilAnswered(agent.register(), world)
    await untilAnswered(agent.connect(), world)
    return agent
  }
  const { credentials: poolCredentials } = region.as({ account: POOL_ACCOUNT })
  const machines = [
    await join(agentOf(poolCredentials, POOL_CLUSTER)),
    await join(agentOf(poolCredentials, POOL_CLUSTER)),
  ]
  const own = await join(agentOf(region.credentials, "default"))
  const fargate = { requiresCompatibilities: ["FARGATE" as const], cpu: "256", memory: "512" }
  await region.ecs.registerTaskDefinition({
    family: "web",
    networkMode: "awsvpc",
    ...fargate,
    containerDefinitions: [{ name: "app", image: "nginx" }],
  })
  await region.ecs.registerTaskDefinition({
    family: "job",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 32 }],
  })
  await region.ecs.createService({
    serviceName: "web",
    taskDefinition: "web",
    launchType: "FARGATE",
    desiredCount: 1,
    networkConfiguration: IN_SUBNET,
  })
  const { tasks: jobs } = await region.ecs.runTask({ taskDefinition: "job" })
  await world.advance(5_000)

  const connect = (agent: FakeAgent) => untilAnswered(agent.connect(), world)
  const all = () => region.store.transact(scope, (tx) => tx.all(tasks))
  const [first] = all().filter(({ serviceArn }) => serviceArn !== undefined)
  return {
    world,
    own,
    all,
    host: machines.find(({ instanceArn }) => instanceArn === first!.instanceArn)!,
    first: first!.arn,
    job: jobs![0]!.taskArn!,
    task: (arn: string) => region.store.transact(scope, (tx) => tx.mustGet(tasks, arn)),
    live: () => all().filter(({ serviceArn, lastStatus }) => serviceArn !== undefined && lastStatus !== "STOPPED"),
    pooled: () => region.store.transact(poolScope, (tx) => tx.all(poolTasks)),
    machine: (arn: string) => region.store.transact(poolScope, (tx) => tx.mustGet(containerInstances, arn)),
    connect,
    async restart() {
      for (const agent of [...machines, own]) agent.vanish()
      region = await region.restart()
      await region.ecs.listClusters({})
      for (const agent of machines) if (agent.instanceArn !== first!.instanceArn) await connect(agent)
    },
  }
}

const MINUTE_MS = 60_000

test("what ran on a machine of the pool that is lost goes on elsewhere, and what it held is free", async () => {
  const { world, host, first, task, live, pooled } = await start()
  host.vanish()
  await world.advance(4 * MINUTE_MS)
  expect(task(first)).toMatchObject({ lastStatus: "RUNNING", desiredStatus: "RUNNING" })
  await world.advance(2 * MINUTE_MS)
  expect(task(first)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "TerminationNotice",
    stoppedReason: "ECS is performing maintenance on the underlying infrastructure hosting the task.",
    attachments: [{ status: "DELETED" }],
  })
  expect(live()).toMatchObject([{ lastStatus: "RUNNING" }])
  expect(live()[0]!.instanceArn).not.toBe(host.instanceArn)
  expect(pooled().map(({ taskArn }) => taskArn)).toEqual(live().map(({ arn }) => arn))
})

test("a machine that was lost and comes back stops what it should not run any more, and takes tasks again", async () => {
  const { world, host, first, task, machine, live, connect } = await start()
  host.vanish()
  await world.advance(6 * MINUTE_MS)
  expect(host.tasks.get(first)?.status).toBe("RUNNING")
  expect(machine(host.instanceArn).lostAt).toBeDefined()

  await connect(host)
  await world.advance(5_000)
  expect(host.tasks.get(first)?.status).toBe("STOPPED")
  expect(machine(host.instanceArn)).toMatchObject({ agentConnected: true })
  expect(machine(host.instanceArn).lostAt).toBeUndefined()
  expect(task(first).stopCode).toBe("TerminationNotice")
  await world.advance(10 * MINUTE_MS)
  expect(live()).toHaveLength(1)
})

test("a user's own instance keeps its tasks, however long its agent is away", async () => {
  const { world, own, job, task } = await start()
  own.vanish()
  await world.advance(30 * MINUTE_MS)
  expect(task(job)).toMatchObject({ lastStatus: "RUNNING", desiredStatus: "RUNNING" })
})

test("a machine is also given up when the region restarts meanwhile, but never for a clock that jumps", async () => {
  const { world, host, first, task, restart } = await start()
  host.vanish()
  await world.advance(MINUTE_MS)
  world.jump(2 * 60 * MINUTE_MS)
  await world.advance(2 * MINUTE_MS)
  expect(task(first).lastStatus).toBe("RUNNING")

  await restart()
  await world.advance(4 * MINUTE_MS)
  expect(task(first).lastStatus).toBe("RUNNING")
  await world.advance(2 * MINUTE_MS)
  expect(task(first).lastStatus).toBe("STOPPED")
})
