import fc from "fast-check"
import { expect, test } from "vitest"
import { type DaemonSituation, planDaemon } from "./daemon.ts"
import type { Member, Standing } from "./member.ts"
import { aMember } from "./testing.ts"

function on(instanceArn: string, standing: Standing, changes: Partial<Member> = {}): Member {
  return aMember(standing, { ...changes, on: { instanceArn } })
}

function situation(
  instanceArns: readonly string[],
  members: readonly Member[],
  changes: Partial<DaemonSituation> = {},
): DaemonSituation {
  return {
    instanceArns,
    members,
    configuration: { minimumHealthyPercent: 0, maximumPercent: 100 },
    mayLeave: () => true,
    hasFailed: false,
    ...changes,
  }
}

const old = { isTarget: false }

test("each instance without a task gets one", () => {
  const plan = planDaemon(situation(["a", "b", "c"], [on("b", "healthy")]))
  expect(plan).toMatchObject({ start: ["a", "c"], stop: [], desiredCount: 3, isComplete: false })
})

test("an old task is gone before a new one comes", () => {
  const first = planDaemon(situation(["a"], [on("a", "healthy", old)]))
  expect(first.start).toEqual([])
  expect(first.stop).toHaveLength(1)
  expect(planDaemon(situation(["a"], [on("a", "stopping", old)])).start).toEqual([])
  expect(planDaemon(situation(["a"], [])).start).toEqual(["a"])
})

test("as many instances keep a healthy task as minimumHealthyPercent asks for", () => {
  const all = ["a", "b", "c", "d"].map((instance) => on(instance, "healthy", old))
  const configuration = { minimumHealthyPercent: 50, maximumPercent: 100 }
  expect(planDaemon(situation(["a", "b", "c", "d"], all, { configuration })).stop).toHaveLength(2)
})

test("a task on an instance that will not do any more goes when it may", () => {
  const leaving = on("away", "healthy")
  expect(planDaemon(situation([], [leaving])).stop).toEqual([{ member: leaving, because: "scaling" }])
  expect(planDaemon(situation([], [leaving], { mayLeave: () => false })).stop).toEqual([])
})

test("an unhealthy task goes, and its instance gets another", () => {
  expect(planDaemon(situation(["a"], [on("a", "unhealthy")])).stop).toMatchObject([{ because: "unhealthy" }])
})

test("a deployment is complete when each instance has a healthy new task and no old one is left", () => {
  expect(planDaemon(situation(["a", "b"], [on("a", "healthy"), on("b", "healthy")])).isComplete).toBe(true)
  expect(planDaemon(situation(["a"], [on("a", "healthy"), on("b", "stopping", old)])).isComplete).toBe(false)
  expect(planDaemon(situation([], [])).isComplete).toBe(true)
})

test("no instance ever has two tasks, whatever instances and tasks do", () => {
  const instances = ["a", "b", "c", "d"]
  const step = fc.record({
    there: fc.subarray(instances),
    standings: fc.array(fc.constantFrom<Standing | "gone">("starting", "healthy", "unhealthy", "gone"), {
      minLength: 4,
      maxLength: 4,
    }),
    isNew: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let all: Member[] = []
      for (const { there, standings, isNew } of steps) {
        if (isNew) all = all.map((member) => ({ ...member, isTarget: false }))
        const plan = planDaemon(situation(there, all))
        const stopped = new Set(plan.stop.map(({ member }) => member))
        all = all.map((member) => (stopped.has(member) ? { ...member, standing: "stopping" } : member))
        for (const instance of plan.start) all.push(on(instance, "starting"))
        const homes = all.map(({ task }) => task.instanceArn)
        expect(new Set(homes).size).toBe(homes.length)
        all = all.flatMap((member, index) => {
          const next = standings[index % standings.length]!
          if (next === "gone") return []
          return [member.standing === "stopping" ? member : { ...member, standing: next }]
        })
      }
    }),
    { numRuns: 200 },
  )
})
