import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { DiscoveredEndpoints } from "./poll-endpoints.ts"
import { fault, ScriptedRegion } from "./scripted-region.testing.ts"

const HOUR = 3_600_000
const instance = { cluster: "default", containerInstanceArn: "arn:instance" }

function start() {
  const world = simulatedWorld()
  const region = new ScriptedRegion(() => ({ endpoint: "http://region/acs/", telemetryEndpoint: "http://region/tcs/" }))
  return { world, region, endpoints: new DiscoveredEndpoints(world, region, instance) }
}

test("the region is asked where to connect, and again after half a day", async () => {
  const { world, region, endpoints } = start()
  expect(await endpoints.get()).toEqual({ acs: "http://region/acs/", tcs: "http://region/tcs/" })
  await world.advance(12 * HOUR - 1)
  await endpoints.get()
  expect(region.calls.map(({ input }) => input)).toEqual([
    { cluster: "default", containerInstance: "arn:instance", zoneId: "" },
  ])
  await world.advance(1)
  await endpoints.get()
  expect(region.calls).toHaveLength(2)
})

test("an old answer serves while there is no new one", async () => {
  const { world, region, endpoints } = start()
  const known = await endpoints.get()
  await world.advance(13 * HOUR)
  region.answer = () => {
    throw fault("Unreachable")
  }
  expect(await endpoints.get()).toEqual(known)
  region.answer = () => ({ endpoint: "http://elsewhere/acs/", telemetryEndpoint: "http://elsewhere/tcs/" })
  expect(await endpoints.get()).toEqual({ acs: "http://elsewhere/acs/", tcs: "http://elsewhere/tcs/" })
})

test("without any answer there is none", async () => {
  const { region, endpoints } = start()
  region.answer = () => ({})
  await expect(endpoints.get()).rejects.toMatchObject({ code: "Unreadable" })
})
