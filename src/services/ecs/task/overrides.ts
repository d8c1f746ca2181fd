import type { ContainerOverride, LaunchType, TaskOverride } from "@aws-sdk/client-ecs"
import { invalid, notYet } from "../fault.ts"
import type { TaskOverrides } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { fargateProblem } from "../task-definition/fargate.ts"
import type { FilledDefinition } from "../task-definition/fill.ts"
import { cpuUnits, memoryMiB, refuse } from "../task-definition/size.ts"

/** What a caller changes of a definition for the tasks it starts, with sizes as plain numbers. */
export function checkedOverrides({ definition }: TaskDefinition, sent: TaskOverride = {}): TaskOverrides {
  const { containerOverrides = [], inferenceAcceleratorOverrides = [], cpu, memory, ephemeralStorage } = sent
  const { taskRoleArn, executionRoleArn } = sent
  if (JSON.stringify(sent).length > LENGTH_MAX) {
    throw invalid(`Container Overrides length must be at most ${LENGTH_MAX}`)
  }
  if (inferenceAcceleratorOverrides.length > 0) throw invalid("Elastic Inference is no longer available.")

  const names = definition.containerDefinitions?.map(({ name }) => name) ?? []
  for (const override of containerOverrides) {
    if (!names.includes(override.name)) {
      throw invalid(`Override for container named ${override.name} is not a container in the TaskDefinition.`)
    }
    checkContainer(override)
  }
  const units = cpu === undefined ? undefined : cpuUnits(cpu)
  const mebibytes = memory === undefined ? undefined : memoryMiB(memory)
  if (units !== undefined && (Number(units) < CPU_MIN || Number(units) > CPU_MAX)) refuse("cpu")
  if (mebibytes !== undefined && Number(mebibytes) < MEMORY_MIN) refuse("memory")
  return {
    containerOverrides,
    ...(taskRoleArn !== undefined && { taskRoleArn }),
    ...(executionRoleArn !== undefined && { executionRoleArn }),
    ...(units !== undefined && { cpu: units }),
    ...(mebibytes !== undefined && { memory: mebibytes }),
    ...(ephemeralStorage !== undefined && { ephemeralStorageGiB: checkedStorage(ephemeralStorage.sizeInGiB!) }),
  }
}

/** What the tasks of a launch type cannot have, now that it is known which they are of. */
export function checkSizes({ definition }: TaskDefinition, overrides: TaskOverrides, launchType: LaunchType): void {
  const { cpu = definition.cpu, memory = definition.memory, ephemeralStorageGiB, containerOverrides } = overrides
  if (launchType !== "FARGATE") {
    if (ephemeralStorageGiB === undefined) return
    throw invalid(`Tasks using the ${launchType} launch type do not support EphemeralStorage.`)
  }
  if (containerOverrides.some(({ resourceRequirements }) => resourceRequirements?.length)) {
    throw invalid("Tasks using the Fargate launch type do not support GPU resource requirements.")
  }
  // A definition that was registered has all that the check of one relies on.
  const problem = fargateProblem({ ...definition, cpu, memory } as FilledDefinition)
  if (problem !== undefined) throw invalid(problem)
}

function checkContainer(override: ContainerOverride): void {
  const { name, cpu, memory, memoryReservation, resourceRequirements = [] } = override
  if (cpu !== undefined && !isWhole(cpu, 0)) throw invalid(`Invalid 'cpu' setting for container '${name}'.`)
  for (const [member, amount] of Object.entries({ memory, memoryReservation })) {
    if (amount === undefined || isWhole(amount, MEMORY_MIN)) continue
    throw invalid(
      `Invalid setting for container '${name}'. '${member}' must be greater than or equal to ${MEMORY_MIN}.`,
    )
  }
  for (const { type, value } of resourceRequirements) {
    if (type !== "GPU") throw notYet("accelerators other than GPUs (resourceRequirements)")
    if (!/^[1-9]\d{0,3}$/.test(value ?? "")) {
      throw invalid(`Invalid 'resourceRequirements' setting for container '${name}'.`)
    }
  }
}

function checkedStorage(sizeInGiB: number): number {
  if (isWhole(sizeInGiB, STORAGE_GIB_MIN) && sizeInGiB <= STORAGE_GIB_MAX) return sizeInGiB
  throw invalid(`Ephemeral storage size must be between ${STORAGE_GIB_MIN} and ${STORAGE_GIB_MAX} GiB.`)
}

function isWhole(amount: number, min: number): boolean {
  return Number.isInteger(amount) && amount >= min
}

const LENGTH_MAX = 8192
const CPU_MIN = 128
const CPU_MAX = 196_608
const MEMORY_MIN = 6
const STORAGE_GIB_MIN = 20
const STORAGE_GIB_MAX = 200
