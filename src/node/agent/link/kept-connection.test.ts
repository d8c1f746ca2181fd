import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { KeptConnection } from "./kept-connection.ts"
import { fault, ScriptedRegion } from "./scripted-region.testing.ts"

function start() {
  const world = simulatedWorld()
  const region = new ScriptedRegion()
  const heard: string[] = []
  const connection = new KeptConnection({
    world,
    region,
    url: async () => "http://region/acs/ws",
    backoff: { ms: 250, msMax: 120_000, factor: 1.5, jitter: 0.2 },
    opened: () => {},
    heard: (frame) => heard.push(frame) > 0 && frame === "alive",
    refused: ({ code }) => (code === "Gone" ? 3_600_000 : undefined),
  })
  connection.start()
  onTestFinished(() => connection.stop())
  return { world, region, connection, heard }
}

test.each([1000, 1001, 1006, 1011])("an end with %i is followed by a new connection at once", async (code) => {
  const { world, region, connection } = start()
  await world.advance(5_000)
  region.socket.end(code)
  await world.settle()
  expect(region.sockets).toHaveLength(2)
  expect(connection.isOpen).toBe(true)
})

test.each([1005, 1008, 1012, 1013])("after an end with %i there is a pause", async (code) => {
  const { world, region } = start()
  await world.advance(5_000)
  region.socket.end(code)
  await world.advance(249)
  expect(region.sockets).toHaveLength(1)
  await world.advance(51)
  expect(region.sockets).toHaveLength(2)
})

test("a region that drops every connection at once is not asked without a pause", async () => {
  const { world, region } = start()
  for (let n = 0; n < 1_000; n++) {
    await world.advance(100)
    region.socket?.end(1000)
  }
  expect(region.sockets.length).toBeLessThan(20)
})

test("pauses grow to two minutes while the region refuses, and begin anew after a lasting connection", async () => {
  const { world, region } = start()
  region.refusal = fault("Unreachable")
  await world.advance(3_600_000)
  const tries = region.urls.length
  expect(tries).toBeGreaterThan(30)
  await world.advance(144_000)
  expect(region.urls.length).toBeGreaterThan(tries)
  expect(region.urls.length).toBeLessThan(tries + 3)
  region.refusal = undefined
  while (region.sockets.length === 0) await world.advance(1_000)
  for (let n = 0; n < 3; n++) {
    region.socket.message("alive")
    await world.advance(30_000)
  }
  region.socket.end(1013)
  await world.advance(300)
  expect(region.sockets).toHaveLength(2)
})

test("who is refused for good comes back when it was told to", async () => {
  const { world, region } = start()
  region.refusal = fault("Gone")
  await world.advance(3_599_999)
  expect(region.urls).toHaveLength(1)
  await world.advance(1)
  expect(region.urls).toHaveLength(2)
})

test("a connection on which nothing that counts is heard is given up after a minute or two", async () => {
  const { world, region, heard } = start()
  await world.advance(0)
  for (let n = 0; n < 10; n++) {
    region.socket.message("alive")
    await world.advance(59_000)
  }
  expect(region.socket.closes).toEqual([])
  for (let n = 0; n < 12; n++) {
    region.sockets[0]!.message("something else")
    await world.advance(10_000)
  }
  expect(region.sockets[0]!.closes).toHaveLength(1)
  expect(heard).toContain("something else")
  expect(region.sockets.length).toBeGreaterThan(1)
})

test("a connection is renewed after half an hour to thirty-five minutes", async () => {
  const { world, region } = start()
  await world.advance(0)
  const live = async (ms: number) => {
    for (let elapsed = 0; elapsed < ms; elapsed += 30_000) {
      region.socket.message("alive")
      await world.advance(30_000)
    }
  }
  await live(30 * 60_000 - 30_000)
  expect(region.sockets).toHaveLength(1)
  await live(5 * 60_000 + 30_000)
  expect(region.sockets).toHaveLength(2)
  expect(region.sockets[0]!.closes).toMatchObject([{ code: 1000, reason: /Expired/ }])
})

test("who stops does not come back, and says goodbye", async () => {
  const { world, region, connection } = start()
  await world.advance(0)
  connection.stop()
  await world.advance(3_600_000)
  expect(region.sockets).toHaveLength(1)
  expect(region.socket.closes).toMatchObject([{ code: 1000 }])
})

test("an address that is none is a reason to ask again, not to give up", async () => {
  const world = simulatedWorld()
  const region = new ScriptedRegion()
  let address = "no address"
  const connection = new KeptConnection({
    world,
    region,
    url: async () => new URL(address).href,
    backoff: { ms: 250, msMax: 120_000, factor: 1.5, jitter: 0.2 },
    opened: () => {},
    heard: () => true,
  })
  connection.start()
  onTestFinished(() => connection.stop())
  await world.advance(5_000)
  address = "http://region/acs/ws"
  await world.advance(10_000)
  expect(connection.isOpen).toBe(true)
})
