import { ConflictException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { eventDetail } from "../event/read.ts"
import { type Agents, CANNOT_PULL, startAgents } from "../service/testing.ts"
import { events } from "../tables/event.ts"

async function running(input: Parameters<Agents["create"]>[0] = {}): Promise<Agents> {
  const agents = await startAgents()
  agents.shop.instance("a")
  agents.shop.instance("b")
  await agents.define("next")
  await agents.create({ desiredCount: 2, ...input })
  await agents.live(60_000)
  return agents
}

function update({ shop }: Agents, input: object = {}) {
  return shop.ecs.updateService({ cluster: "shop", service: "web", ...input })
}

async function deploymentsOf({ shop }: Agents) {
  const { serviceDeployments = [] } = await shop.ecs.listServiceDeployments({ cluster: "shop", service: "web" })
  const serviceDeploymentArns = serviceDeployments.map(({ serviceDeploymentArn }) => serviceDeploymentArn!)
  return (await shop.ecs.describeServiceDeployments({ serviceDeploymentArns })).serviceDeployments!
}

function told({ shop }: Agents, detailType: string) {
  return shop.store.transact(shop.scope, (tx) =>
    tx
      .list(events)
      .flatMap((event) => (event.detailType === detailType ? [eventDetail(tx, event) as Record<string, string>] : [])),
  )
}

const ABLE_TO_CHECK = ["com.amazonaws.ecs.capability.docker-remote-api.1.24", "ecs.capability.container-health-check"]

const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } }

test("a new revision takes the place of the old one, which stays on the list until its last task is gone", async () => {
  const agents = await running()
  await update(agents, { taskDefinition: "next" })
  await agents.live(5_000)
  expect((await agents.describe()).deployments).toMatchObject([
    { status: "PRIMARY", rolloutState: "IN_PROGRESS", runningCount: 2, desiredCount: 2 },
    { status: "ACTIVE", rolloutState: "COMPLETED", runningCount: 2 },
  ])
  await agents.live(60_000)
  expect((await agents.describe()).deployments).toMatchObject([{ status: "PRIMARY", rolloutState: "COMPLETED" }])
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["next", "next"])

  const [next, first] = await deploymentsOf(agents)
  expect(first).toMatchObject({ status: "SUCCESSFUL", sourceServiceRevisions: [] })
  expect(next).toMatchObject({
    status: "SUCCESSFUL",
    sourceServiceRevisions: [{ arn: first!.targetServiceRevision!.arn }],
    targetServiceRevision: { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
    deploymentCircuitBreaker: { status: "DISABLED", failureCount: 0, threshold: 3 },
  })
})

test("while a deployment runs there is one under way, and it is told as events", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  await agents.create()
  await agents.live(2_000)
  const { currentServiceDeployment } = await agents.describe()
  expect((await deploymentsOf(agents))[0]!.serviceDeploymentArn).toBe(currentServiceDeployment)
  await agents.live(60_000)
  expect(await agents.describe()).not.toHaveProperty("currentServiceDeployment")

  expect(told(agents, "ECS Deployment State Change").map(({ eventName }) => eventName)).toEqual([
    "SERVICE_DEPLOYMENT_IN_PROGRESS",
    "SERVICE_DEPLOYMENT_COMPLETED",
  ])
  expect(told(agents, "ECS Service Action").map(({ eventName }) => eventName)).toEqual([
    "TASKS_STARTED",
    "SERVICE_STEADY_STATE",
  ])
})

test("a revision shows what its images were found to be", async () => {
  const agents = await running()
  const [{ targetServiceRevision } = {}] = await deploymentsOf(agents)
  const { serviceRevisions } = await agents.shop.ecs.describeServiceRevisions({
    serviceRevisionArns: [targetServiceRevision!.arn!],
  })
  expect(serviceRevisions).toMatchObject([
    {
      serviceRevisionArn: targetServiceRevision!.arn,
      launchType: "EC2",
      guardDutyEnabled: false,
      containerImages: [{ containerName: "app", image: "nginx", imageDigest: "sha256:1" }],
    },
  ])
})

