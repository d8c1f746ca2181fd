import { expect, test } from "vitest"
import { shownDeployments } from "../service/find.ts"
import { startAgents } from "../service/testing.ts"
import { services } from "../tables/service.ts"
import { recipeOf, startPlanned } from "./recipe.ts"

test("tasks of several revisions start side by side, each for the deployment that led to its revision", async () => {
  const agents = await startAgents()
  const { shop } = agents
  shop.instance("a", { size: { cpu: 100_000, memory: 100_000 } })
  const { serviceArn } = await agents.create({ desiredCount: 1 })
  await agents.live(5_000)
  const next = await agents.define("next")
  await shop.ecs.updateService({ cluster: "shop", service: "web", taskDefinition: next })

  const { newer, older, started } = shop.store.transact(shop.scope, (tx) => {
    const service = tx.mustGet(services, serviceArn!)
    const [newer, older] = shownDeployments(tx, service)
    const { world } = shop
    const turn = { tx, now: world.now(), random: world.random, log: world.log, again: () => {}, wakeAt: () => {} }
    const wanted = [
      { revisionArn: newer!.revisionArn, count: 2 },
      { revisionArn: older!.revisionArn, count: 3 },
    ]
    return { newer, older, ...startPlanned(turn, recipeOf(turn, service, newer!), wanted, 4, []) }
  })
  expect(started.map(({ revisionArn, startedBy, family }) => [revisionArn, startedBy, family])).toEqual([
    ...Array(2).fill([newer!.revisionArn, newer!.id, "next"]),
    ...Array(2).fill([older!.revisionArn, older!.id, "web"]),
  ])
})
