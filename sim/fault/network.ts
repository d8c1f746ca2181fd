import { sleep } from "../../src/world/world.ts"
import { FAIR, type Weather } from "../network.ts"
import { between, oneOf } from "../workload/draw.ts"
import type { Fault } from "./fault.ts"

const WEATHERS: Readonly<Record<string, Weather>> = {
  "loses things": { ...FAIR, lost: 30 },
  "repeats things": { ...FAIR, repeated: 60 },
  "lets things overtake each other": { ...FAIR, delayMs: [1, 800], overtaking: 200 },
  "is slow": { ...FAIR, delayMs: [200, 4_000] },
  "is bad in every way": { delayMs: [1, 2_000], lost: 15, repeated: 30, overtaking: 100 },
}

export const networkFaults: readonly Fault[] = [
  {
    name: "weather",
    weight: 5,
    async strike({ world, random, network, transcript, isOver }) {
      const name = oneOf(random, Object.keys(WEATHERS))
      transcript.say("network", name)
      network.weather = WEATHERS[name]!
      await sleep(world, between(random, 5_000, 40_000))
      if (isOver()) return
      network.weather = FAIR
      transcript.say("network", "is well again")
    },
  },
  {
    name: "partition",
    weight: 5,
    async strike({ world, random, nodes, transcript, isOver }) {
      const node = oneOf(random, nodes)
      const direction = oneOf(random, ["up", "down", "both"] as const)
      transcript.say("network", `${node.name} is cut off: ${direction}`)
      node.path.isCutUp = direction !== "down"
      node.path.isCutDown = direction !== "up"
      await sleep(world, oneOf(random, [between(random, 500, 5_000), between(random, 5_000, 150_000)]))
      if (isOver()) return
      node.path.isCutUp = false
      node.path.isCutDown = false
      transcript.say("network", `${node.name} is reached again`)
    },
  },
]
