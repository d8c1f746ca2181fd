import type { Fabric } from "../../../src/node/agent/task/surroundings.ts"
import { sleep, type World } from "../../../src/world/world.ts"
import { between } from "../../workload/draw.ts"

/** Interfaces appear a little after they were announced. */
export class SlowFabric implements Fabric {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  async attach(): Promise<void> {
    await sleep(this.#world, between(this.#world.random, 500, 2_500))
  }

  async namespace(taskArn: string): Promise<string> {
    await sleep(this.#world, between(this.#world.random, 500, 2_500))
    return `/run/netns/${taskArn.slice(taskArn.lastIndexOf("/") + 1)}`
  }

  async detach(): Promise<void> {
    await sleep(this.#world, between(this.#world.random, 1, 200))
  }
}
