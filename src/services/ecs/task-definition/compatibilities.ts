import type { Compatibility } from "@aws-sdk/client-ecs"
import { fargateProblem } from "./fargate.ts"
import type { FilledDefinition } from "./fill.ts"
import { refusal } from "./refusal.ts"

/** Why a definition cannot run somewhere, in AWS's words; undefined where it can. */
type Problem = (definition: FilledDefinition) => string | undefined

/** In the order in which AWS mostly shows them. */
const PROBLEMS: Readonly<Record<Compatibility, Problem>> = {
  EXTERNAL: externalProblem,
  EC2: ec2Problem,
  MANAGED_INSTANCES: managedInstancesProblem,
  FARGATE: fargateProblem,
}

/** Where a definition could run, whatever its caller had in mind. */
export function compatibilitiesOf(definition: FilledDefinition): Compatibility[] {
  const all = Object.keys(PROBLEMS) as Compatibility[]
  return all.filter((compatibility) => PROBLEMS[compatibility](definition) === undefined)
}

/** What the caller requires must be so; without a requirement there must be some place where the tasks could run. */
export function checkCompatibilities(definition: FilledDefinition): void {
  for (const compatibility of definition.requiresCompatibilities ?? []) {
    const problem = PROBLEMS[compatibility](definition)
    if (problem !== undefined) throw refusal(problem)
  }
  if (compatibilitiesOf(definition).length === 0) throw refusal(ec2Problem(definition)!)
}

function ec2Problem({ ephemeralStorage }: FilledDefinition): string | undefined {
  return ephemeralStorage && "Tasks using the EC2 launch type do not support EphemeralStorage."
}

function externalProblem(definition: FilledDefinition): string | undefined {
  const { networkMode, ephemeralStorage, volumes, runtimePlatform } = definition
  const unsupported = "Tasks using the EXTERNAL launch type do not support"
  if (networkMode === "awsvpc") return `${unsupported} networkMode 'awsvpc'.`
  if (ephemeralStorage !== undefined) return `${unsupported} EphemeralStorage.`
  if (volumes.some(({ efsVolumeConfiguration: efs }) => efs)) return `${unsupported} efsVolumeConfiguration.`
  if (volumes.some(({ configuredAtLaunch }) => configuredAtLaunch)) return `${unsupported} configuredAtLaunch.`
  if (isWindows(runtimePlatform))
    return `${unsupported} operatingSystemFamily '${runtimePlatform!.operatingSystemFamily}'.`
  return undefined
}

function managedInstancesProblem({
  networkMode,
  runtimePlatform,
  ephemeralStorage,
}: FilledDefinition): string | undefined {
  const unsupported = "Tasks using the MANAGED_INSTANCES launch type do not support"
  if (networkMode !== "awsvpc" && networkMode !== "host")
    return `${unsupported} networkMode '${networkMode ?? "bridge"}'.`
  if (ephemeralStorage !== undefined) return `${unsupported} EphemeralStorage.`
  if (isWindows(runtimePlatform))
    return `${unsupported} operatingSystemFamily '${runtimePlatform!.operatingSystemFamily}'.`
  return undefined
}

function isWindows(platform: FilledDefinition["runtimePlatform"]): boolean {
  return platform?.operatingSystemFamily?.startsWith("WINDOWS") ?? false
}
