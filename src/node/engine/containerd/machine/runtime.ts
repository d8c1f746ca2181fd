import { accessSync, constants } from "node:fs"
import { join } from "node:path"
import { EngineError } from "../../engine-error.ts"

/** What makes a process a container. crun does it in half of runc's time. */
export interface Runtime {
  readonly kind: "crun" | "runc"

  /** By its whole path, or containerd would look for it in a PATH of its own. */
  readonly path: string

  /** Where it keeps what it knows of containers while they run, unless it is where everybody's does. */
  readonly root?: string
}

/** `hybrid`: the containers' runtime sees cgroups of version 2 beside those of version 1, with which crun cannot live. */
export function findRuntime(hybrid: boolean, folders: readonly string[] = FOLDERS): Runtime {
  const kinds = hybrid ? (["runc"] as const) : (["crun", "runc"] as const)
  for (const kind of kinds) {
    const path = folders.map((folder) => join(folder, kind)).find(isProgram)
    if (path !== undefined) return { kind, path }
  }
  throw new EngineError("machine", `neither of ${kinds.join(", ")} is installed in ${folders.join(", ")}`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]
