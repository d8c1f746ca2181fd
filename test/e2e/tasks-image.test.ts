import { afterAll, expect, test } from "vitest"
import { anImage, anIndex } from "../image/image.ts"
import { startRegistry } from "../image/registry.ts"
import { startStack } from "./stack.ts"
import { IDLE, ON, runTask, sh, summaryOf } from "./stack-task.ts"

// Images from a registry, and what is said when there is none to be had.

const stack = await startStack()
const registry = await startRegistry()
const closed = await startRegistry({ guard: "bearer" })
afterAll(() => Promise.all([registry.close(), closed.close()]))

test.concurrent("an image is pulled once for all who want it, and its digest is told", async () => {
  const image = await anImage({ files: { "etc/which": "first\n" } })
  const reference = registry.put("shop/web:1", image)
  const wish = { image: reference, command: sh(`cat /etc/which; echo done; ${ON}`) }
  const task = await runTask(stack, {
    one: wish,
    two: wish,
    byDigest: { ...wish, image: `${registry.host}/shop/web@${image.digest}` },
  })
  const { containers, pullStartedAt, pullStoppedAt } = await task.running()
  expect(containers!.map(({ imageDigest }) => imageDigest)).toEqual([image.digest, image.digest, image.digest])
  expect(pullStoppedAt!.getTime()).toBeGreaterThanOrEqual(pullStartedAt!.getTime())
  for (const name of ["one", "two", "byDigest"]) expect(await task.output(name)).toEqual(["first"])
  expect(registry.fetches(image.layers.at(-1)!.digest)).toBe(1)
  await task.stop()
})

test.concurrent("a name that means another image now brings that one, and the known one while the registry is away", async () => {
  const wish = (image: string) => ({ main: { image, command: sh("cat /etc/which; echo done") } })
  registry.put("shop/moving:1", await anImage({ files: { "etc/which": "old\n" } }))
  expect(await (await runTask(stack, wish(`${registry.host}/shop/moving:1`))).output()).toEqual(["old"])

  const newer = await anImage({ files: { "etc/which": "new\n" } })
  registry.put("shop/moving:1", newer)
  expect(await (await runTask(stack, wish(`${registry.host}/shop/moving:1`))).output()).toEqual(["new"])

  registry.fail("/shop/moving/", { status: 404 }, 100)
  const task = await runTask(stack, wish(`${registry.host}/shop/moving:1`))
  expect(await task.output()).toEqual(["new"])
  expect((await task.container("main")).imageDigest).toBe(newer.digest)
})

test.concurrent("what keeps an image away is told in words that begin as ECS's", async () => {
  const foreign = registry.put("shop/foreign:1", anIndex([await anImage({ architecture: "s390x" })]))
  const broken = await anImage({ files: { "etc/which": "broken\n" } })
  registry.put("shop/broken:1", broken)
  registry.fail(broken.layers.at(-1)!.digest, { corrupt: true }, 100)
  closed.put("private/web:1", await anImage())

  const wishes = {
    absent: [`${registry.host}/shop/absent:1`, /manifest unknown|not found/],
    private: [`${closed.host}/private/web:1`, /denied|unauthorized|authorization/i],
    foreign: [foreign, /platform/],
    nowhere: ["127.0.0.1:1/shop/web:1", /connect|refused/i],
    broken: [`${registry.host}/shop/broken:1`, /digest|verif/i],
  } as const
  await Promise.all(
    Object.values(wishes).map(async ([image, words]) => {
      const task = await runTask(stack, { main: { image, command: IDLE } })
      const { stopCode, stoppedReason, containers } = summaryOf(await task.stopped())
      expect(stopCode).toBe("TaskFailedToStart")
      expect(containers.main).toMatch(words)
      expect(containers.main).toMatch(/^CannotPullContainerError: /)
      expect(stoppedReason).toBe(containers.main)
    }),
  )
})

test.concurrent("a command that is not in the image is said to be what is wrong", async () => {
  const task = await runTask(stack, { main: { command: ["/bin/absent"] } })
  const { stopCode, containers } = summaryOf(await task.stopped())
  expect(stopCode).toBe("TaskFailedToStart")
  expect(containers.main).toMatch(/^CannotStartContainerError: .*\/bin\/absent.*no such file/i)
})
