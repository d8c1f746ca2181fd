import type { ContainerDefinition, RegisterTaskDefinitionRequest, RunTaskRequest, Task } from "@aws-sdk/client-ecs"
import { expect } from "vitest"
import { BOX, type Stack } from "./stack.ts"
import { until } from "./until.ts"

/** What a test cares about of a container; it has a name, an image and some memory anyway. */
export type Wish = Omit<ContainerDefinition, "name">

export interface TaskWish extends Omit<RegisterTaskDefinitionRequest, "family" | "containerDefinitions"> {
  readonly run?: Omit<RunTaskRequest, "taskDefinition">
}

export type RunTask = ReturnType<typeof runTask> extends Promise<infer Handle> ? Handle : never

/** The command of a container that runs a script. It tells that it has said everything by `done`. */
export function sh(script: string): string[] {
  return ["sh", "-c", `trap 'exit 143' TERM; ${script}`]
}

/** The end of a script that is to run on until it is told to end. */
export const ON = "while :; do sleep 1000 & wait; done"
export const IDLE = ["sh", "-c", `trap 'exit 0' TERM; ${ON}`]

let count = 0

export async function register(stack: Stack, containers: Readonly<Record<string, Wish>>, wish: TaskWish = {}) {
  const { run: _, ...definition } = wish
  const { taskDefinition } = await stack.ecs.registerTaskDefinition({
    family: `t${++count}`,
    containerDefinitions: Object.entries(containers).map(([name, container]) => ({
      name,
      image: BOX,
      memory: 64,
      stopTimeout: 2,
      ...container,
    })),
    ...definition,
  })
  return taskDefinition!.taskDefinitionArn!
}

/** Registers a definition of the test's own and runs it once. */
export async function runTask(stack: Stack, containers: Readonly<Record<string, Wish>>, wish: TaskWish = {}) {
  const taskDefinition = await register(stack, containers, wish)
  const { tasks = [], failures } = await stack.ecs.runTask({ taskDefinition, ...wish.run })
  expect(failures).toEqual([])
  return handleOf(stack, tasks[0]!.taskArn!)
}

export function handleOf(stack: Stack, arn: string) {
  const { ecs } = stack
  const describe = async (): Promise<Task> => (await ecs.describeTasks({ tasks: [arn] })).tasks![0]!
  const container = async (name: string) => (await describe()).containers!.find((each) => each.name === name)!
  const runtimeId = async (name: string) => (await until(async () => (await container(name)).runtimeId))!
  return {
    arn,
    id: arn.split("/").at(-1)!,
    describe,
    container,
    runtimeId,

    /** Fails at once when it has stopped instead. */
    running: () =>
      until(async () => {
        const task = await describe()
        if (task.lastStatus === "STOPPED") throw new Error(`It has stopped: ${JSON.stringify(summaryOf(task))}`)
        return task.lastStatus === "RUNNING" && task
      }),
    stopped: () =>
      until(async () => {
        const task = await describe()
        return task.lastStatus === "STOPPED" && task
      }),
    stop: () => ecs.stopTask({ task: arn }),

    /** What it said before `done`, without the ends of lines. */
    async output(name = "main"): Promise<string[]> {
      const id = await runtimeId(name)
      const lines = () => stack.log(id).map(({ log }) => log.replace(/\r?\n$/, ""))
      let looksAfterItsEnd = 0
      const said = await until(async () => {
        if (lines().includes("done")) return lines()
        if (stack.processesOf(id).length > 0 || looksAfterItsEnd++ < 200) return false
        throw new Error(
          `${name} has ended (${JSON.stringify(summaryOf(await describe()))}) and said only:\n${lines().join("\n")}`,
        )
      })
      return said.slice(0, said.indexOf("done"))
    },
    exec: async (name: string) => stack.processesOf(await runtimeId(name)),
  }
}

/** How a task ended, as far as tests care. */
export function summaryOf({ stopCode, stoppedReason, containers = [] }: Task) {
  return {
    stopCode,
    stoppedReason,
    containers: Object.fromEntries(containers.map(({ name, exitCode, reason }) => [name, reason ?? exitCode])),
  }
}
