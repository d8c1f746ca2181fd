import type { LogDriver } from "@aws-sdk/client-ecs"
import { invalidDriver } from "./check/logging.ts"
import type { FilledContainer, FilledDefinition } from "./fill.ts"
import { isEcrImage } from "./image.ts"

/** The first thing for which FARGATE would refuse a definition, in AWS's words. */
export function fargateProblem(definition: FilledDefinition): string | undefined {
  return (
    taskProblem(definition) ??
    sizeProblem(definition) ??
    firstOf(definition.containerDefinitions, (container) => containerProblem(container) ?? loggingProblem(container)) ??
    roleProblem(definition)
  )
}

function taskProblem(definition: FilledDefinition): string | undefined {
  const { networkMode, cpu, memory, pidMode, ipcMode, volumes, placementConstraints } = definition
  if (networkMode !== "awsvpc") return "Fargate only supports network mode ‘awsvpc’."
  if (cpu === undefined) return "Fargate requires that 'cpu' be defined at the task level."
  if (memory === undefined) return "Fargate requires that 'memory' be defined at the task level."
  if (pidMode === "host") {
    return "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'."
  }
  if (ipcMode !== undefined) return unsupported("ipcMode")
  if (volumes.some(({ host }) => host?.sourcePath)) return unsupported("sourcePath")
  if (volumes.some((volume) => volume.dockerVolumeConfiguration)) return unsupported("dockerVolumeConfiguration")
  if (placementConstraints.length > 0) return unsupported("constraints")
  return undefined
}

function sizeProblem({ cpu, memory, runtimePlatform }: FilledDefinition): string | undefined {
  const memories = MEMORIES.get(Number(cpu))
  if (memories === undefined) {
    return "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
  }
  const isWindows = runtimePlatform?.operatingSystemFamily?.startsWith("WINDOWS")
  if (memories.includes(Number(memory)) && !(isWindows && Number(cpu) < WINDOWS_CPU_MIN)) return undefined
  return `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`
}

function containerProblem(container: FilledContainer): string | undefined {
  const { linuxParameters: linux, privileged, resourceRequirements = [], stopTimeout = 0 } = container
  if (privileged) return "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level."
  if (linux?.devices?.length) return unsupported("devices")
  if (linux?.maxSwap !== undefined) return unsupported("maxSwap")
  if (linux?.swappiness !== undefined) return unsupported("swappiness")
  if (linux?.sharedMemorySize !== undefined) return unsupported("sharedMemorySize")
  if (container.dockerSecurityOptions?.length) return unsupported("dockerSecurityOptions")
  const added = linux?.capabilities?.add?.find((capability) => capability !== "SYS_PTRACE")
  if (added !== undefined) return `${added} is not allowed on Fargate.`
  if (resourceRequirements.some(({ type }) => type === "GPU")) {
    return "Tasks using the Fargate launch type do not support GPU resource requirements."
  }
  if (stopTimeout > STOP_TIMEOUT_MAX) {
    return "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds."
  }
  return undefined
}

function loggingProblem({ logConfiguration: log }: FilledContainer): string | undefined {
  if (log === undefined) return undefined
  if (!LOG_DRIVERS.includes(log.logDriver!)) return invalidDriver(log.logDriver!, LOG_DRIVERS)
  if (log.logDriver === "awslogs" && log.options?.["awslogs-stream-prefix"] === undefined) {
    return "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs."
  }
  return undefined
}

function roleProblem({ executionRoleArn, containerDefinitions: containers }: FilledDefinition): string | undefined {
  if (executionRoleArn !== undefined) return undefined
  const requires = "Fargate requires task definition to have execution role ARN to support"
  if (containers.some(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs")) {
    return `${requires} log driver awslogs.`
  }
  return containers.some(({ image }) => isEcrImage(image)) ? `${requires} ECR images.` : undefined
}

function unsupported(parameter: string): string {
  return `Fargate compatible task definitions do not support ${parameter}`
}

function firstOf<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found !== undefined) return found
  }
  return undefined
}

function steps(from: number, to: number, step: number): readonly number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step)
}

/** The sizes of memory, in MiB, that each size of CPU goes with. */
const MEMORIES: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1024, 2048]],
  [512, steps(1024, 4096, 1024)],
  [1024, steps(2048, 8192, 1024)],
  [2048, steps(4096, 16_384, 1024)],
  [4096, steps(8192, 30_720, 1024)],
  [8192, steps(16_384, 61_440, 4096)],
  [16_384, steps(32_768, 122_880, 8192)],
])
const WINDOWS_CPU_MIN = 1024
const STOP_TIMEOUT_MAX = 120
const LOG_DRIVERS: readonly LogDriver[] = ["awslogs", "splunk", "awsfirelens"]
