import type { ContainerSpec } from "../../engine.ts"
import type { OciDevice, OciDeviceRule, OciResources } from "./oci.ts"

export interface RuleOfDevice {
  readonly device: OciDevice
  readonly permissions: string
}

/** A container's limits, and which devices it may touch. */
export function buildResources(
  { privileged, limits }: Pick<ContainerSpec, "privileged" | "limits">,
  devices: readonly RuleOfDevice[],
  countsSwap: boolean,
): OciResources {
  const { cpuShares, memory, memoryReservation, memorySwap, memorySwappiness, pidsMax } = limits
  // Docker gives as much swap as memory where nothing is said.
  const swap = memorySwap ?? (memory === undefined ? undefined : memory * 2)
  const ofMemory = {
    ...(memory !== undefined && { limit: memory }),
    ...(memoryReservation !== undefined && { reservation: memoryReservation }),
    ...(countsSwap && swap !== undefined && { swap }),
    ...(memorySwappiness !== undefined && { swappiness: memorySwappiness }),
  }
  return {
    devices: privileged ? [{ allow: true, access: "rwm" }] : [...DEFAULT_RULES, ...devices.map(rule)],
    cpu: { shares: cpuShares },
    ...(Object.keys(ofMemory).length > 0 && { memory: ofMemory }),
    ...(pidsMax !== undefined && { pids: { limit: pidsMax } }),
  }
}

function rule({ device: { type, major, minor }, permissions }: RuleOfDevice): OciDeviceRule {
  return { allow: true, type, major, minor, access: permissions }
}

function character(major: number, minor?: number): OciDeviceRule {
  return { allow: true, type: "c", major, ...(minor !== undefined && { minor }), access: "rwm" }
}

/** Nodes may be made of every device, but opened only of these: null, zero, full, random, urandom, tty, console, ptmx, pts. */
const DEFAULT_RULES: readonly OciDeviceRule[] = [
  { allow: false, access: "rwm" },
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  ...[3, 5, 7, 8, 9].map((minor) => character(1, minor)),
  ...[0, 1, 2].map((minor) => character(5, minor)),
  character(136),
]
