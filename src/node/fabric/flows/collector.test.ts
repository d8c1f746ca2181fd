import { expect, test } from "vitest"
import type { FabricInterfaceFlows } from "../../../wire/fabric.ts"
import { simulatedWorld } from "../../../world/simulated.ts"
import type { CountedElement } from "../../linux/netlink/counted-elements.ts"
import { encodeKey } from "../../linux/netlink/filter-elements.ts"
import { FLOW_SETS, FLOW_SILENCE_MS, FLOWS_MAX } from "../filter/flow-sets.ts"
import { FlowCollector } from "./collector.ts"
import type { Coverage, Covered } from "./coverage.ts"

const SET = "flow_ingress_accepted_udp4"
const one: Covered = { id: "eni-1", vpcId: "vpc-a", host: "instance-a", link: "eni1", intervals: [60] }
const covering = (...all: Covered[]): Coverage => new Map(all.map((covered) => [covered.id, covered]))

function start() {
  const world = simulatedWorld()
  const heard: FabricInterfaceFlows[] = []
  let elements: readonly CountedElement[] | undefined = []
  const asked: string[] = []
  const run = async (_: string, { path }: { readonly path: string }) => {
    asked.push(path)
    if (elements === undefined) throw new Error("there is no such set")
    return [...FLOW_SETS.keys()].map((name) => (name === SET ? elements : []))
  }
  const collector = new FlowCollector({ world, thread: { run: run as never }, names: { routerPath: (id) => id } })
  collector.listen("instance-a", (flows) => heard.push(flows))
  collector.cover(new Map())
  return {
    world,
    collector,
    heard,
    asked,
    count(given: readonly CountedElement[] | undefined) {
      elements = given
    },
  }
}

function anElement(packets: number, sourcePort = 40_000, link = "eni1"): CountedElement {
  const type = "ifname . ipv4_addr . ipv4_addr"
  const ports = Buffer.alloc(8)
  ports.writeUInt16BE(sourcePort, 0)
  ports.writeUInt16BE(53, 4)
  const key = Buffer.concat([encodeKey(type, `"${link}" . 10.0.0.6 . 10.0.0.5`), ports])
  return { key, packets, bytes: packets * 100, expiresMs: FLOW_SILENCE_MS - 2_000 }
}

test("what the kernel goes on counting is added up over an interval, and begins at nothing in the next", async () => {
  const { world, collector, heard, count } = start()
  const startedAt = world.now()
  collector.cover(covering(one))
  count([anElement(2)])
  await world.advance(15_000)
  count([anElement(5), anElement(1, 40_001), anElement(7, 40_000, "eni2")])
  await world.advance(45_000)
  const common = { source: "10.0.0.6", destination: "10.0.0.5", destinationPort: 53, protocol: 17, isIngress: true }
  expect(heard).toEqual([
    {
      interfaceId: "eni-1",
      intervalSeconds: 60,
      startedAt,
      endedAt: startedAt + 60_000,
      isIncomplete: false,
      flows: [
        {
          ...common,
          isAccepted: true,
          sourcePort: 40_000,
          packets: 5,
          bytes: 500,
          startedAt,
          endedAt: startedAt + 18_000,
        },
        {
          ...common,
          isAccepted: true,
          sourcePort: 40_001,
          packets: 1,
          bytes: 100,
          startedAt: startedAt + 10_000,
          endedAt: startedAt + 18_000,
        },
      ],
    },
  ])
  // The first went away and came again.
  count([anElement(1), anElement(1, 40_001)])
  await world.advance(60_000)
  expect(heard[1]).toMatchObject({ startedAt: startedAt + 60_000, flows: [{ sourcePort: 40_000, packets: 1 }] })
})

test("nobody looks while no interface has a flow log", async () => {
  const { world, collector, asked, count } = start()
  await world.advance(3_600_000)
  expect(asked).toEqual([])
  collector.cover(covering(one))
  await world.advance(10_000)
  expect(asked).toEqual(["vpc-a"])
  count([anElement(1)])
  await collector.leave(new Map())
  collector.cover(new Map())
  await world.advance(3_600_000)
  expect(asked).toHaveLength(2)
})

test("an interval of which something was not counted says so, and only that one", async () => {
  const { world, collector, heard, count } = start()
  collector.cover(covering(one))
  count(undefined)
  await world.advance(10_000)
  count([])
  await world.advance(110_000)
  count(Array.from({ length: FLOWS_MAX }, (_, index) => anElement(1, index)))
  await world.advance(60_000)
  expect(heard.map(({ isIncomplete, flows }) => [isIncomplete, flows.length])).toEqual([
    [true, 0],
    [false, 0],
    [true, FLOWS_MAX],
  ])
})

test("each interval that is asked for is kept, and another wish begins anew", async () => {
  const { world, collector, heard } = start()
  collector.cover(covering({ ...one, intervals: [60, 600] }))
  await world.advance(600_000)
  expect(heard.filter(({ intervalSeconds }) => intervalSeconds === 60)).toHaveLength(10)
  expect(heard.filter(({ intervalSeconds }) => intervalSeconds === 600)).toHaveLength(1)
  heard.length = 0
  await world.advance(30_000)
  await collector.leave(covering(one))
  collector.cover(covering(one))
  expect(heard.map(({ intervalSeconds }) => intervalSeconds)).toEqual([60, 600])
})
