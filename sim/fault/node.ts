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
      const { machine, name } = oneOf(random, nodes)
      const arn = anyOf(random, machine.running())
      if (arn === undefined) return
      transcript.say("fault", `the kernel kills a container on ${name}`)
      machine.kill(arn)
    },
  },
]
