import { expect, test } from "vitest"
import { aTask } from "../placement/testing.ts"
import { delayRestarts, startsAgainAt } from "./restart.ts"

function unstarted(createdAt: number, stoppedReason = "CannotPullContainerError") {
  return aTask("unstarted", { createdAt, stoppedReason, lastStatus: "STOPPED" })
}

test("each time that tasks fail to start, the wait before the next doubles, up to a quarter of an hour", () => {
  let restarts: ReturnType<typeof delayRestarts> = { failedStarts: 0 }
  const waits: number[] = []
  let now = 0
  for (let round = 0; round < 10; round++) {
    restarts = delayRestarts(restarts, [unstarted(now)], now)
    waits.push((restarts.nextStartAt! - now) / 1000)
    now = restarts.nextStartAt!
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900, 900])
  expect(restarts.failure).toBe("CannotPullContainerError")
})

test("tasks that were started together and fail together have failed once", () => {
  const together = Array.from({ length: 20 }, () => unstarted(0))
  const once = delayRestarts({ failedStarts: 0 }, together, 5_000)
  expect(once).toMatchObject({ failedStarts: 1, nextStartAt: 15_000 })
  expect(delayRestarts(once, [unstarted(100)], 6_000)).toMatchObject({ failedStarts: 1, nextStartAt: 15_000 })
})

test("a clock that was set back makes nobody wait longer than the longest wait", () => {
  expect(startsAgainAt({ nextStartAt: 5_000 }, 4_000)).toBe(5_000)
  expect(startsAgainAt({ nextStartAt: 5_000 }, 5_000)).toBeUndefined()
  expect(startsAgainAt({ nextStartAt: 10_000_000 }, 4_000)).toBeUndefined()
})

test("a task that crashes soon after its start costs one round, one that has run for a while nothing", () => {
  const crashed = aTask("crashed", { startedAt: 1_000, stoppingAt: 2_000 })
  expect(delayRestarts({ failedStarts: 0 }, [crashed], 2_000)).toMatchObject({ failedStarts: 0, nextStartAt: 12_000 })
  const worked = aTask("worked", { startedAt: 1_000, stoppingAt: 90_000 })
  expect(delayRestarts({ failedStarts: 0 }, [worked], 90_000).nextStartAt).toBeUndefined()
})
