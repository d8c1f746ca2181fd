import type { ContainerSpec } from "../../engine.ts"
import { EngineError } from "../../engine-error.ts"
import type { ImageConfig } from "../../image.ts"
import { INIT_TARGET } from "./mounts.ts"
import type { OciProcess } from "./oci.ts"

/** What is run. A given entry point leaves the image's command out, as with Docker. */
export function buildArguments(container: ContainerSpec, image: ImageConfig): readonly string[] {
  const { entryPoint = [], command = [] } = container
  const args =
    entryPoint.length > 0
      ? [...entryPoint.filter((word, index) => index > 0 || word !== ""), ...command]
      : [...image.entryPoint, ...(command.length > 0 ? command : image.command)]
  if (args.length === 0) throw new EngineError("invalid", "No command specified")
  return container.init && container.pid === "private" ? [INIT_TARGET, "--", ...args] : args
}

/** The image's environment, with the container's own before it and what programs rely on behind it. */
export function buildEnvironment(
  container: Pick<ContainerSpec, "environment" | "terminal">,
  image: Pick<ImageConfig, "environment">,
  hostname: string,
  home: string,
): readonly string[] {
  const values = new Map([
    ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    ["HOSTNAME", hostname],
    ...(container.terminal ? [["TERM", "xterm"] as const] : []),
    ["HOME", home],
  ])
  for (const line of image.environment) {
    const equals = line.indexOf("=")
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1))
  }
  for (const [name, value] of Object.entries(container.environment)) values.set(name, value)
  return [...values].map(([name, value]) => `${name}=${value}`)
}

/** A process of another user than root has no capabilities, as after any `execve`; they only bound what it may gain. */
export function grant(capabilities: readonly string[], uid: number): OciProcess["capabilities"] {
  if (uid !== 0) return { bounding: capabilities }
  return { bounding: capabilities, effective: capabilities, permitted: capabilities }
}

export function buildRlimits(ulimits: ContainerSpec["ulimits"]): OciProcess["rlimits"] {
  return ulimits.map(({ name, soft, hard }) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    soft: unlimited(soft),
    hard: unlimited(hard),
  }))
}

/** -1 stands for no bound. JSON readers in C take the largest number that a double holds for what it is: more than enough. */
function unlimited(value: number): number {
  return value < 0 ? Number.MAX_SAFE_INTEGER : value
}
