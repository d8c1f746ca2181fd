import { expect, test } from "vitest"
import { LatestUsage } from "./usage.ts"

const used = (at: number) => ({ cpuPercent: 5, memoryMiB: 64, at })

test("the latest of each task is kept, and the last frame of a batch ends what the batch does not tell of", () => {
  const usage = new LatestUsage()
  usage.tell("i", { since: 10, isLast: false }, [["a", used(10)]])
  usage.tell("i", { since: 10, isLast: true }, [["b", used(11)]])
  expect([usage.of("i", "a"), usage.of("i", "b")]).toEqual([used(10), used(11)])
  usage.tell("i", { since: 30, isLast: true }, [["b", used(30)]])
  expect([usage.of("i", "a"), usage.of("i", "b")]).toEqual([undefined, used(30)])
  usage.forget("i")
  expect(usage.of("i", "b")).toBeUndefined()
})

test("an instance can fill only so much", () => {
  const usage = new LatestUsage()
  const told = Array.from({ length: 3_000 }, (_, index) => [`t${index}`, used(1)] as const)
  usage.tell("i", { since: 1, isLast: true }, told)
  expect([usage.of("i", "t1999"), usage.of("i", "t2000")]).toEqual([used(1), undefined])
})
