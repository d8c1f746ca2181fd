import type { World } from "../../../world/world.ts"
import { EngineError } from "../../engine/engine-error.ts"
import type { Cgroups } from "../host.ts"
import type { Mounted } from "../mounts.ts"
import { detectCgroups } from "./detect.ts"
import { CgroupsVersion1 } from "./version1.ts"
import { CgroupsVersion2 } from "./version2.ts"

/** Beside what everyone may do with cgroups, to put a process into one. */
export interface JoinableCgroups extends Cgroups {
  join(path: string, pid: number): Promise<void>
}

export function openCgroups(world: Pick<World, "after" | "monotonic">, mounts: readonly Mounted[]): JoinableCgroups {
  const layout = detectCgroups(mounts)
  if (layout === undefined) throw new EngineError("machine", "This machine has no cgroups mounted.")
  return layout.version === 1 ? new CgroupsVersion1(world, layout.controllers) : new CgroupsVersion2(world, layout.root)
}
