import { expect, test } from "vitest"
import { killed } from "./command-line.ts"
import { startStack } from "./stack.ts"
import { handleOf, IDLE, register } from "./stack-task.ts"
import { until } from "./until.ts"

// Services with Amazon's command line, as its users run them.

const stack = await startStack()
const { ecs } = stack

/** The old may go before the new are known to be steady, for which ECS takes forty seconds. */
const AT_ONCE = "--deployment-configuration minimumHealthyPercent=0,maximumPercent=100"

async function describe() {
  return (await ecs.describeServices({ services: ["web"] })).services![0]!
}

async function running() {
  const { taskArns = [] } = await ecs.listTasks({ serviceName: "web", desiredStatus: "RUNNING" })
  const { tasks = [] } = taskArns.length === 0 ? {} : await ecs.describeTasks({ tasks: taskArns })
  return tasks.filter(({ lastStatus }) => lastStatus === "RUNNING")
}

test("a service keeps as many tasks as it is to have, of the revision that it is to have", async () => {
  const web = { main: { command: IDLE, portMappings: [{ containerPort: 80 }] } }
  const first = await register(stack, web)
  const second = await register(stack, web)
  const aws = async (command: string) => JSON.parse(await stack.aws("ecs", ...command.split(" "))).service
  const created = await aws(`create-service --service-name web --task-definition ${first} --desired-count 2 ${AT_ONCE}`)
  expect(created).toMatchObject({ status: "ACTIVE", desiredCount: 2, launchType: "EC2" })
  await until(async () => (await running()).length === 2)

  const [victim, other] = (await running()).map(({ taskArn }) => handleOf(stack, taskArn!))
  killed((await victim!.exec("main"))[0]!)
  expect((await victim!.stopped()).containers![0]!.exitCode).toBe(137)
  await until(async () => (await running()).length === 2)
  expect((await running()).map(({ taskArn }) => taskArn)).toContain(other!.arn)

  await aws(`update-service --service web --task-definition ${second} --desired-count 3`)
  await until(async () => {
    const tasks = await running()
    return tasks.length === 3 && tasks.every(({ taskDefinitionArn }) => taskDefinitionArn === second)
  })
  expect((await other!.stopped()).stoppedReason).toMatch(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/)

  expect((await aws("delete-service --service web --force")).status).toBe("DRAINING")
  await until(async () => (await running()).length === 0)
  await until(async () => (await describe()).status === "INACTIVE")
})
