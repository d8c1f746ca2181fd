import { createHash } from "node:crypto"
import type { World } from "../src/world/world.ts"

/**
 * What happened, line by line. Two runs of a seed are alike when their lines are, so the lines are what is hashed; and
 * they are what someone reads who wants to know why a seed failed.
 */
export class Transcript {
  readonly lines: string[] = []
  readonly #world: Pick<World, "monotonic">
  readonly #hash = createHash("sha256")

  constructor(world: Pick<World, "monotonic">) {
    this.#world = world
  }

  /** `who` is a part of the simulation, as in `region` or `node-3`. */
  say(who: string, what: string): void {
    const line = `${(this.#world.monotonic() / 1000).toFixed(3).padStart(9)}  ${who.padEnd(8)}  ${what}`
    this.#hash.update(line)
    this.lines.push(line)
  }

  hash(): string {
    return this.#hash.copy().digest("hex").slice(0, 16)
  }

  tail(count: number): string {
    return this.lines.slice(-count).join("\n")
  }
}

/** An ARN without what all ARNs of a simulation have in common. */
export function shortArn(arn: string): string {
  return arn.startsWith("arn:") ? arn.split(":").slice(5).join(":") : arn
}
