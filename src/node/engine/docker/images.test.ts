import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { DaemonRefusal } from "./daemon.ts"
import { dockerImages } from "./images.ts"

const { signal } = new AbortController()
const DIGEST = "sha256:1234"

test("a registry that fails is asked again, and its answer is then as good as any", async () => {
  const { images, world, asked } = aDocker([new DaemonRefusal(500, "received unexpected HTTP status: 503"), DIGEST])
  const resolved = images.resolve("shop/web:1", undefined, signal)
  await world.advance(60_000)
  expect(await resolved).toBe(DIGEST)
  expect(asked()).toBe(2)
})

test("one that fails again and again is given up, with the tries counted", async () => {
  const { images, world, asked } = aDocker(Array(9).fill(new DaemonRefusal(500, "toomanyrequests: slow down")))
  const resolved = expect(images.resolve("shop/web:1", undefined, signal)).rejects.toMatchObject({
    kind: "registry failed",
    message: "pull image manifest has been retried 5 time(s): toomanyrequests: slow down",
  })
  await world.advance(60_000)
  await resolved
  expect(asked()).toBe(5)
})

test.each([
  ["manifest unknown", "image not found"],
  ["unauthorized: who are you", "registry refused"],
])("what would be answered the same again is asked once: %s", async (message, kind) => {
  const { images, asked } = aDocker([new DaemonRefusal(404, message), DIGEST])
  await expect(images.resolve("shop/web:1", undefined, signal)).rejects.toMatchObject({ kind })
  expect(asked()).toBe(1)
})

/** A Docker that answers in this order. */
function aDocker(answers: readonly (string | Error)[]) {
  const world = simulatedWorld({ seed: 1 })
  let count = 0
  const ask = async (): Promise<never> => {
    const answer = answers[count++]
    if (answer instanceof Error) throw answer
    return { Descriptor: { digest: answer } } as never
  }
  const stream = () => Promise.reject(new Error("nothing is pulled here"))
  return { images: dockerImages({ ask, stream }, world), world, asked: () => count }
}