test("tasks that fail to start trip the circuit breaker, and the service goes back to what it ran", async () => {
  const agents = await running({ deploymentConfiguration: BREAKER })
  const [{ id: first } = {}] = (await agents.describe()).deployments!
  agents.fate = ({ family }) => (family === "next" ? "cannot be pulled" : "runs")
  await update(agents, { taskDefinition: "next" })
  const [{ id: second } = {}] = (await agents.describe()).deployments!
  await agents.live(60_000)

  const service = await agents.describe()
  expect(service.deployments).toMatchObject([{ id: first, status: "PRIMARY", rolloutState: "COMPLETED" }])
  expect(service.taskDefinition).toMatch(/web:1$/)
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["web", "web"])
  const [failed, successful] = await deploymentsOf(agents)
  expect(failed).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    statusReason: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    rollback: { serviceRevisionArn: successful!.targetServiceRevision!.arn },
    deploymentCircuitBreaker: { status: "TRIGGERED", threshold: 3 },
  })
  const messages = await agents.messages()
  const tail = messages.slice(
    messages.indexOf(`(service web) (deployment ${second}) deployment failed: tasks failed to start.`),
  )
  expect(tail).toEqual([
    `(service web) (deployment ${second}) deployment failed: tasks failed to start.`,
    `(service web) rolling back to deployment ${first}.`,
    `(service web) (deployment ${first}) deployment completed.`,
    "(service web) has reached a steady state.",
  ])
  expect(told(agents, "ECS Deployment State Change").slice(-3)).toMatchObject([
    { eventType: "ERROR", deploymentId: second, reason: "ECS deployment circuit breaker: tasks failed to start." },
    { eventType: "INFO", reason: `ECS deployment circuit breaker: rolling back to deploymentId ${first}.` },
    { eventType: "INFO", reason: `ECS deployment ${first} completed.` },
  ])
})

test("a rollback has its time, and is successful only when all is as it was", async () => {
  const agents = await running({
    deploymentConfiguration: { ...BREAKER, minimumHealthyPercent: 0, maximumPercent: 100 },
    availabilityZoneRebalancing: "DISABLED",
  })
  agents.fate = ({ family }) => (family === "next" ? "cannot be pulled" : "runs")
  await update(agents, { taskDefinition: "next" })
  await agents.live(30_000)
  expect((await deploymentsOf(agents))[0]).toMatchObject({ status: "ROLLBACK_IN_PROGRESS" })
  expect((await agents.describe()).deployments).toMatchObject([
    { status: "PRIMARY", rolloutState: "IN_PROGRESS" },
    { status: "ACTIVE", rolloutState: "FAILED" },
  ])
  await agents.live(60_000)
  expect((await deploymentsOf(agents))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" })
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])
})

test("an update in the middle of a rollback ends it as failed, and leads on from what there is", async () => {
  const agents = await running({
    deploymentConfiguration: { ...BREAKER, minimumHealthyPercent: 0, maximumPercent: 100 },
    availabilityZoneRebalancing: "DISABLED",
  })
  await agents.define("third")
  agents.fate = ({ family }) => (family === "next" ? "cannot be pulled" : "runs")
  await update(agents, { taskDefinition: "next" })
  await agents.live(30_000)
  await update(agents, { taskDefinition: "third" })
  expect((await deploymentsOf(agents))[1]).toMatchObject({ status: "ROLLBACK_FAILED", finishedAt: expect.any(Date) })
  await agents.live(60_000)
  expect((await deploymentsOf(agents)).map(({ status }) => status)).toEqual([
    "SUCCESSFUL",
    "ROLLBACK_FAILED",
    "SUCCESSFUL",
  ])
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["third", "third"])
})

