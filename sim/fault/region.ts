import { sleep } from "../../src/world/world.ts"
import { between, oneOf } from "../workload/draw.ts"
import type { Fault } from "./fault.ts"

export const regionFaults: readonly Fault[] = [
  {
    name: "region crash",
    weight: 3,
    async strike({ random, region, network, transcript, restartRegion }) {
      if (!region.isUp) return
      const inFlight = oneOf(random, ["kept", "lost"] as const)
      transcript.say("region", `is killed; what was on its way to the disk is ${inFlight}`)
      region.crash(inFlight)
      network.regionDied()
      restartRegion(oneOf(random, [between(random, 10, 500), between(random, 500, 60_000)]))
    },
  },
  {
    name: "journal error",
    weight: 1,
    async strike({ region, transcript }) {
      if (!region.isUp) return
      transcript.say("region", "the next append to its journal will fail")
      region.disk.failNextAppend("io")
    },
  },
  {
    name: "slow journal",
    weight: 2,
    async strike({ world, random, transcript, appendMs }) {
      transcript.say("region", "its disk is slow")
      appendMs([50, 3_000])
      await sleep(world, between(random, 2_000, 20_000))
      appendMs([1, 3])
    },
  },
  {
    name: "clock jump",
    weight: 2,
    async strike({ world, random, transcript }) {
      const ms = oneOf(random, [-1, 1]) * oneOf(random, [1_500, 61_000, 20 * 60_000, 2 * 60 * 60_000])
      transcript.say("region", `the clock jumps by ${ms / 1000} s`)
      world.jump(ms)
    },
  },
]
