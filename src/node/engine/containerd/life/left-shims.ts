import { execFile } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { sleep, type World } from "../../../../world/world.ts"
import { unmount } from "../../../linux/libc.ts"
import { mountsBelow } from "../mounts.ts"
import { isAlive, processIdentity } from "../process-identity.ts"
import { removeShimSocket } from "../shim-files.ts"

// A shim that containerd has forgotten. When whoever asks for a process is killed while its shim starts, containerd drops
// the wish, and neither lists nor ends the shim any more; nor can it begin another under the same id.

export interface Shim {
  readonly id: string
  readonly pid: number
  readonly program: string
}

export interface ShimsOf {
  readonly world: World
  readonly address: string
  readonly namespace: string
}

/** Those of a containerd, whether it knows of them or not. */
export function shimsOf({ address, namespace }: Pick<ShimsOf, "address" | "namespace">): Shim[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    const [program = "", ...words] = commandLine(Number(name))
    const said = (option: string) => words[words.indexOf(option) + 1]
    const isShim = /containerd-shim[^/]*$/.test(program) && words.includes("-id")
    const isOurs = isShim && said("-namespace") === namespace && said("-address") === address
    return isOurs ? [{ id: said("-id")!, pid: Number(name), program }] : []
  })
}

/** Ends one and takes away what it made, as containerd does for a shim that it knows and that has ended. */
export async function endShim({ world, address, namespace }: ShimsOf, { id, pid, program }: Shim): Promise<void> {
  const identity = processIdentity(pid)
  if (identity === undefined) return
  const bundle = readlinkSync(`/proc/${pid}/cwd`)
  process.kill(pid, "SIGKILL")
  while (isAlive(identity)) await sleep(world, AGAIN_MS)
  const words = ["-namespace", namespace, "-address", address, "-id", id, "-bundle", bundle, "delete"]
  await promisify(execFile)(program, words, { cwd: bundle }).catch((error: Error) => {
    // There may have been no container yet.
    world.log.debug("a shim that was left behind had nothing to take away", { id, error: error.message })
  })
  for (const mount of mountsBelow(bundle).reverse()) unmount(mount)
  removeShimSocket(address, namespace, id)
  rmSync(realpathSync(join(bundle, "work")), { recursive: true, force: true })
  rmSync(bundle, { recursive: true, force: true })
}

const AGAIN_MS = 2

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  } catch {
    // It has just ended.
    return []
  }
}