test("tasks that crash after they have run count as well", async () => {
  const agents = await running({ deploymentConfiguration: BREAKER })
  agents.fate = ({ family }) => (family === "next" ? "crashes" : "runs")
  await update(agents, { taskDefinition: "next" })
  await agents.live(90_000)
  expect((await deploymentsOf(agents))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" })
})

test("a first deployment that fails has nothing to go back to", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  agents.fate = () => "cannot be pulled"
  await agents.create({ deploymentConfiguration: BREAKER })
  await agents.live(90_000)
  expect((await agents.describe()).deployments).toMatchObject([
    {
      status: "PRIMARY",
      rolloutState: "FAILED",
      rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
      failedTasks: 3,
    },
  ])
  expect(await deploymentsOf(agents)).toMatchObject([
    { status: "ROLLBACK_FAILED", statusReason: "No rollback candidate was found to run the rollback." },
  ])
  const started = agents.allTasks().length
  await agents.live(20 * 60_000)
  expect(agents.allTasks()).toHaveLength(started)
})

test("without rollback a failed deployment stops, and the old tasks stay", async () => {
  const agents = await running({
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
  })
  agents.fate = ({ family }) => (family === "next" ? "cannot be pulled" : "runs")
  await update(agents, { taskDefinition: "next" })
  await agents.live(90_000)
  expect((await deploymentsOf(agents))[0]).toMatchObject({ status: "STOPPED", stoppedAt: expect.any(Date) })
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["web", "web"])
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "FAILED" }, { status: "ACTIVE" }])
})

test("a user may stop a deployment, which rolls it back; one that has ended cannot be stopped", async () => {
  const agents = await running()
  agents.fate = ({ family }) => (family === "next" ? "hangs" : "runs")
  await update(agents, { taskDefinition: "next" })
  await agents.live(5_000)
  const [deployment] = await deploymentsOf(agents)
  const serviceDeploymentArn = deployment!.serviceDeploymentArn!
  await agents.shop.ecs.stopServiceDeployment({ serviceDeploymentArn })
  expect((await deploymentsOf(agents))[0]!.status).toBe("ROLLBACK_IN_PROGRESS")
  await agents.live(60_000)
  expect((await deploymentsOf(agents))[0]!.status).toBe("ROLLBACK_SUCCESSFUL")
  expect((await agents.describe()).taskDefinition).toMatch(/web:1$/)
  await expect(agents.shop.ecs.stopServiceDeployment({ serviceDeploymentArn })).rejects.toThrow(ConflictException)
})

test("without a breaker failing tasks are tried again more and more rarely, and everyone is told why", async () => {
  const agents = await startAgents()
  agents.shop.instance("a")
  agents.fate = () => "cannot be pulled"
  await agents.create()
  await agents.live(10 * 60_000)
  const count = agents.allTasks().length
  expect(count).toBeGreaterThanOrEqual(5)
  expect(count).toBeLessThanOrEqual(8)

  const why = `tasks fail to start, the last one because of: ${CANNOT_PULL}`
  const [deployment] = (await agents.describe()).deployments!
  expect(deployment!.rolloutStateReason).toBe(`ECS deployment ${deployment!.id} in progress. It cannot go on: ${why}.`)
  expect((await deploymentsOf(agents))[0]!.statusReason).toBe(`It cannot go on: ${why}.`)
  const messages = await agents.messages()
  const impaired = messages.filter((message) => message.includes("is unable to consistently start tasks successfully."))
  expect(impaired).toHaveLength(1)
  expect(messages).toContain(`(service web) (deployment ${deployment!.id}) cannot go on: ${why}.`)
  expect(told(agents, "ECS Service Action")).toContainEqual(
    expect.objectContaining({ eventType: "WARN", eventName: "SERVICE_TASK_START_IMPAIRED" }),
  )

  agents.fate = () => "runs"
  await update(agents, { desiredCount: 1 })
  await agents.live(60_000)
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])
  expect((await agents.describe()).deployments![0]!.rolloutStateReason).not.toContain("cannot go on")
})

