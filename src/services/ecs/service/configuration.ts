import type {
  AvailabilityZoneRebalancing,
  DeploymentCircuitBreaker,
  DeploymentConfiguration,
  SchedulingStrategy,
} from "@aws-sdk/client-ecs"
import { THRESHOLD_DEFAULT } from "../deployment/circuit-breaker.ts"
import { invalid, notYet } from "../fault.ts"

/** A deployment configuration with all that its caller left out: what it was before, or else AWS's default. */
export function filledConfiguration(
  sent: DeploymentConfiguration = {},
  scheduling: SchedulingStrategy,
  before: DeploymentConfiguration = scheduling === "DAEMON" ? DAEMON_DEFAULT : REPLICA_DEFAULT,
): DeploymentConfiguration {
  checkSupported(sent)
  const alarms = sent.alarms ?? before.alarms
  const earlySuccessCriteria = sent.earlySuccessCriteria ?? before.earlySuccessCriteria
  const filled: DeploymentConfiguration = {
    deploymentCircuitBreaker: filledBreaker(sent.deploymentCircuitBreaker, before.deploymentCircuitBreaker!),
    maximumPercent: sent.maximumPercent ?? before.maximumPercent,
    minimumHealthyPercent: sent.minimumHealthyPercent ?? before.minimumHealthyPercent,
    strategy: "ROLLING",
    bakeTimeInMinutes: sent.bakeTimeInMinutes ?? before.bakeTimeInMinutes,
    ...(alarms !== undefined && { alarms }),
    ...(earlySuccessCriteria !== undefined && { earlySuccessCriteria }),
  }
  checkPercents(filled, scheduling)
  return filled
}

/** Zones are balanced unless the caller says otherwise, or leaves no room for one task more than are wanted. */
export function filledRebalancing(
  sent: AvailabilityZoneRebalancing | undefined,
  scheduling: SchedulingStrategy,
  { maximumPercent = 200 }: DeploymentConfiguration,
  before: AvailabilityZoneRebalancing | undefined,
): AvailabilityZoneRebalancing {
  if (sent !== undefined && sent !== "ENABLED" && sent !== "DISABLED") {
    throw invalid("availabilityZoneRebalancing should be one of [ENABLED,DISABLED]")
  }
  const wanted = sent ?? before
  const done = before === undefined ? "created" : "updated"
  if (wanted === "ENABLED" && scheduling === "DAEMON") {
    throw invalid(
      `The service couldn't be ${done} because Availability Zone Rebalancing does not support DAEMON as scheduling strategy. Update scheduling strategy and try again.`,
    )
  }
  if (wanted === "ENABLED" && maximumPercent <= 100) {
    throw invalid(
      `The service couldn't be ${done} because Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration. Update deployment configuration and try again.`,
    )
  }
  return wanted ?? (scheduling === "DAEMON" || maximumPercent <= 100 ? "DISABLED" : "ENABLED")
}

const BREAKER_DEFAULT: DeploymentCircuitBreaker = {
  enable: false,
  rollback: false,
  resetOnHealthyTask: true,
  thresholdConfiguration: THRESHOLD_DEFAULT,
}

const REPLICA_DEFAULT: DeploymentConfiguration = {
  deploymentCircuitBreaker: BREAKER_DEFAULT,
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  bakeTimeInMinutes: 0,
}

const DAEMON_DEFAULT: DeploymentConfiguration = { ...REPLICA_DEFAULT, maximumPercent: 100, minimumHealthyPercent: 0 }

/** A breaker that is off rolls nothing back, whatever was asked for. */
function filledBreaker(
  sent: DeploymentCircuitBreaker | undefined,
  before: DeploymentCircuitBreaker,
): DeploymentCircuitBreaker {
  if (sent === undefined) return before
  const enable = sent.enable ?? false
  const thresholdConfiguration = sent.thresholdConfiguration ?? before.thresholdConfiguration
  const { type, value = Number.NaN } = thresholdConfiguration ?? THRESHOLD_DEFAULT
  if (!THRESHOLD_TYPES.includes(type!)) throw invalid("Invalid deployment circuit breaker threshold type.")
  const valueMax = type === "COUNT" ? Number.MAX_SAFE_INTEGER : 100
  if (!Number.isInteger(value) || value < 1 || value > valueMax) {
    throw invalid("Invalid deployment circuit breaker threshold value.")
  }
  return {
    enable,
    rollback: enable && (sent.rollback ?? false),
    resetOnHealthyTask: sent.resetOnHealthyTask ?? before.resetOnHealthyTask,
    thresholdConfiguration,
  }
}

const THRESHOLD_TYPES: readonly string[] = ["BOUNDED_PERCENT", "UNBOUNDED_PERCENT", "COUNT"]

function checkSupported(sent: DeploymentConfiguration): void {
  const { strategy = "ROLLING" } = sent
  if (!STRATEGIES.includes(strategy)) throw invalid(`strategy should be one of [${STRATEGIES.join(",")}]`)
  if (strategy !== "ROLLING") throw notYet(`the deployment strategy ${strategy} (deploymentConfiguration.strategy)`)
  if (sent.lifecycleHooks?.length) throw notYet("lifecycle hooks (deploymentConfiguration.lifecycleHooks)")
  if (sent.linearConfiguration !== undefined) throw notYet("linear deployments (linearConfiguration)")
  if (sent.canaryConfiguration !== undefined) throw notYet("canary deployments (canaryConfiguration)")
  const { bakeTimeInMinutes: bakeMinutes = 0, earlySuccessCriteria: early } = sent
  if (!Number.isInteger(bakeMinutes) || bakeMinutes < 0 || bakeMinutes > BAKE_MINUTES_MAX) {
    throw invalid(`bakeTimeInMinutes must be between 0 and ${BAKE_MINUTES_MAX}`)
  }
  if (!early?.enable) return
  const { healthyPercent, sourceServiceRevisionCleanup: cleanup } = early
  if (healthyPercent === undefined || cleanup === undefined) {
    throw invalid("earlySuccessCriteria requires healthyPercent and sourceServiceRevisionCleanup.")
  }
  if (!Number.isInteger(healthyPercent) || healthyPercent < 0 || healthyPercent > 100) {
    throw invalid("healthyPercent must be between 0 and 100")
  }
  if (cleanup !== "BLOCKING" && cleanup !== "DEFERRED") {
    throw invalid("sourceServiceRevisionCleanup should be one of [BLOCKING,DEFERRED]")
  }
}

function checkPercents(filled: DeploymentConfiguration, scheduling: SchedulingStrategy): void {
  const { maximumPercent = 200, minimumHealthyPercent = 100, earlySuccessCriteria: early } = filled
  if (scheduling === "DAEMON" && maximumPercent > 100) {
    throw invalid(
      "The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again",
    )
  }
  if (maximumPercent < 100) throw invalid("maximumPercent must be at least 100")
  if (minimumHealthyPercent > 100) throw invalid("minimumHealthyPercent must be at most 100")
  if (minimumHealthyPercent < 0) throw invalid("minimumHealthyPercent must be at least 0")
  if (maximumPercent === 100 && minimumHealthyPercent === 100) {
    throw invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
  }
  if (early?.enable && early.healthyPercent! < minimumHealthyPercent) {
    throw invalid("healthyPercent must be at least minimumHealthyPercent")
  }
}

const STRATEGIES: readonly string[] = ["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]
const BAKE_MINUTES_MAX = 1440
