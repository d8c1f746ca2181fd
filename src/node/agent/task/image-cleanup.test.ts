import { expect, test } from "vitest"
import { EngineError } from "../../engine/engine-error.ts"
import { planImageCleanup } from "./image-cleanup.ts"
import { SETTINGS } from "./options.ts"
import { aContainer, aPayload, aRecord, aTask, TaskWorld } from "./testing.ts"

const HOUR = 3_600_000
const use = (name: string, usedAt: number) => ({ reference: name, imageId: `${name}-id`, pulledAt: 0, usedAt })
const namesOf = (uses: readonly { readonly reference: string }[]) => uses.map(({ reference }) => reference)

test("images go that were unused for long enough, the oldest first", () => {
  const uses = [use("young", 9 * HOUR), ...[5, 3, 1, 2, 4, 6].map((hour) => use(`used-${hour}`, hour * HOUR))]
  const plan = planImageCleanup(uses, [], SETTINGS.images, 9 * HOUR + 1)
  expect(namesOf(plan)).toEqual([1, 2, 3, 4, 5, 6].map((hour) => `used-${hour}`))
})

test("what a task on the machine names or was made of stays", () => {
  const payload = aPayload({ containers: [aContainer({ image: "named" })] })
  const task = aTask(payload, { containers: [aRecord({ imageId: "made-id" })] })
  expect(
    namesOf(planImageCleanup([use("named", 0), use("made", 0), use("free", 0)], [task], SETTINGS.images, HOUR)),
  ).toEqual(["free"])
})

test("a full disk knows no image that is too young", () => {
  expect(planImageCleanup([use("young", 0)], [], SETTINGS.images, 1, 0.8)).toEqual([])
  expect(namesOf(planImageCleanup([use("young", 0)], [], SETTINGS.images, 1, 0.9))).toEqual(["young"])
})

test("a task's image goes an hour after the task's own remains, and one that somebody else uses stays", async () => {
  const there = await new TaskWorld([{ reference: "web:1" }, { reference: "other:1" }]).begin()
  await there.run(
    aPayload({ containers: [aContainer({ image: "web:1" }), aContainer({ name: "b", image: "other:1" })] }),
  )
  const { imageId } = there.container("b")
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  there.confirm()
  await there.world.advance(3 * HOUR + 60_000)
  expect(there.state.tasks.size).toBe(0)
  expect([...there.state.images.keys()]).toEqual(["web:1", "other:1"])
  const remove = there.machine.removeImage.bind(there.machine)
  there.machine.removeImage = (id) => {
    if (id === imageId) throw new EngineError("invalid", "in use")
    remove(id)
  }
  await there.world.advance(1.6 * HOUR)
  expect([...there.state.images.keys()]).toEqual(["other:1"])
})

test("with prefer-cached nothing is cleaned", async () => {
  const there = await new TaskWorld([{ reference: "web:1" }], {
    settings: { pullBehavior: "prefer-cached" },
    diskUse: async () => 1,
  }).begin()
  there.state.putImage(use("web:1", 0))
  await there.world.advance(5 * HOUR)
  expect(there.state.images.size).toBe(1)
})

test("images that cannot go do not keep the others from going", async () => {
  const there = await new TaskWorld([], {}).begin()
  for (let n = 0; n < 12; n++) there.state.putImage(use(`web:${n}`, n))
  there.machine.removeImage = (id) => {
    const number = Number(/\d+/.exec(id)![0])
    if (number < 6) throw new EngineError(number % 2 === 0 ? "invalid" : "machine", "in use, or broken")
  }
  await there.world.advance(30 * 60_000)
  expect([...there.state.images.keys()]).toEqual([0, 1, 2, 3, 4, 5, 11].map((n) => `web:${n}`))
  await there.world.advance(30 * 60_000)
  expect(there.state.images.size).toBe(6)
})
