import { expect, test } from "vitest"
import type { TaskPayload } from "../../../wire/task.ts"
import { seededRandom } from "../../../world/simulated.ts"
import type { Random } from "../../../world/world.ts"
import type { FakeImage, Operation } from "../../engine/fake.ts"
import type { TaskStatus } from "../records.ts"
import { hasProcess } from "./exit.ts"
import { aContainer, aPayload, TaskWorld } from "./testing.ts"

// What may happen to an agent, drawn from a seed: tasks come and stop, everything takes time, the runtime goes away, and
// the agent is killed at any moment, over and over.

const IMAGES: readonly FakeImage[] = [
  { reference: "server:1", pullMs: 40, behaviour: { exec: () => ({ exitCode: 0 }) } },
  { reference: "stubborn:1", behaviour: { ignores: ["SIGTERM"], exec: () => ({ exitCode: 0 }) } },
  {
    reference: "polite:1",
    behaviour: { handles: { SIGTERM: { afterMs: 150, code: 0 } }, exec: () => ({ exitCode: 0 }) },
  },
  { reference: "job:1", pullMs: 10, behaviour: { exits: { afterMs: 700, code: 0 } } },
  { reference: "failing:1", behaviour: { exits: { afterMs: 1_300, code: 9 } } },
]
const SLOW: readonly Operation[] = [
  "createTask",
  "createNetwork",
  "create",
  "start",
  "signal",
  "list",
  "inspect",
  "images",
  "removeNetwork",
]
const ORDER: readonly TaskStatus[] = ["NONE", "MANIFEST_PULLED", "CREATED", "RUNNING", "STOPPED"]

function drawTask(random: Random, index: number): TaskPayload {
  const pick = <T>(values: readonly T[]) => values[random.below(values.length)]!
  const server = aContainer({
    name: "server",
    image: pick(["server:1", "stubborn:1", "polite:1"]),
    stopTimeout: 1,
    healthCheckType: "docker",
    dockerConfig: { config: JSON.stringify({ Healthcheck: { Test: ["CMD", "well"], Interval: 3e8 } }) },
    portMappings: [{ containerPort: 80, hostPort: 0, protocol: "tcp" }],
  })
  const others = [
    [],
    [aContainer({ name: "late", image: "server:1", dependsOn: [{ containerName: "server", condition: "HEALTHY" }] })],
    [aContainer({ name: "init", image: "job:1", essential: false })],
    [
      aContainer({
        name: "side",
        image: "failing:1",
        essential: false,
        restartPolicy: { enabled: true, restartAttemptPeriod: 1 },
      }),
    ],
    [aContainer({ name: "doomed", image: "failing:1" })],
  ]
  const chosen = pick(others)
  const waits = chosen.some(({ name }) => name === "init")
  const dependsOn = waits ? [{ containerName: "init", condition: "SUCCESS" as const }] : undefined
  return aPayload({
    arn: aPayload().arn.replace(/[^/]+$/, `task-${index}`),
    containers: [{ ...server, dependsOn }, ...chosen],
  })
}

async function live(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const there = await new TaskWorld(IMAGES, { seed, settings: { keepStoppedMs: 60_000 } }).begin()
  const { machine, world, state } = there
  for (const operation of SLOW) machine.faults.delays.set(operation, random.below(20))
  const stopped = new Set<string>()
  const payloads: TaskPayload[] = []

  for (let turn = 0; turn < 60; turn++) {
    const chance = random.below(10)
    if (chance < 2) {
      const payload = drawTask(random, payloads.length)
      payloads.push(payload)
      there.tasks.accept(payload)
    } else if (chance === 2 && payloads.length > 0) {
      const { arn } = payloads[random.below(payloads.length)]!
      stopped.add(arn)
      there.tasks.stop(arn)
    } else if (chance < 6) {
      there.kill()
      // Time goes on while nobody looks.
      await world.advance(random.below(4) === 0 ? random.below(2_000) : random.below(30))
      // It may not come to the end of its recovery either.
      void there.restart()
    } else if (chance === 6) {
      machine.runtimeDown = !machine.faults.down
    }
    await world.advance(random.below(10) === 0 ? random.below(3_000) : random.below(60))
  }
  machine.runtimeDown = false
  await there.restartIn(world)
  await world.advance(10_000)

  for (const { arn, containers } of payloads) {
    const task = there.task(arn)
    const isDoomed = containers.some(({ name }) => name === "doomed")
    // Nobody asked it to stop, and no container of it ended: so it runs, and was never started twice.
    if (!stopped.has(arn)) expect([arn, task.knownStatus]).toEqual([arn, isDoomed ? "STOPPED" : "RUNNING"])
    for (const container of task.containers) {
      const { restartPolicy } = containers.find(({ name }) => name === container.name)!
      const fake = machine.container(container.id)
      const { starts = 0, running = false } = fake ?? {}
      if (restartPolicy === undefined) expect(starts).toBeLessThanOrEqual(1)
      expect(running).toBe(hasProcess(container))
      // What a killed agent had asked for may come about after the next one was told to stop it; it is undone then.
      const { startedAt, finishedAt = 0, knownStatus } = container
      const isStray = startedAt === undefined || (fake?.state.startedAt ?? 0) >= finishedAt
      if (starts === 0 || (knownStatus === "STOPPED" && isStray)) continue
      expect([arn, container.name, container.restartCount]).toEqual([arn, container.name, starts - 1])
      if (knownStatus === "STOPPED") expect(container.exitCode).toBe(fake!.state.exitCode)
    }
  }
  const furthest = new Map<string, number>()
  for (const { arn, knownStatus } of there.told) {
    const place = ORDER.indexOf(knownStatus)
    expect(place).toBeGreaterThanOrEqual(furthest.get(arn) ?? 0)
    furthest.set(arn, place)
  }

  for (const { arn } of payloads) there.tasks.stop(arn)
  await world.advance(10_000)
  for (const { arn } of payloads) expect(there.task(arn).knownStatus).toBe("STOPPED")
  expect(machine.places.list()).toEqual([])
  for (const { arn } of payloads) there.confirm(arn)
  await world.advance(120_000)
  expect([state.tasks.size, machine.containers.length, machine.tasks.size]).toEqual([0, 0, 0])
  expect(there.lines.filter(({ level }) => level === "error")).toEqual([])
}

test("wherever the agent is killed, no task restarts, no exit is lost and nothing stays behind", async () => {
  const count = 60
  for (let seed = 1; seed <= count; seed++) {
    await live(seed).catch((error) => {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
    })
  }
})
