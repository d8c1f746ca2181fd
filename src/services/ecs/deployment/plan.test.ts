import fc from "fast-check"
import { expect, test } from "vitest"
import type { Member, Standing } from "./member.ts"
import { planRolling } from "./plan.ts"
import type { Plan } from "./strategy.ts"
import { aMember, aSituation, members } from "./testing.ts"

function startCount({ start }: Plan): number {
  return start.reduce((sum, { count }) => sum + count, 0)
}

const old = { isTarget: false }

test("a new service starts all its tasks", () => {
  const plan = planRolling(aSituation(3, []))
  expect(plan.start).toEqual([{ revisionArn: "new", count: 3 }])
  expect(plan).toMatchObject({ stop: [], isComplete: false, stage: "SCALE_UP" })
})

test("no more tasks start than maximumPercent has room for, rounded down", () => {
  expect(startCount(planRolling(aSituation(3, members(3, "healthy", old), { percents: [100, 150] })))).toBe(1)
  expect(startCount(planRolling(aSituation(3, members(3, "healthy", old), { percents: [100, 133] })))).toBe(0)
})

test("a task that is still stopping takes room, since it still runs", () => {
  const stopping = members(2, "stopping", old)
  expect(startCount(planRolling(aSituation(2, stopping, { percents: [0, 100] })))).toBe(0)
})

test("no healthy task goes while only minimumHealthyPercent are healthy, rounded up", () => {
  const all = members(3, "healthy", old)
  expect(planRolling(aSituation(3, all, { percents: [50, 200] })).stop).toHaveLength(1)
  expect(planRolling(aSituation(3, all, { percents: [67, 200] })).stop).toHaveLength(0)
})

test("as new tasks become healthy, as many old ones go", () => {
  const all = [...members(4, "healthy", old), ...members(1, "healthy"), ...members(3, "starting")]
  const { stop } = planRolling(aSituation(4, all))
  expect(stop).toHaveLength(1)
  expect(stop[0]!.member.isTarget).toBe(false)
})

test("an old task that carries no load goes at once", () => {
  const idle = [aMember("starting", old), aMember("unhealthy", old)]
  const { stop } = planRolling(aSituation(4, [...members(4, "healthy", old), ...idle]))
  expect(stop.map(({ member }) => member)).toEqual(expect.arrayContaining(idle))
  expect(stop).toHaveLength(2)
})

test("an old task that runs and has yet to prove itself stays until there are enough without it", () => {
  const young = aMember("unproven", old)
  expect(planRolling(aSituation(1, [young])).stop).toEqual([])
  expect(planRolling(aSituation(1, [young, aMember("healthy")])).stop).toHaveLength(1)
})

test("an unhealthy task waits for its replacement", () => {
  const ill = aMember("unhealthy")
  const first = planRolling(aSituation(2, [ill, aMember("healthy")]))
  expect(first).toMatchObject({ start: [{ count: 1 }], stop: [] })

  const replaced = planRolling(aSituation(2, [ill, ...members(2, "healthy")]))
  expect(replaced.stop).toEqual([{ member: ill, because: "unhealthy" }])
})

test("where there is no room or no place for a replacement, unhealthy tasks go first, one at a time", () => {
  const ill = members(2, "unhealthy")
  expect(planRolling(aSituation(2, ill, { percents: [50, 100] })).stop).toHaveLength(1)
  expect(planRolling(aSituation(2, [ill[0]!, aMember("stopping")], { percents: [50, 100] })).stop).toEqual([])
  expect(planRolling(aSituation(2, ill, { isCrowded: true })).stop).toHaveLength(1)
})

test("tasks on an instance that drains are replaced within the bounds", () => {
  const leaving = members(2, "healthy", { mustLeave: true })
  const first = planRolling(aSituation(2, leaving))
  expect(first).toMatchObject({ start: [{ count: 2 }], stop: [] })
  expect(planRolling(aSituation(2, [...leaving, ...members(2, "healthy")])).stop).toHaveLength(2)
  expect(planRolling(aSituation(2, [aMember("starting", { mustLeave: true })])).stop).toHaveLength(1)
})

