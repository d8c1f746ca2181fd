import fc from "fast-check"
import { expect, test } from "vitest"
import { type Agents, type Fate, startAgents } from "../service/testing.ts"
import { deployments } from "../tables/deployment.ts"
import type { Task } from "../tables/task.ts"
import { boundsOf } from "./bounds.ts"
import { PROVEN_MS } from "./member.ts"

type Event =
  | { readonly kind: "scale"; readonly count: number }
  | { readonly kind: "deploy" | "force" | "restart" }
  | { readonly kind: "fate"; readonly fate: Fate }
  | { readonly kind: "drain" | "return" | "stop"; readonly which: number }

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("scale" as const), count: fc.nat(5) }),
  fc.record({ kind: fc.constantFrom("deploy" as const, "force" as const, "restart" as const) }),
  fc.record({
    kind: fc.constant("fate" as const),
    fate: fc.constantFrom<Fate>("runs", "hangs", "crashes", "cannot be pulled"),
  }),
  fc.record({ kind: fc.constantFrom("drain" as const, "return" as const, "stop" as const), which: fc.nat(9) }),
)

const INSTANCES = ["a", "b", "c"]
const PERCENTS = fc.constantFrom([50, 100], [100, 200], [0, 100], [100, 150], [75, 125])

async function play(agents: Agents, event: Event, arns: readonly string[]): Promise<Agents> {
  const { ecs } = agents.shop
  const named = { cluster: "shop", service: "web" }
  switch (event.kind) {
    case "scale":
      await ecs.updateService({ ...named, desiredCount: event.count })
      return agents
    case "deploy":
      await ecs.updateService({ ...named, taskDefinition: await agents.define("web") })
      return agents
    case "force":
      await ecs.updateService({ ...named, forceNewDeployment: true })
      return agents
    case "fate":
      agents.fate = () => event.fate
      return agents
    case "restart":
      return agents.restarted()
    case "drain":
    case "return": {
      const status = event.kind === "drain" ? "DRAINING" : "ACTIVE"
      const containerInstances = [arns[event.which % arns.length]!]
      await ecs.updateContainerInstancesState({ cluster: "shop", containerInstances, status })
      return agents
    }
    case "stop": {
      const live = agents.liveTasks()
      if (live.length > 0) await ecs.stopTask({ cluster: "shop", task: live[event.which % live.length]!.arn })
      return agents
    }
  }
}

/** As AWS counts towards the lower bound. */
function isHealthy({ desiredStatus, lastStatus, startedAt = 0 }: Task, now: number): boolean {
  return desiredStatus === "RUNNING" && lastStatus === "RUNNING" && now >= startedAt + PROVEN_MS
}

test("whatever happens to a service, its bounds hold, its books agree, and in the end it has what it asks for", async () => {
  const history = fc.record({
    percents: PERCENTS,
    breaker: fc.boolean(),
    events: fc.array(event, { minLength: 1, maxLength: 6 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ percents, breaker, events }) => {
      const [minimumHealthyPercent, maximumPercent] = percents as [number, number]
      const configuration = { minimumHealthyPercent, maximumPercent }
      let agents = await startAgents()
      const arns = INSTANCES.map((id) => agents.shop.instance(id).arn)
      await agents.create({
        desiredCount: 2,
        deploymentConfiguration: {
          ...configuration,
          deploymentCircuitBreaker: { enable: breaker, rollback: breaker },
        },
      })
      let desiredCount = 2
      let before = agents.liveTasks()
      const watch = async (seconds: number) => {
        for (let lived = 0; lived < seconds; lived += 5) {
          await agents.live(5_000)
          const { countMax, healthyMin } = boundsOf(desiredCount, configuration)
          const after = agents.liveTasks()
          const known = new Set(before.map(({ arn }) => arn))
          if (after.some(({ arn }) => !known.has(arn))) expect(after.length).toBeLessThanOrEqual(countMax)

          // Of those that were healthy, and did not end by themselves, no more have gone than the bound allows.
          const now = agents.shop.world.now()
          const left = new Map(agents.allTasks().map((task) => [task.arn, task]))
          const healthy = before.filter((task) => isHealthy(task, now - 5_000))
          const scaledIn = healthy.filter(({ arn }) => left.get(arn)?.stopCode === "ServiceSchedulerInitiated")
          const stay = after.filter((task) => isHealthy(task, now)).length
          if (scaledIn.length > 0) {
            const ended =
              healthy.filter(({ arn }) => left.get(arn)!.desiredStatus === "STOPPED").length - scaledIn.length
            expect(stay + ended).toBeGreaterThanOrEqual(healthyMin)
          }
          before = after
        }
      }
      await watch(50)
      for (const event of events) {
        agents = await play(agents, event, arns)
        if (event.kind === "scale") desiredCount = event.count
        before = agents.liveTasks()
        await watch(20)
      }

      agents.fate = () => "runs"
      for (let which = 0; which < arns.length; which++) agents = await play(agents, { kind: "return", which }, arns)
      // Bounds that leave no room, and deployments that were given up, end where they are; a new one begins anew.
      const roomy = { minimumHealthyPercent: 0, maximumPercent: 200 }
      await agents.shop.as({}).ecs.updateService({
        cluster: "shop",
        service: "web",
        deploymentConfiguration: roomy,
        forceNewDeployment: true,
      })
      await agents.live(150_000)
      const service = await agents.describe()
      expect(service).toMatchObject({ runningCount: desiredCount, pendingCount: 0, desiredCount })
      expect(service.deployments).toMatchObject([{ status: "PRIMARY", rolloutState: "COMPLETED" }])
      const underWay = agents.shop.store
        .transact(agents.shop.scope, (tx) => tx.all(deployments))
        .filter(
          ({ status, role }) =>
            /PROGRESS|REQUESTED|PENDING/.test(status) || (role !== "PRIMARY" && role !== "INACTIVE"),
        )
      expect(underWay).toEqual([])
      const failures = agents.shop.log.lines.filter(({ message }) => message.includes("controller"))
      expect(failures).toEqual([])
    }),
    { numRuns: 25 },
  )
}, 60_000)
