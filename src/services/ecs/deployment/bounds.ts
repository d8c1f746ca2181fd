import type { DeploymentConfiguration } from "@aws-sdk/client-ecs"

/** How few healthy tasks, and how many in all, a service may have while something changes. */
export interface Bounds {
  readonly healthyMin: number
  readonly countMax: number
}

/** AWS rounds so that neither bound is ever crossed: the lower one up, the upper one down. */
export function boundsOf(
  desiredCount: number,
  { minimumHealthyPercent = 100, maximumPercent = 200 }: DeploymentConfiguration,
): Bounds {
  return {
    healthyMin: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
    countMax: Math.floor((desiredCount * maximumPercent) / 100),
  }
}