test("scaling in stops what is too much", () => {
  expect(planRolling(aSituation(2, members(5, "healthy"))).stop).toHaveLength(3)
  expect(planRolling(aSituation(0, members(5, "healthy"))).stop).toHaveLength(5)
})

test("a protected task is not stopped, and is named when it is in the way", () => {
  const kept = members(2, "healthy", { isTarget: false, isProtected: true })
  const plan = planRolling(aSituation(2, [...kept, ...members(2, "healthy")]))
  expect(plan.stop).toEqual([])
  expect(plan.obstacle).toEqual({ kind: "protection", reason: "2 tasks under protection must not be stopped" })
})

test("bounds that leave no room to move are named with their numbers", () => {
  const { obstacle } = planRolling(aSituation(1, members(1, "healthy", old), { percents: [100, 150] }))
  expect(obstacle!.kind).toBe("bounds")
  expect(obstacle!.reason).toContain("maximumPercent 150 allows at most 1 at once")
  expect(obstacle!.reason).toContain("minimumHealthyPercent 100 asks for at least 1 healthy")
})

test("nothing is said to be in the way while something is on its way", () => {
  const all = [aMember("healthy", old), aMember("stopping", old)]
  expect(planRolling(aSituation(2, all, { percents: [50, 100] })).obstacle).toBeUndefined()
})

test("a deployment is complete when all new tasks are healthy and the last old one is gone", () => {
  const fresh = members(2, "healthy")
  expect(planRolling(aSituation(2, [...fresh, aMember("stopping", old)])).isComplete).toBe(false)
  expect(planRolling(aSituation(2, fresh)).isComplete).toBe(true)
  expect(planRolling(aSituation(2, [fresh[0]!, aMember("unproven")])).isComplete).toBe(false)
  expect(planRolling(aSituation(0, [])).isComplete).toBe(true)
})

test("after its tasks are up a deployment bakes for as long as it is told", () => {
  const configuration = { bakeTimeInMinutes: 5 }
  const up = planRolling(aSituation(1, members(1, "healthy"), { now: 1000, configuration }))
  expect(up).toMatchObject({ stage: "BAKE_TIME", isComplete: false, nextLook: 301_000 })
  const baking = { configuration, stage: "BAKE_TIME", stageAt: 1000 } as const
  expect(planRolling(aSituation(1, members(1, "healthy"), { now: 300_999, ...baking })).isComplete).toBe(false)
  expect(planRolling(aSituation(1, members(1, "healthy"), { now: 301_000, ...baking })).isComplete).toBe(true)
})

test("an early success needs the share of healthy tasks, and waits for old ones only if told to", () => {
  const all = [...members(3, "healthy"), aMember("starting"), aMember("healthy", old)]
  const early = (sourceServiceRevisionCleanup: "BLOCKING" | "DEFERRED") => ({
    configuration: { earlySuccessCriteria: { enable: true, healthyPercent: 75, sourceServiceRevisionCleanup } },
  })
  expect(planRolling(aSituation(4, all, { percents: [75, 200], ...early("DEFERRED") })).stage).toBe("CLEAN_UP")
  expect(planRolling(aSituation(4, all, { percents: [75, 200], ...early("DEFERRED") })).isComplete).toBe(true)
  expect(planRolling(aSituation(4, all, { percents: [75, 200], ...early("BLOCKING") })).isComplete).toBe(false)
})

test("a deployment that has failed starts nothing and leaves the old tasks alone", () => {
  const plan = planRolling(aSituation(2, members(2, "healthy", old), { hasFailed: true }))
  expect(plan).toMatchObject({ start: [], stop: [], isComplete: false })
})

