import type { HealthCheck } from "@aws-sdk/client-ecs"
import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

/** What has a least and a largest value, or a longest list. */
export function checkLimits(definition: FilledDefinition): void {
  if (definition.placementConstraints.length > CONSTRAINTS_MAX) {
    throw refusal(`A task definition cannot have more than ${CONSTRAINTS_MAX} placement constraints.`)
  }
  for (const { expression } of definition.placementConstraints) {
    if (!expression) throw refusal("A memberOf placement constraint must have an expression.")
    if (expression.length > EXPRESSION_LENGTH_MAX) {
      throw refusal(`A placement constraint expression cannot be longer than ${EXPRESSION_LENGTH_MAX} characters.`)
    }
  }
  const { sizeInGiB: storage } = definition.ephemeralStorage ?? {}
  if (storage !== undefined && storage < STORAGE_MIN) {
    throw refusal(`EphemeralStorage size should be at least ${STORAGE_MIN}`)
  }
  if (storage !== undefined && storage > STORAGE_MAX) {
    throw refusal(`EphemeralStorage size should be at most ${STORAGE_MAX}`)
  }
  for (const container of definition.containerDefinitions) {
    if (container.healthCheck !== undefined) checkHealthCheck(container.name, container.healthCheck)
    checkTimes(container)
    checkKernel(container, definition)
    if ((container.credentialSpecs?.length ?? 0) > 1) {
      throw refusal(`Container '${container.name}' cannot have more than one credential spec.`)
    }
  }
}

function checkHealthCheck(name: string, check: HealthCheck): void {
  if (!["CMD", "CMD-SHELL", "NONE"].includes(check.command?.[0] ?? "")) {
    throw refusal(`Health check command must start with CMD, CMD-SHELL or NONE for container '${name}'`)
  }
  for (const [member, min, max] of HEALTH_CHECK_LIMITS) {
    const value = check[member]
    if (value === undefined) continue
    if (value < min) {
      throw refusal(
        `Health check ${member} must be greater than or equal to the minimum allowed value ${min} for container '${name}'`,
      )
    }
    if (value > max) {
      throw refusal(
        `Health check ${member} must be less than or equal to the maximum allowed value ${max} for container '${name}'`,
      )
    }
  }
}

function checkTimes({ name, startTimeout, stopTimeout, restartPolicy }: FilledContainer): void {
  for (const [which, seconds] of Object.entries({ start: startTimeout, stop: stopTimeout })) {
    if (seconds !== undefined && seconds < 2) {
      throw refusal(`Granular ${which} timeout on container '${name}' must be at least 2 seconds.`)
    }
  }
  const { restartAttemptPeriod: period, ignoredExitCodes = [] } = restartPolicy ?? {}
  if (period !== undefined && (period < 60 || period > 1800)) {
    throw refusal(`The 'restartAttemptPeriod' setting for container '${name}' must be between 60 and 1800.`)
  }
  if (ignoredExitCodes.length > 50) {
    throw refusal(`The 'ignoredExitCodes' setting for container '${name}' cannot have more than 50 exit codes.`)
  }
}

function checkKernel(container: FilledContainer, { networkMode, ipcMode }: FilledDefinition): void {
  const { name, ulimits = [], systemControls, linuxParameters } = container
  for (const { name: limit, softLimit = 0, hardLimit = 0 } of ulimits) {
    // -1 is no limit at all.
    const [soft, hard] = [softLimit, hardLimit].map((value) => (value === -1 ? Number.POSITIVE_INFINITY : value))
    if (soft! > hard!) throw refusal(`Soft limit exceeds hard limit for ulimit ${limit}`)
  }
  for (const { namespace = "" } of systemControls) {
    const setting = `Invalid 'systemControls' setting for container '${name}'.`
    const isNetwork = namespace.startsWith("net.")
    if (!isNetwork && !IPC_CONTROL.test(namespace)) throw refusal(`${setting} Namespace ${namespace} is not supported.`)
    // Without a namespace of its own the container would set these for the whole machine.
    if (isNetwork && networkMode === "host") {
      throw refusal(`${setting} ${namespace} is not supported when networkMode=host.`)
    }
    if (!isNetwork && ipcMode === "host") throw refusal(`${setting} ${namespace} is not supported when ipcMode=host.`)
  }
  const { maxSwap = 0, swappiness = 0, sharedMemorySize = 1, tmpfs = [] } = linuxParameters ?? {}
  if (maxSwap < 0) throw refusal(`The 'maxSwap' setting for container '${name}' cannot be negative.`)
  if (swappiness < 0 || swappiness > 100) {
    throw refusal(`The 'swappiness' setting for container '${name}' must be between 0 and 100.`)
  }
  if (sharedMemorySize < 1) throw refusal(`The 'sharedMemorySize' setting for container '${name}' must be positive.`)
  if (tmpfs.some(({ size = 0 }) => size < 1)) {
    throw refusal(`The 'tmpfs' setting for container '${name}' must have a positive size.`)
  }
}

/** In seconds, but for the number of retries. */
const HEALTH_CHECK_LIMITS = [
  ["interval", 5, 300],
  ["timeout", 2, 60],
  ["retries", 1, 10],
  ["startPeriod", 0, 300],
] as const

/** In GiB; what a task has without asking is a little less. */
const STORAGE_MIN = 21
const STORAGE_MAX = 200
const CONSTRAINTS_MAX = 10
const EXPRESSION_LENGTH_MAX = 2000
const IPC_CONTROL = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/
