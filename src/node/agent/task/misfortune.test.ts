import { expect, test } from "vitest"
import { EngineError } from "../../engine/engine-error.ts"
import { Unusable } from "../tasks.ts"
import { unlessAborted } from "./patience.ts"
import { aContainer, aPayload, TaskWorld } from "./testing.ts"

const DYNAMIC = { containerPort: 80, hostPort: 0, protocol: "tcp" } as const

test("a task that the disk had no room for holds nothing, and has its ports when it comes again", async () => {
  const there = await new TaskWorld([], { resources: { ...ROOM, cpu: 512 } }).begin()
  const payload = aPayload({ containers: [aContainer({ cpu: 512, portMappings: [DYNAMIC] })] })
  const { putTask } = there.state
  there.state.putTask = () => {
    throw new Error("There is no room on the disk for another task.")
  }
  expect(() => there.tasks.accept(payload)).toThrow("no room")
  there.state.putTask = putTask

  const other = aPayload({ arn: payload.arn.replace("9f00", "9f01"), containers: [aContainer({ cpu: 512 })] })
  await there.run(other)
  expect(there.task(other.arn).knownStatus).toBe("RUNNING")
  there.tasks.stop(other.arn)
  await there.run(payload)
  expect(there.container().bindings).toEqual([expect.objectContaining({ containerPort: 80, protocol: "tcp" })])
})

test("a runtime that cannot say how a container is, is asked again after a while and not all the time", async () => {
  const there = await new TaskWorld([{ reference: "stubborn:1", behaviour: { ignores: ["SIGTERM"] } }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "stubborn:1", stopTimeout: 2 })] }))
  there.machine.faults.add({ operation: "inspect", error: new EngineError("machine", "ttrpc: broken"), times: 3 })
  const writes = there.state.writes
  there.tasks.stop(there.task().arn)
  await there.world.advance(2_000)
  expect(there.state.writes - writes).toBeLessThan(3)
  await there.world.advance(10_000)
  expect(there.container()).toMatchObject({ knownStatus: "STOPPED", exitCode: 137 })
  expect(there.container().reason).toBeUndefined()
})

test("the failure of work that nobody waits for any more ends nothing", async () => {
  const failures: unknown[] = []
  const note = (error: unknown) => failures.push(error)
  process.on("unhandledRejection", note)
  try {
    const work = Promise.reject(new Error("nobody to ask"))
    await expect(unlessAborted(AbortSignal.abort(new Error("stopped")), work)).rejects.toThrow("stopped")
    await new Promise((resolve) => setImmediate(resolve))
    expect(failures).toEqual([])
  } finally {
    process.off("unhandledRejection", note)
  }
})

test("a task's id is one that can stand in a path", async () => {
  const there = await new TaskWorld().begin()
  for (const id of ["..", ".", "a b", "a\nb", "a%2fb"]) {
    const payload = aPayload({ arn: `arn:aws:ecs:us-east-1:111122223333:task/shop/${id}` })
    expect(() => there.tasks.accept(payload)).toThrow(Unusable)
  }
})

test("who closes the task engine leaves no timer of a stop behind", async () => {
  const there = await new TaskWorld([{ reference: "stubborn:1", behaviour: { ignores: ["SIGTERM"] } }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "stubborn:1", stopTimeout: 120 })] }))
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  await there.tasks.close()
  await there.world.settle()
  expect(await there.world.step()).toBe(false)
})

const ROOM = { cpu: 4096, memory: 8192, reservedPorts: { tcp: [22], udp: [] }, gpus: [] }
