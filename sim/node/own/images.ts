import type { FakeImage, Behaviour as Script } from "../../../src/node/engine/fake.ts"
import type { Random } from "../../../src/world/world.ts"
import { chance } from "../../network.ts"
import { between } from "../../workload/draw.ts"
import { type Behaviour, behaviourOf, IMAGE_NAMES, SIDE_ENDS_MS, TAGS } from "../image.ts"

/** Every image that definitions name, as a registry has them. */
export function fakeImages(random: Random): FakeImage[] {
  return IMAGE_NAMES.flatMap((name) => {
    const behaviour = behaviourOf(name)
    return behaviour.pullMs === undefined ? [] : TAGS.map((tag) => fakeImage(random, `${name}:${tag}`, behaviour))
  })
}

function fakeImage(random: Random, reference: string, behaviour: Behaviour): FakeImage {
  return {
    reference,
    // Each pull takes another time.
    get pullMs() {
      return between(random, ...behaviour.pullMs!)
    },
    behaviour: ({ labels }, starts) =>
      labels["com.amazonaws.ecs.container-name"] === "main"
        ? mainScript(random, behaviour, starts)
        : { exits: { afterMs: between(random, ...SIDE_ENDS_MS), code: 0 } },
  }
}

function mainScript(random: Random, behaviour: Behaviour, starts: number): Script {
  const { exitMs, exitCode = 0, exiting = 1000, stopMs, sickMs, outOfMemoryMs } = behaviour
  const sick = sickMs === undefined ? undefined : between(random, ...sickMs)
  let probes = 0
  return {
    handles: { SIGTERM: { afterMs: between(random, ...stopMs), code: 143 } },
    ...(exitMs !== undefined &&
      chance(random, exiting) && { exits: { afterMs: between(random, ...exitMs), code: exitCode + starts } }),
    ...(outOfMemoryMs !== undefined && { outOfMemoryAfterMs: between(random, ...outOfMemoryMs) }),
    exec: () => {
      probes += 1
      return { exitCode: sick !== undefined && probes * PROBE_MS > sick ? 1 : 0, afterMs: between(random, 1, 500) }
    },
  }
}

/** As the workload's definitions have it. */
const PROBE_MS = 10_000
