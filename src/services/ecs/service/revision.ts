import type * as sdk from "@aws-sdk/client-ecs"
import type { LaunchType } from "@aws-sdk/client-ecs"
import { isFargate } from "../capacity-provider/strategy.ts"
import type { ServiceRevision } from "../tables/revision.ts"

/** What LATEST means. */
const PLATFORM_LATEST = "1.4.0"

export function launchTypeOf({ launchType, strategy }: Pick<ServiceRevision, "launchType" | "strategy">): LaunchType {
  return launchType ?? (isFargate(strategy[0]?.capacityProvider) ? "FARGATE" : "EC2")
}

/** The version that tasks of the revision run on; undefined where there are none. */
export function platformVersionOf({ platformVersion }: Pick<ServiceRevision, "platformVersion">): string | undefined {
  return platformVersion === "LATEST" ? PLATFORM_LATEST : platformVersion
}

/** Where tasks of a revision run, as services, deployments, revisions and task sets all show it. */
export function describeLaunch(
  revision: ServiceRevision,
  platformVersion = platformVersionOf(revision),
): Pick<
  sdk.ServiceRevision,
  "launchType" | "capacityProviderStrategy" | "platformVersion" | "platformFamily" | "networkConfiguration"
> {
  const { strategy, network } = revision
  return {
    ...(strategy.length > 0 ? { capacityProviderStrategy: [...strategy] } : { launchType: launchTypeOf(revision) }),
    ...(platformVersion !== undefined && { platformVersion, platformFamily: "Linux" }),
    ...(network !== undefined && { networkConfiguration: network }),
  }
}
