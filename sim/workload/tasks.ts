import { tasks } from "../../src/services/ecs/tables/task.ts"
import { sleep } from "../../src/world/world.ts"
import type { Input } from "../api.ts"
import { ACCOUNT, REGION } from "../identity.ts"
import { startedByToken } from "../invariant/tokens.ts"
import type { Action, User } from "./action.ts"
import { anyOf, between, oneOf } from "./draw.ts"
import { MAIN_CLUSTER } from "./known.ts"

const SCOPE = `${ACCOUNT}/${REGION}`

async function runTask(user: User): Promise<void> {
  const { world, random, api, known } = user
  const definition = anyOf(random, known.definitions)
  if (definition === undefined) return
  const count = between(random, 1, 4)
  const isSpot = definition.isFargate && random.below(4) === 0
  const input: Input<"RunTask"> = {
    cluster: MAIN_CLUSTER,
    taskDefinition: definition.arn,
    count,
    ...(isSpot
      ? {
          capacityProviderStrategy: [
            { capacityProvider: "FARGATE_SPOT", weight: 1 },
            { capacityProvider: "FARGATE", weight: 1, base: 1 },
          ],
        }
      : { launchType: definition.isFargate ? "FARGATE" : "EC2" }),
    ...(definition.isFargate && { networkConfiguration: known.network() }),
    ...(!definition.isFargate &&
      random.below(3) === 0 && {
        placementStrategy: [
          oneOf(random, [
            { type: "spread", field: "attribute:ecs.availability-zone" },
            { type: "spread", field: "instanceId" },
            { type: "binpack", field: "memory" },
            { type: "random" },
          ] as const),
        ],
      }),
    ...(!definition.isFargate && random.below(6) === 0 && { placementConstraints: [{ type: "distinctInstance" }] }),
    ...(random.below(4) > 0 && startedByToken(known.next(), count)),
  }
  // Whoever has a token asks again until there is an answer, and now and then once more without any need.
  const first: string[] = []
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await api.call("RunTask", input)
    if (answer.ok === true) {
      const arns = (answer.output.tasks ?? []).map(({ taskArn }) => taskArn!)
      if (first.length === 0) {
        first.push(...arns)
        for (const arn of arns) noteTask(user, arn)
        if (random.below(5) === 0) void changeMind(user, arns)
      }
      if (input.clientToken === undefined || random.below(3) > 0) return
    } else if (answer.ok === false || input.clientToken === undefined) return
    await sleep(world, between(random, 100, 3_000))
  }
}

/** Stops what has only just been started, wherever it is on its way. */
async function changeMind({ world, random, api }: User, arns: readonly string[]): Promise<void> {
  await sleep(world, between(random, 1, 5_000))
  for (const task of arns) await api.call("StopTask", { cluster: MAIN_CLUSTER, task, reason: "on second thoughts" })
}

/** A task may be forgotten long after it has stopped; whether that is long enough is another invariant's question. */
function noteTask({ known, acknowledged }: User, arn: string): void {
  known.tasks.push(arn)
  acknowledged.note(`task ${arn}`, {
    what: `${arn} was started`,
    scope: SCOPE,
    holds: (tx) => tx.get(tasks, arn) !== undefined,
  })
}

/** What has been seen of a task was durable when it was seen, so it is never seen younger again. */
async function describeTasks({ api, acknowledged }: User, arns: readonly string[]): Promise<void> {
  const answer = await api.call("DescribeTasks", { cluster: MAIN_CLUSTER, tasks: [...arns], include: ["TAGS"] })
  if (answer.ok !== true) return
  for (const { taskArn = "", version = 0, lastStatus } of answer.output.tasks ?? []) {
    acknowledged.note(`sight of ${taskArn}`, {
      what: `${taskArn} was seen ${lastStatus} in version ${version}`,
      scope: SCOPE,
      holds: (tx) => (tx.get(tasks, taskArn)?.version ?? version) >= version,
    })
  }
}

/** Others cannot be protected. */
async function aServiceTask({ random, api, known }: User): Promise<string | undefined> {
  const service = anyOf(random, known.living())
  if (service === undefined) return undefined
  const answer = await api.call("ListTasks", { cluster: MAIN_CLUSTER, serviceName: service.name })
  return answer.ok === true ? anyOf(random, answer.output.taskArns ?? []) : undefined
}

export const taskActions: readonly Action[] = [
  { name: "run tasks", weight: 14, act: runTask },
  {
    name: "start a task",
    weight: 3,
    async act(user) {
      const { random, api, known } = user
      const node = oneOf(random, known.nodes)
      const definition = anyOf(
        random,
        known.definitions.filter(({ isFargate }) => !isFargate),
      )
      if (definition === undefined || node.instanceArn === undefined || node.properties.isPool) return
      const answer = await api.call("StartTask", {
        cluster: MAIN_CLUSTER,
        taskDefinition: definition.arn,
        containerInstances: [node.instanceArn],
      })
      if (answer.ok === true) for (const { taskArn } of answer.output.tasks ?? []) noteTask(user, taskArn!)
    },
  },
  {
    name: "stop a task",
    weight: 8,
    async act({ random, api, known, acknowledged }) {
      const arn = anyOf(random, known.tasks.slice(-30))
      if (arn === undefined) return
      const answer = await api.call("StopTask", { cluster: MAIN_CLUSTER, task: arn, reason: "enough" })
      if (answer.ok !== true) return
      acknowledged.note(`stop ${arn}`, {
        what: `${arn} was stopped`,
        scope: SCOPE,
        holds: (tx) => tx.get(tasks, arn)?.desiredStatus !== "RUNNING",
      })
    },
  },
  {
    name: "look at tasks",
    weight: 3,
    async act(user) {
      const { random, api, known } = user
      const answer = await api.call("ListTasks", {
        cluster: MAIN_CLUSTER,
        desiredStatus: oneOf(random, ["RUNNING", "STOPPED"] as const),
        maxResults: between(random, 1, 100),
      })
      if (answer.ok !== true) return
      for (const arn of answer.output.taskArns ?? []) if (!known.tasks.includes(arn)) known.tasks.push(arn)
      const arns = (answer.output.taskArns ?? []).slice(0, 5)
      if (arns.length > 0) await describeTasks(user, arns)
    },
  },
  {
    name: "protect a task",
    weight: 3,
    async act(user) {
      const { random, api, known } = user
      const arn = random.below(4) === 0 ? anyOf(random, known.tasks.slice(-30)) : await aServiceTask(user)
      if (arn === undefined) return
      await api.call("UpdateTaskProtection", {
        cluster: MAIN_CLUSTER,
        tasks: [arn],
        protectionEnabled: random.below(3) > 0,
        expiresInMinutes: between(random, 1, 5),
      })
      await api.call("GetTaskProtection", { cluster: MAIN_CLUSTER, tasks: [arn] })
    },
  },
  {
    name: "tag something",
    weight: 2,
    async act({ random, api, known }) {
      const arn = anyOf(random, [...known.tasks.slice(-20), ...known.living().map((service) => service.arn)])
      if (arn === undefined) return
      const key = oneOf(random, ["team", "stage"])
      if (random.below(3) === 0) await api.call("UntagResource", { resourceArn: arn, tagKeys: [key] })
      else await api.call("TagResource", { resourceArn: arn, tags: [{ key, value: String(known.next()) }] })
      await api.call("ListTagsForResource", { resourceArn: arn })
    },
  },
]

const TRIES_MAX = 6
