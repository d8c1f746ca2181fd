import { readdirSync, type Stats, statSync } from "node:fs"
import { join } from "node:path"
import type { ContainerSpec } from "../../engine.ts"
import { EngineError } from "../../engine-error.ts"
import type { RuleOfDevice } from "../spec/resources.ts"

/** The devices that a container gets beside the usual ones: those asked for, or with privilege all of the machine. */
export function devicesOf({ devices, privileged }: Pick<ContainerSpec, "devices" | "privileged">): RuleOfDevice[] {
  const asked = devices.flatMap(({ hostPath, containerPath, permissions }) =>
    below(hostPath, containerPath).map(({ path, stats }) => ruleOf(path, stats, permissions || "rwm")),
  )
  if (!privileged) return asked
  const taken = new Set(asked.map(({ device }) => device.path))
  const all = below("/dev", "/dev").filter(({ path }) => !taken.has(path) && !ALWAYS_THERE.test(path))
  return [...asked, ...all.map(({ path, stats }) => ruleOf(path, stats, "rwm"))]
}

/** A device itself, or every device in a folder, each with its path in the container. */
function below(hostPath: string, path: string): { readonly path: string; readonly stats: Stats }[] {
  const stats = statSync(hostPath, { throwIfNoEntry: false })
  if (stats === undefined) {
    throw new EngineError(
      "machine",
      `error gathering device information while adding custom device "${hostPath}": no such file or directory`,
    )
  }
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return [{ path, stats }]
  if (!stats.isDirectory()) throw new EngineError("invalid", `not a device node: ${hostPath}`)
  return readdirSync(hostPath, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isCharacterDevice() || entry.isBlockDevice())
    .filter(({ name }) => !(hostPath === "/dev" && NO_DEVICES.includes(name)))
    .flatMap(({ name }) => below(join(hostPath, name), join(path, name)))
}

function ruleOf(path: string, stats: Stats, permissions: string): RuleOfDevice {
  const { major, minor } = numbers(stats.rdev)
  const type = stats.isBlockDevice() ? "b" : "c"
  return {
    device: { path, type, major, minor, fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid },
    permissions,
  }
}

/** As Linux packs them into one. */
function numbers(device: number): { readonly major: number; readonly minor: number } {
  const bits = BigInt(device)
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & ~0xfffn)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & ~0xffn)),
  }
}

const NO_DEVICES = ["fd", "mqueue", "pts", "shm", ".lxc", ".lxd-mounts"]

/** The runtime makes these by itself. */
const ALWAYS_THERE = /^\/dev\/(null|zero|full|random|urandom|tty|console|ptmx)$/
