import type { AutoScalingGroupProvider, AutoScalingGroupProviderUpdate, ManagedScaling } from "@aws-sdk/client-ecs"
import { parseArn } from "../../../aws/arn.ts"
import { fault, invalid } from "../fault.ts"
import type { CapacityProvider } from "../tables/capacity-provider.ts"

/** How a provider deals with its group's instances. */
export type Management = Pick<CapacityProvider, "managedScaling" | "managedTerminationProtection" | "managedDraining">

/** As it is when the caller says nothing of it. */
const UNMANAGED: Management = {
  managedScaling: {
    status: "DISABLED",
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  },
  managedTerminationProtection: "DISABLED",
  managedDraining: "ENABLED",
}

/** What a new provider does, or what one that is there does from now on: what is left out stays. */
export function checkedManagement(sent: AutoScalingGroupProviderUpdate, before: Management | undefined): Management {
  const { managedTerminationProtection, managedDraining } = sent
  const wanted = sent.managedScaling && withoutUndefined(sent.managedScaling)
  const scaling: ManagedScaling = {
    ...(before ?? UNMANAGED).managedScaling,
    // Whoever says how to scale a new group wants it scaled.
    ...(wanted !== undefined && before === undefined && { status: "ENABLED" }),
    ...wanted,
  }
  checkScaling(scaling)
  checkSwitch("managedTerminationProtection", managedTerminationProtection)
  checkSwitch("managedDraining", managedDraining)
  const management: Management = {
    managedScaling: scaling,
    managedTerminationProtection: managedTerminationProtection ?? (before ?? UNMANAGED).managedTerminationProtection,
    managedDraining: managedDraining ?? (before ?? UNMANAGED).managedDraining,
  }
  if (management.managedTerminationProtection === "ENABLED" && scaling.status !== "ENABLED") {
    throw fault(
      "ClientException",
      "The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, managed scaling must be enabled.",
    )
  }
  return management
}

/** A group goes by its ARN or its name. Whether there is one is not looked up, as there is no Auto Scaling here yet. */
export function checkedGroup({ autoScalingGroupArn }: AutoScalingGroupProvider): string {
  const group = autoScalingGroupArn!
  const isArn = group.startsWith("arn:")
  if (isArn ? parseArn(group)?.service === "autoscaling" : /^[ -~]{1,255}$/.test(group)) return group
  throw invalid(
    "The specified Auto Scaling group ARN is invalid. Specify a valid Auto Scaling group ARN and try again.",
  )
}

function checkScaling(scaling: ManagedScaling): void {
  checkSwitch("managedScaling status", scaling.status)
  checkBounds("target capacity", scaling.targetCapacity!, 1, 100)
  checkBounds("minimum scaling step size", scaling.minimumScalingStepSize!, 1, 10_000)
  checkBounds("maximum scaling step size", scaling.maximumScalingStepSize!, 1, 10_000)
  checkBounds("instance warmup period", scaling.instanceWarmupPeriod!, 0, 10_000)
  if (scaling.minimumScalingStepSize! > scaling.maximumScalingStepSize!) {
    throw invalid(
      "The minimum or maximum scaling step size value is invalid. Specify a minimum scaling step size value that is less than or equal to the maximum scaling step size value and try again.",
    )
  }
}

function checkBounds(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw invalid(`The ${what} value is invalid. Specify a value between ${min} and ${max} and try again.`)
}

function checkSwitch(what: string, value: string | undefined): void {
  if (value !== undefined && value !== "ENABLED" && value !== "DISABLED") {
    throw invalid(`${what} should be one of [DISABLED,ENABLED]`)
  }
}

function withoutUndefined(scaling: ManagedScaling): ManagedScaling {
  return Object.fromEntries(Object.entries(scaling).filter(([, value]) => value !== undefined))
}