test("of a deployment that has failed and left too much, those go that carry no load", () => {
  const [ill, starting] = [aMember("unhealthy"), aMember("starting")]
  const all = [...members(2, "unproven", old), ill, starting]
  const stopped = (desiredCount: number) =>
    planRolling(aSituation(desiredCount, all, { hasFailed: true })).stop.map(({ member }) => member)
  expect(stopped(2)).toEqual([ill, starting])
  expect(stopped(1)).toEqual([ill, starting, all[0]])
})

/** What may happen to a task while nobody plans anything. */
const NEXT: Readonly<Record<Standing, readonly (Standing | "gone")[]>> = {
  starting: ["starting", "unproven", "gone", "healthy"],
  unproven: ["unproven", "healthy", "gone"],
  healthy: ["healthy", "healthy", "unhealthy", "gone"],
  unhealthy: ["unhealthy", "healthy", "gone"],
  stopping: ["stopping", "gone"],
}

const history = fc.record({
  counts: fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }),
  percents: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 100, max: 250 })),
  old: fc.nat(6),
  chance: fc.infiniteStream(fc.nat(1000)),
})

function healthyOf(all: readonly Member[]): number {
  return all.filter(({ standing }) => standing === "healthy").length
}

function applied(all: readonly Member[], plan: Plan): Member[] {
  const stopped = new Set(plan.stop.map(({ member }) => member))
  const left = all.map((member) => (stopped.has(member) ? { ...member, standing: "stopping" as const } : member))
  return [...left, ...members(startCount(plan), "starting")]
}

test("whatever happens to tasks, no step takes a service over its upper or under its lower bound", () => {
  fc.assert(
    fc.property(history, ({ counts, percents, old: oldCount, chance }) => {
      let all: Member[] = members(oldCount, "healthy", old)
      for (const desiredCount of counts.flatMap((count) => Array<number>(4).fill(count))) {
        const situation = aSituation(desiredCount, all, { percents })
        const plan = planRolling(situation)
        const next = applied(all, plan)
        const { countMax, healthyMin } = situation.bounds
        if (startCount(plan) > 0) expect(next.length).toBeLessThanOrEqual(countMax)
        expect(healthyOf(next)).toBeGreaterThanOrEqual(Math.min(healthyOf(all), healthyMin))
        expect(plan.stop.every(({ member }) => member.standing !== "stopping")).toBe(true)

        all = next.flatMap((member) => {
          const ways = NEXT[member.standing]
          const standing = ways[chance.next().value % ways.length]!
          return standing === "gone" ? [] : [{ ...member, standing }]
        })
      }
    }),
    { numRuns: 400 },
  )
})

test("once tasks do well, a deployment ends, unless its bounds leave it no room", () => {
  const better: Readonly<Record<Standing, Standing | "gone">> = {
    starting: "unproven",
    unproven: "healthy",
    healthy: "healthy",
    unhealthy: "unhealthy",
    stopping: "gone",
  }
  const standings = fc.array(fc.constantFrom<Standing>("starting", "unproven", "healthy", "unhealthy", "stopping"), {
    maxLength: 8,
  })
  const some = fc.record({
    desiredCount: fc.nat(8),
    percents: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 100, max: 250 })),
    fresh: standings,
    old: standings,
  })
  fc.assert(
    fc.property(some, ({ desiredCount, percents, fresh, old: aged }) => {
      let all = [...fresh.map((standing) => aMember(standing)), ...aged.map((standing) => aMember(standing, old))]
      let plan = planRolling(aSituation(desiredCount, all, { percents }))
      for (let turn = 0; turn < 200 && plan.obstacle === undefined; turn++) {
        all = applied(all, plan).flatMap((member) => {
          const standing = better[member.standing]
          return standing === "gone" ? [] : [{ ...member, standing }]
        })
        plan = planRolling(aSituation(desiredCount, all, { percents }))
      }
      if (plan.obstacle !== undefined) return
      expect(plan).toMatchObject({ start: [], stop: [], isComplete: true })
      expect(all).toHaveLength(desiredCount)
    }),
    { numRuns: 400 },
  )
})
