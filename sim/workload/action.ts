import type { Random, World } from "../../src/world/world.ts"
import type { Api } from "../api.ts"
import type { Acknowledged } from "../invariant/acknowledged.ts"
import type { Known } from "./known.ts"

/** Someone at work with the API. */
export interface User {
  readonly world: World
  readonly random: Random
  readonly api: Api
  readonly known: Known
  readonly acknowledged: Acknowledged
}

/** Something that users do, and how often compared with the rest. */
export interface Action {
  readonly name: string
  readonly weight: number
  readonly act: (user: User) => Promise<void>
}
