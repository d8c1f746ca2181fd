import type { UpdateServiceRequest } from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import { isFargate } from "../capacity-provider/strategy.ts"
import { beginDeployment } from "../deployment/begin.ts"
import { invalid, notYet } from "../fault.ts"
import type { Cluster } from "../tables/cluster.ts"
import { deployments } from "../tables/deployment.ts"
import { type ServiceRevision, serviceRevisions } from "../tables/revision.ts"
import { type Service, services } from "../tables/service.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { activeDefinition, definitionByArn } from "../task-definition/find.ts"
import { filledConfiguration, filledRebalancing } from "./configuration.ts"
import { primaryOf } from "./find.ts"
import {
  checkedContent,
  checkPlacement,
  contentOfRevision,
  isOtherStrategy,
  newRevision,
  type RevisionContent,
  sameContent,
} from "./launch.ts"
import { launchTypeOf } from "./revision.ts"
import { checkDaemon, checkedCount, checkedPropagation } from "./settings.ts"
import { checkSupported } from "./supported.ts"

/** Changes what the caller names. What tasks are made of makes a new revision, and with it a deployment. */
export function updateService(call: Call, cluster: Cluster, service: Service, input: UpdateServiceRequest): Service {
  if (input.desiredCount !== undefined) checkedCount(input.desiredCount, "Task count")
  if (service.scheduling === "DAEMON") checkDaemon(input, input.desiredCount)
  checkController(service, input)
  const revision = service.revisionArn === undefined ? undefined : call.tx.get(serviceRevisions, service.revisionArn)
  const content = service.controller === "EXTERNAL" ? undefined : contentOf(call, cluster, revision!, input)

  const configuration = filledConfiguration(input.deploymentConfiguration, service.scheduling, service.configuration)
  const updated: Service = {
    ...service,
    desiredCount: input.desiredCount ?? service.desiredCount,
    configuration,
    zoneRebalancing: filledRebalancing(
      input.availabilityZoneRebalancing,
      service.scheduling,
      configuration,
      service.zoneRebalancing,
    ),
    placementConstraints: input.placementConstraints ?? service.placementConstraints,
    placementStrategy: input.placementStrategy ?? service.placementStrategy,
    healthCheckGraceSeconds: input.healthCheckGracePeriodSeconds ?? service.healthCheckGraceSeconds,
    enableManagedTags: input.enableECSManagedTags ?? service.enableManagedTags,
    propagateTags: checkedPropagation(input.propagateTags) ?? service.propagateTags,
  }
  if (content !== undefined) checkPlacement(content, updated.placementConstraints, updated.placementStrategy)
  if (content === undefined || (!input.forceNewDeployment && sameContent(content, revision!))) {
    call.tx.put(services, updated)
    restartAtOnce(call, updated)
    return updated
  }
  const { revision: next, digits } = newRevision(call, updated, content)
  const deploying: Service = { ...updated, revisionArn: next.arn }
  call.tx.put(services, deploying)
  beginDeployment(call, deploying, next, digits)
  return deploying
}

function contentOf(
  call: Call,
  cluster: Cluster,
  before: ServiceRevision,
  input: UpdateServiceRequest,
): RevisionContent {
  const definition = definitionOf(call, before, input)
  checkSupported(definition, input, "updated", launchTypeOf(before))
  const { capacityProviderStrategy: sent, forceNewDeployment } = input
  const isOther = isOtherStrategy(call, cluster, sent, before)
  if (isOther && !forceNewDeployment) {
    throw invalid(
      "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.",
    )
  }
  const isTouched = input.taskDefinition || input.networkConfiguration || input.platformVersion || isOther
  if (!isTouched) return contentOfRevision(before)

  // A platform version goes with FARGATE, so a strategy that leaves FARGATE leaves it behind.
  const keepsPlatform = !isOther || isFargate(sent?.[0]?.capacityProvider)
  const platformVersion = input.platformVersion ?? (keepsPlatform ? before.platformVersion : undefined)
  return checkedContent(call, cluster, definition, {
    launchType: isOther ? undefined : before.launchType,
    capacityProviderStrategy: [...(isOther ? sent! : before.strategy)],
    platformVersion,
    networkConfiguration: input.networkConfiguration ?? before.network,
  })
}

function definitionOf(call: Call, before: ServiceRevision, { taskDefinition }: UpdateServiceRequest): TaskDefinition {
  if (taskDefinition) return activeDefinition(call, taskDefinition)
  const definition = definitionByArn(call.tx, before.definitionArn)
  if (definition === undefined) throw invalid("TaskDefinition is inactive")
  return definition
}

/** Who controls deployments stays who it is; where it is not ECS, the service has only numbers to change. */
function checkController({ controller }: Service, input: UpdateServiceRequest): void {
  const { type = controller } = input.deploymentController ?? {}
  if (type !== controller) throw notYet(`the change of a service's deployment controller to ${type}`)
  if (controller === "ECS") return
  const refuse = (what: string) =>
    invalid(`Unable to ${what} on services with an EXTERNAL deployment controller. Create a task set instead.`)
  if (input.taskDefinition) throw refuse("update task definition")
  if (input.networkConfiguration !== undefined) throw refuse("update network parameters")
  if (input.platformVersion !== undefined) throw refuse("update the platform version")
  if (input.capacityProviderStrategy !== undefined) throw refuse("update the capacity provider strategy")
  if (input.forceNewDeployment) throw refuse("force a new deployment")
  checkSupported(undefined, input, "updated")
}

/** Whoever changes a service has perhaps mended what kept its tasks from starting. */
function restartAtOnce({ tx }: Call, service: Service): void {
  const primary = primaryOf(tx, service)
  if (primary === undefined || primary.failedStarts === 0) return
  const { nextStartAt: _, ...rest } = primary
  tx.put(deployments, { ...rest, failedStarts: 0 })
}
