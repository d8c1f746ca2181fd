import type { Fault } from "./fault.ts"
import { networkFaults } from "./network.ts"
import { nodeFaults } from "./node.ts"
import { poolFaults } from "./pool.ts"
import { regionFaults } from "./region.ts"

/** Every way in which the world fails here. */
export const FAULTS: readonly Fault[] = [...networkFaults, ...nodeFaults, ...poolFaults, ...regionFaults]
