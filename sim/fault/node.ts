import { sleep } from "../../src/world/world.ts"
import { anyOf, between, oneOf } from "../workload/draw.ts"
import type { Fault } from "./fault.ts"

export const nodeFaults: readonly Fault[] = [
  {
    name: "agent crash",
    weight: 4,
    async strike({ world, random, nodes, isOver }) {
      const node = oneOf(random, nodes)
      if (!node.isPowered) return
      node.killAgent()
      await sleep(world, oneOf(random, [between(random, 50, 2_000), between(random, 2_000, 100_000)]))
      if (!isOver() && node.isPowered) node.startAgent()
    },
  },
  {
    name: "agent crash at a start",
    weight: 3,
    async strike({ world, random, nodes, isOver }) {
      const node = oneOf(random, nodes)
      const { own } = node
      if (own === undefined) return
      // A container that was made is about to be started, or has just been.
      const until = world.monotonic() + START_AWAITED_MS
      while (!own.machine.containers.some(({ state }) => state.status === "created")) {
        if (isOver() || world.monotonic() > until) return
        await sleep(world, between(random, 10, 60))
      }
      node.killAgent()
      await sleep(world, oneOf(random, [between(random, 1, 3_000), between(random, 3_000, 60_000)]))
      if (!isOver() && node.isPowered) node.startAgent()
    },
  },
  {
    name: "agent crash loop",
    weight: 3,
    async strike({ world, random, nodes, transcript, isOver }) {
      const node = oneOf(random, nodes)
      transcript.say("fault", `the agent on ${node.name} is killed again and again`)
      for (let left = between(random, 3, 10); left > 0 && node.isPowered; left--) {
        node.killAgent()
        await sleep(world, between(random, 1, 500))
        if (isOver() || !node.isPowered) return
        node.startAgent()
        await sleep(world, oneOf(random, [between(random, 1, 300), between(random, 300, 8_000)]))
      }
    },
  },
  {
    name: "instance death",
    weight: 2,
    async strike({ world, random, nodes, isOver }) {
      const node = oneOf(random, nodes)
      if (!node.isPowered) return
      node.powerOff()
      await sleep(world, between(random, 5_000, 200_000))
      if (isOver()) return
      if (random.below(3) === 0) node.replace()
      else node.startAgent()
    },
  },
  {
    name: "new instance",
    weight: 1,
    async strike({ nodes }) {
      for (const node of nodes) if (node.hasGivenUp) node.replace()
    },
  },
  {
    name: "duplicate identity",
    weight: 1,
    async strike({ world, random, nodes, transcript }) {
      const node = oneOf(random, nodes)
      if (!node.isPowered || node.instanceArn === undefined) return
      transcript.say("fault", `${node.name} is there twice`)
      const clone = node.clone()
      nodes.push(clone)
      clone.startAgent()
      await sleep(world, between(random, 1_000, 60_000))
      clone.scrap()
      nodes.splice(nodes.indexOf(clone), 1)
    },
  },
  {
    name: "container death",
    weight: 4,
    async strike({ random, nodes, transcript }) {
      const node = oneOf(random, nodes)
      const arn = anyOf(random, node.running())
      if (arn === undefined) return
      transcript.say("fault", `the kernel kills a container on ${node.name}`)
      node.kill(arn)
    },
  },
  {
    name: "runtime away",
    weight: 2,
    async strike({ world, random, nodes, transcript, isOver }) {
      const node = oneOf(random, nodes)
      const { own } = node
      if (own === undefined) return
      transcript.say("fault", `the containers' runtime on ${node.name} is away`)
      own.loseRuntime()
      await sleep(world, oneOf(random, [between(random, 100, 3_000), between(random, 3_000, 60_000)]))
      if (!isOver()) own.mend()
    },
  },
  {
    name: "runtime answers lost",
    weight: 2,
    async strike({ random, nodes, transcript }) {
      const node = oneOf(random, nodes)
      transcript.say("fault", `the runtime on ${node.name} loses answers`)
      node.own?.loseAnswers(between(random, 1, 12))
    },
  },
  {
    name: "slow runtime",
    weight: 2,
    async strike({ world, random, nodes, transcript, isOver }) {
      const node = oneOf(random, nodes)
      const { own } = node
      if (own === undefined) return
      transcript.say("fault", `the runtime on ${node.name} is slow`)
      own.slowDown()
      await sleep(world, between(random, 1_000, 20_000))
      // What was begun before still comes about.
      if (random.below(2) === 0 && node.isPowered && !isOver()) {
        node.killAgent()
        await sleep(world, between(random, 10, 3_000))
        if (!isOver() && node.isPowered) node.startAgent()
      }
      await sleep(world, between(random, 1_000, 40_000))
      if (!isOver()) own.mend()
    },
  },
]

const START_AWAITED_MS = 15_000
