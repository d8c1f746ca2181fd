import { sleep } from "../../src/world/world.ts"
import { anyOf, between } from "../workload/draw.ts"
import type { Fault } from "./fault.ts"

export const poolFaults: readonly Fault[] = [
  {
    name: "machine of the pool away for long",
    weight: 1,
    async strike({ world, random, nodes, transcript }) {
      const node = anyOf(
        random,
        nodes.filter(({ properties, isPowered }) => properties.isPool && isPowered),
      )
      if (node === undefined) return
      const isCutOff = random.below(2) === 0
      transcript.say("fault", `${node.name} is ${isCutOff ? "cut off" : "switched off"} for long`)
      node.path.isCutUp = isCutOff
      node.path.isCutDown = isCutOff
      if (!isCutOff) node.powerOff()
      // Also when everything else is over: what takes so long would else never be seen.
      await sleep(world, between(random, 280_000, 480_000))
      node.path.isCutUp = false
      node.path.isCutDown = false
      node.startAgent()
      transcript.say("fault", `${node.name} is back`)
    },
  },
]
