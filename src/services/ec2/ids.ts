import { newHex } from "../../world/ids.ts"
import type { Random } from "../../world/world.ts"

/** An id as EC2 makes them since they became long: `vpc-0` and sixteen digits. */
export function newId(random: Random, prefix: string): string {
  return `${prefix}-0${newHex(random, 16)}`
}
