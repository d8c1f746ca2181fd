import { expect, onTestFinished, test } from "vitest"
import { type FabricPut, fabricFromNode, fabricFromRegion } from "../../wire/fabric.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { ScriptedRegion } from "../agent/link/scripted-region.testing.ts"
import { type FabricFailure, FabricLink } from "./fabric-link.ts"

const ARN = "arn:aws:ecs:us-east-1:111122223333:container-instance/default/a"

/** A fabric that notes what it is told; each piece of work waits until the test lets it go. */
class NotingFabric {
  readonly done: string[] = []
  readonly waiting: ((failures?: readonly FabricFailure[]) => void)[] = []
  known: number | undefined

  version(): number | undefined {
    return this.known
  }

  snapshot(_stream: string, version: number, put: FabricPut) {
    return this.#work(version, `snapshot ${version} ${idsOf(put)}`)
  }

  change(_stream: string, version: number, put: FabricPut, removed: Readonly<Record<string, readonly string[]>>) {
    return this.#work(version, `change ${version} ${idsOf(put)} -${removed.peering ?? ""}`)
  }

  #work(version: number, said: string): Promise<readonly FabricFailure[]> {
    this.done.push(said)
    this.known = version
    const { promise, resolve } = Promise.withResolvers<readonly FabricFailure[]>()
    this.waiting.push((failures = []) => resolve(failures))
    return promise
  }
}

function idsOf({ peering = [] }: FabricPut): string {
  return peering.map(({ id }) => id).join()
}

const put = (...ids: string[]) => ({ peering: ids.map((id) => ({ id, vpcIds: [] })) })

async function start(known?: number) {
  const world = simulatedWorld()
  const region = new ScriptedRegion()
  const fabric = new NotingFabric()
  fabric.known = known
  const link = new FabricLink({
    world,
    region,
    fabric,
    stream: "local",
    instanceArn: ARN,
    underlayAddress: "192.0.2.7",
  })
  link.start()
  onTestFinished(() => link.stop())
  await world.settle()
  return {
    world,
    region,
    fabric,
    link,
    tell: async (...[type, message]: Parameters<typeof fabricFromRegion.encode>) => {
      region.socket.message(fabricFromRegion.encode(type, message as never))
      await world.settle()
    },
    finish: async (failures?: readonly FabricFailure[]) => {
      fabric.waiting.shift()!(failures)
      await world.settle()
    },
    said: () => region.socket.sent.map((frame) => fabricFromNode.decode(frame)!.message),
  }
}

test("a machine says who it is, where it is reached and what it knows", async () => {
  const { region } = await start(17)
  const [url] = region.urls
  expect(url!.pathname).toBe("/fabric/ws")
  expect(Object.fromEntries(url!.searchParams)).toEqual({
    containerInstanceArn: ARN,
    underlayAddress: "192.0.2.7",
    version: "17",
  })
})

test("a snapshot is made true once all of its parts are there, and then it is said", async () => {
  const { fabric, tell, finish, said } = await start()
  await tell("FabricSnapshot", { version: 5, put: put("a"), isLast: false })
  expect(fabric.done).toEqual([])
  await tell("FabricSnapshot", { version: 5, put: put("b"), isLast: true })
  expect(fabric.done).toEqual(["snapshot 5 a,b"])
  expect(said()).toEqual([])
  const failures = [{ kind: "peering", id: "a", reason: "no such thing" }]
  await finish(failures)
  expect(said()).toEqual([{ version: 5, failures }])
})

test("changes are made one after the other, in their order", async () => {
  const { fabric, tell, finish, said } = await start(5)
  await tell("FabricChange", { from: 5, version: 6, put: put("c"), removed: {} })
  await tell("FabricChange", { from: 6, version: 8, put: {}, removed: { peering: ["a"] } })
  expect(fabric.done).toEqual(["change 6 c -"])
  await finish()
  expect(fabric.done).toEqual(["change 6 c -", "change 8  -a"])
  await finish()
  expect(said()).toEqual([
    { version: 6, failures: [] },
    { version: 8, failures: [] },
  ])
})

test("what leads on from another version than is known is asked for anew", async () => {
  const { fabric, region, tell, world } = await start(5)
  await tell("FabricChange", { from: 6, version: 7, put: put("c"), removed: {} })
  expect(fabric.done).toEqual([])
  await world.advance(1_000)
  expect(region.urls).toHaveLength(2)
  expect(region.urls[1]!.searchParams.get("version")).toBe("5")
})

test("a heartbeat is answered, and one of another version starts over", async () => {
  const { region, tell, said, world } = await start(5)
  await tell("FabricHeartbeat", { version: 5 })
  expect(said()).toEqual([{ version: 5, failures: [] }])
  await tell("FabricHeartbeat", { version: 6 })
  await world.advance(1_000)
  expect(region.urls).toHaveLength(2)
})

test("what an ended connection had told is not answered on the next one", async () => {
  const { fabric, region, tell, finish, said, world } = await start(5)
  await tell("FabricChange", { from: 5, version: 6, put: put("c"), removed: {} })
  await tell("FabricChange", { from: 6, version: 7, put: put("d"), removed: {} })
  region.socket.close(1006, "")
  await world.advance(1_000)
  expect(region.urls).toHaveLength(2)
  await finish()
  expect(fabric.done).toEqual(["change 6 c -"])
  expect(said()).toEqual([])
})

test("a fabric that fails is tried again with another connection", async () => {
  const { fabric, region, tell, world } = await start()
  fabric.snapshot = () => Promise.reject(new Error("the disk is full"))
  await tell("FabricSnapshot", { version: 5, put: {}, isLast: true })
  await world.advance(1_000)
  expect(region.urls).toHaveLength(2)
  expect(region.urls[1]!.searchParams.has("version")).toBe(false)
})