test("a service that finds no place says which instance is closest and why, once, and goes on when there is one", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { size: { memory: 100 } })
  await agents.create()
  await agents.live(3 * 60_000)
  const messages = await agents.messages()
  const id = `a${"0".repeat(31)}`
  expect(messages.filter((message) => message.includes("was unable to place a task"))).toEqual([
    `(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance ${id}) has insufficient memory available. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
  ])
  expect((await agents.describe()).deployments![0]!.rolloutStateReason).toContain(
    `no container instance can take another task (1 RESOURCE:MEMORY); the closest, ${id}, for RESOURCE:MEMORY`,
  )
  expect(told(agents, "ECS Service Action")).toContainEqual(
    expect.objectContaining({ eventName: "SERVICE_TASK_PLACEMENT_FAILURE", reason: "RESOURCE:MEMORY" }),
  )
  expect(agents.allTasks()).toEqual([])

  agents.shop.instance("b")
  await agents.live(60_000)
  expect(await agents.describe()).toMatchObject({ runningCount: 1, deployments: [{ rolloutState: "COMPLETED" }] })
})

test("bounds that leave no room are named in AWS's words and exactly", async () => {
  const agents = await running({
    desiredCount: 1,
    deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 },
  })
  await update(agents, { taskDefinition: "next" })
  await agents.live(30_000)
  const messages = await agents.messages()
  expect(messages).toContain(
    "(service web) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
  )
  expect((await agents.describe()).deployments![0]!.rolloutStateReason).toContain("maximumPercent 150")
  await update(agents, { deploymentConfiguration: { maximumPercent: 200 } })
  await agents.live(60_000)
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])
})

test("a protected task holds a deployment up until its protection ends", async () => {
  const agents = await running()
  const [kept] = agents.liveTasks()
  await agents.shop.ecs.updateTaskProtection({
    cluster: "shop",
    tasks: [kept!.arn],
    protectionEnabled: true,
    expiresInMinutes: 10,
  })
  await update(agents, { taskDefinition: "next" })
  await agents.live(3 * 60_000)
  expect(agents.liveTasks().map(({ family }) => family)).toEqual(["web", "next", "next"])
  expect((await agents.describe()).deployments![0]!.rolloutStateReason).toContain("1 tasks under protection")
  expect((await agents.messages()).join("\n")).toContain(
    "was unable to scale in due to (reason 1 tasks under protection",
  )
  await agents.live(9 * 60_000)
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])
})

test("a task whose health check fails is replaced, and its grace period is respected", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { attributes: ABLE_TO_CHECK.map((name) => ({ name })) })
  await agents.define("web", { healthCheck: { command: ["CMD", "true"] } })
  await agents.create({ desiredCount: 1 })
  await agents.live(2_000)
  const [first] = agents.liveTasks()
  agents.health(first!, "HEALTHY")
  await agents.live(2_000)
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED" }])

  agents.health(first!, "UNHEALTHY")
  await agents.live(2_000)
  const [, second] = agents.liveTasks()
  expect(agents.liveTasks()).toHaveLength(2)
  agents.health(second!, "HEALTHY")
  await agents.live(5_000)
  expect(agents.liveTasks().map(({ arn }) => arn)).toEqual([second!.arn])
  expect(agents.allTasks()[0]).toMatchObject({
    stopCode: "ServiceSchedulerInitiated",
    stoppedReason: "Task failed container health checks",
  })
  const messages = await agents.messages()
  expect(messages).toContain(
    "(service web) has started 1 tasks: (task). Amazon ECS replaced 1 tasks due to an unhealthy status.",
  )
  const failed = messages.indexOf("(service web) (task) failed container health checks.")
  expect(messages[failed + 1]).toBe("(service web) has stopped 1 running tasks: (task).")
})

test("tasks that are stopped for their health count towards the circuit breaker", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { attributes: ABLE_TO_CHECK.map((name) => ({ name })) })
  await agents.define("web", { healthCheck: { command: ["CMD", "false"] } })
  await agents.create({ deploymentConfiguration: BREAKER })
  for (let round = 0; round < 20; round++) {
    await agents.live(2_000)
    for (const task of agents.liveTasks()) if (task.health === "UNKNOWN") agents.health(task, "UNHEALTHY")
  }
  expect((await agents.describe()).deployments).toMatchObject([{ rolloutState: "FAILED", failedTasks: 3 }])
})

test("a task that ends by itself is replaced, and the service becomes steady again", async () => {
  const agents = await running({ desiredCount: 1 })
  const [first] = agents.liveTasks()
  agents.fate = ({ arn }) => (arn === first!.arn ? "crashes" : "runs")
  await agents.live(60_000)
  expect(agents.liveTasks()).toHaveLength(1)
  expect(agents.liveTasks()[0]!.arn).not.toBe(first!.arn)
  const messages = await agents.messages()
  expect(messages.filter((message) => message.endsWith("has reached a steady state."))).toHaveLength(2)
  expect(await deploymentsOf(agents)).toHaveLength(1)
})

test("scaling in and out follows the service's count", async () => {
  const agents = await running()
  await update(agents, { desiredCount: 5 })
  await agents.live(60_000)
  expect(agents.liveTasks()).toHaveLength(5)
  await update(agents, { desiredCount: 1 })
  await agents.live(10_000)
  expect(agents.liveTasks()).toHaveLength(1)
  expect(agents.allTasks().find(({ lastStatus }) => lastStatus === "STOPPED")!.stoppedReason).toMatch(
    /^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/,
  )
})

test("tasks leave an instance that drains only after their replacements are healthy", async () => {
  const agents = await running({ placementConstraints: [{ type: "distinctInstance" }], desiredCount: 2 })
  agents.shop.instance("c")
  const leaving = agents.liveTasks()[0]!
  await agents.shop.ecs.updateContainerInstancesState({
    cluster: "shop",
    containerInstances: [leaving.instanceArn!],
    status: "DRAINING",
  })
  await agents.live(10_000)
  expect(agents.liveTasks()).toHaveLength(3)
  await agents.live(60_000)
  expect(agents.liveTasks()).toHaveLength(2)
  expect(agents.liveTasks().some(({ instanceArn }) => instanceArn === leaving.instanceArn)).toBe(false)
})

test("a service of many tasks is started in pieces, each task once", async () => {
  const agents = await startAgents()
  agents.shop.instance("a", { size: { cpu: 1_000_000, memory: 1_000_000 } })
  await agents.create({ desiredCount: 300 })
  await agents.live(60_000)
  expect(agents.allTasks()).toHaveLength(300)
  expect(await agents.describe()).toMatchObject({ runningCount: 300, deployments: [{ rolloutState: "COMPLETED" }] })
})

test("a service whose tasks cannot have their role says so, and goes on when they can", async () => {
  const agents = await startAgents()
  const able = ["task-iam-role", "docker-remote-api.1.17"].map((name) => `com.amazonaws.ecs.capability.${name}`)
  agents.shop.instance("a", { attributes: able.map((name) => ({ name })) })
  const { taskDefinition } = await agents.shop.ecs.describeTaskDefinition({ taskDefinition: "web" })
  const { containerDefinitions = [] } = taskDefinition!
  await agents.shop.ecs.registerTaskDefinition({ family: "acting", containerDefinitions, taskRoleArn: "app" })
  await agents.create({ desiredCount: 1, taskDefinition: "acting" })
  await agents.live(20_000)
  const arn = `arn:aws:iam::${agents.shop.account}:role/app`
  const messages = async () => (await agents.describe()).events!.map(({ message }) => message!)
  expect(agents.liveTasks()).toEqual([])
  expect(
    (await messages()).some((message) =>
      message.includes(`failed to launch a task with (error ECS was unable to assume the role '${arn}'`),
    ),
  ).toBe(true)

  const Statement = [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }]
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement })
  await agents.shop.iam.createRole({ RoleName: "app", AssumeRolePolicyDocument })
  await agents.live(30_000)
  expect(agents.liveTasks()).toHaveLength(1)
})
