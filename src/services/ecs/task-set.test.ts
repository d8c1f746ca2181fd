import { ServiceNotFoundException, TaskSetNotFoundException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { type Agents, startAgents } from "./service/testing.ts"

const named = { cluster: "shop", service: "web" }

async function external(): Promise<Agents> {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.define("next")
  await agents.create({ deploymentController: { type: "EXTERNAL" }, taskDefinition: undefined, desiredCount: 4 })
  return agents
}

function create({ shop }: Agents, input: object = {}) {
  return shop.ecs.createTaskSet({ ...named, taskDefinition: "web", ...input }).then(({ taskSet }) => taskSet!)
}

async function setsOf({ shop }: Agents) {
  return (await shop.ecs.describeTaskSets(named)).taskSets!
}

test("a task set runs its share of the service's count, rounded up, and becomes steady", async () => {
  const agents = await external()
  const created = await create(agents, { scale: { value: 30, unit: "PERCENT" }, externalId: "blue" })
  expect(created).toMatchObject({
    id: expect.stringMatching(/^ecs-svc\/\d{19}$/),
    status: "ACTIVE",
    stabilityStatus: "STABILIZING",
    computedDesiredCount: 2,
    runningCount: 0,
    launchType: "EC2",
    externalId: "blue",
    scale: { value: 30, unit: "PERCENT" },
    tags: [],
  })
  expect(created.taskSetArn).toBe(`arn:aws:ecs:us-east-1:${agents.shop.account}:task-set/shop/web/${created.id}`)
  await agents.live(60_000)
  expect(await setsOf(agents)).toMatchObject([{ runningCount: 2, stabilityStatus: "STEADY_STATE" }])
  expect(agents.liveTasks().every(({ startedBy }) => startedBy === created.id)).toBe(true)
  const service = await agents.describe()
  expect(service).toMatchObject({ deployments: [], taskSets: [{ id: created.id }], runningCount: 2 })
  expect(service).not.toHaveProperty("taskDefinition")
  expect(await agents.messages()).toEqual([
    `(service web, taskSet ${created.id}) has started 2 tasks: (task) (task).`,
    `(service web, taskSet ${created.id}) has reached a steady state.`,
  ])
})

test("the scale of a task set changes how many it runs", async () => {
  const agents = await external()
  const { id } = await create(agents)
  await agents.live(60_000)
  expect(agents.liveTasks()).toHaveLength(4)
  await agents.shop.ecs.updateTaskSet({ ...named, taskSet: id!, scale: { value: 0, unit: "PERCENT" } })
  await agents.live(10_000)
  expect(agents.liveTasks()).toEqual([])
})

test("the primary task set is what the service shows, and it cannot be deleted", async () => {
  const agents = await external()
  const first = await create(agents)
  const second = await create(agents, { taskDefinition: "next" })
  const { ecs } = agents.shop
  await ecs.updateServicePrimaryTaskSet({ ...named, primaryTaskSet: first.id! })
  await ecs.updateServicePrimaryTaskSet({ ...named, primaryTaskSet: second.taskSetArn! })
  expect((await setsOf(agents)).map(({ id, status }) => [id, status])).toEqual(
    expect.arrayContaining([
      [first.id, "ACTIVE"],
      [second.id, "PRIMARY"],
    ]),
  )
  expect((await agents.describe()).taskDefinition).toMatch(/next:1$/)
  await expect(ecs.deleteTaskSet({ ...named, taskSet: second.id! })).rejects.toThrow(
    "Primary TaskSet cannot be deleted",
  )
})

test("a deleted task set drains, and is gone with its last task", async () => {
  const agents = await external()
  const { id } = await create(agents)
  await agents.live(60_000)
  const remove = (force: boolean) => agents.shop.ecs.deleteTaskSet({ ...named, taskSet: id!, force })
  await expect(remove(false)).rejects.toThrow("The TaskSet cannot be deleted while it is scaled above 0.")
  expect((await remove(true)).taskSet).toMatchObject({ status: "DRAINING", computedDesiredCount: 0 })
  await agents.live(10_000)
  expect(await setsOf(agents)).toEqual([])
  expect(agents.allTasks()[0]!.stoppedReason).toBe(`Scaling activity initiated by (taskSet ${id})`)
  const missing = await agents.shop.ecs.describeTaskSets({ ...named, taskSets: [id!] })
  expect(missing.failures).toMatchObject([{ reason: "MISSING" }])
  await expect(remove(true)).rejects.toThrow(TaskSetNotFoundException)
})

test("a repeated token makes no second task set, and a service has five at most", async () => {
  const agents = await external()
  const first = await create(agents, { clientToken: "once" })
  expect((await create(agents, { clientToken: "once" })).id).toBe(first.id)
  for (let more = 1; more < 5; more++) await create(agents)
  await expect(create(agents)).rejects.toThrow(
    "5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.",
  )
})

test("only services whose deployments someone else controls have task sets", async () => {
  const agents = await startAgents()
  await expect(create(agents)).rejects.toThrow(ServiceNotFoundException)
  await agents.create()
  await expect(create(agents)).rejects.toThrow(
    "Amazon ECS only supports task set management on services configured to use external deployment controllers.",
  )
})

test("deleting the service takes its task sets with it", async () => {
  const agents = await external()
  await create(agents)
  await agents.live(60_000)
  await agents.shop.ecs.deleteService({ ...named, force: true })
  await agents.live(10_000)
  expect(await agents.describe()).toMatchObject({ status: "INACTIVE", taskSets: [] })
})
