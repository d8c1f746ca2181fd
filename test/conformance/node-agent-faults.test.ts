import { expect, test } from "vitest"
import { seededRandom } from "../../src/world/simulated.ts"
import { type Started, startNode, startProcess } from "./node-agent-setting.ts"

const ACTIONS = 60
const SEEDS = process.env.HOMEPORT_FULL === "1" ? 500 : 15

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  "whatever fails, region and machine agree in the end, and nothing was started twice (seed %i)",
  async (seed) => {
    const random = seededRandom(seed)
    const started = await startNode()
    const { world, ecs, region, machine } = started
    const { door } = region
    const tasks: string[] = []
    let node = started.process
    for (let n = 0; n < ACTIONS; n++) {
      switch (random.below(9)) {
        case 0:
        case 1: {
          const taskDefinition = ["service", "service", "job", "missing"][random.below(4)]!
          const answer = await ecs.runTask({ taskDefinition, count: 1 + random.below(3) })
          tasks.push(...answer.tasks!.map(({ taskArn }) => taskArn!))
          break
        }
        case 2:
          if (tasks.length > 0) await ecs.stopTask({ task: tasks[random.below(tasks.length)]! })
          break
        case 3:
          region.cut()
          break
        case 4:
          region.leave()
          break
        case 5:
          region.door = door
          break
        case 6:
          await node.kill()
          node = startProcess(started)
          break
        case 7:
          machine.runtimeDown = random.below(2) === 0
          break
        default:
          await world.advance(random.below(3_000))
      }
      await world.advance(random.below(300))
    }
    region.door = door
    machine.runtimeDown = false
    await world.advance(5 * 60_000)

    expect(node.agent.status()).toMatchObject({ phase: "registered", isConnected: true, tasksToReport: 0 })
    expect(await disagreements(started, tasks)).toEqual([])
    expect(machine.containers.filter(({ starts }) => starts > 1)).toEqual([])
    const { clusters } = await ecs.describeClusters({ clusters: ["default"] })
    expect(clusters![0]).toMatchObject({ registeredContainerInstancesCount: 1, pendingTasksCount: 0 })
  },
)

/** What the region says of each task, where the machine says otherwise. */
async function disagreements({ ecs, machine }: Started, arns: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const arn of arns) {
    const { tasks } = await ecs.describeTasks({ tasks: [arn] })
    const { lastStatus, desiredStatus } = tasks![0]!
    const id = arn.slice(arn.lastIndexOf("/") + 1)
    const runs = machine.containers.some(({ spec, running }) => spec.taskId === id && running)
    const agrees = lastStatus === desiredStatus && lastStatus === (runs ? "RUNNING" : "STOPPED")
    if (!agrees) found.push(`${id} is ${lastStatus}, should be ${desiredStatus}, and runs: ${runs}`)
  }
  return found
}
