import type { CreateServiceRequest, SchedulingStrategy } from "@aws-sdk/client-ecs"
import { globalArnOf } from "../../../aws/arn.ts"
import type { Call } from "../../../aws/operations.ts"
import { ensureLinkedRole } from "../../iam/index.ts"
import { activeCluster } from "../cluster.ts"
import { beginDeployment } from "../deployment/begin.ts"
import { invalid, notYet } from "../fault.ts"
import { permitMaking } from "../permit.ts"
import type { Cluster } from "../tables/cluster.ts"
import { type Service, services } from "../tables/service.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { checkedTags, putTags } from "../tag.ts"
import { digestOf } from "../task/token.ts"
import { activeDefinition } from "../task-definition/find.ts"
import { authorizePassing, SERVICES } from "../task-definition/pass-role.ts"
import { serviceConditions } from "./conditions.ts"
import { filledConfiguration, filledRebalancing } from "./configuration.ts"
import { forgetEvents } from "./event.ts"
import { namedService } from "./find.ts"
import { checkedContent, checkPlacement, newRevision, type RevisionContent } from "./launch.ts"
import { launchTypeOf } from "./revision.ts"
import { checkDaemon, checkedCount, checkedPropagation, schedulingOf } from "./settings.ts"
import { checkSupported } from "./supported.ts"

export function createService(call: Call, input: CreateServiceRequest): Service {
  const { serviceName: name = "", clientToken } = input
  if (!NAME.test(name)) throw invalid(`ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was ${name}`)
  const tags = checkedTags(input.tags)
  const { cluster: inCluster, arn } = namedService(call, { cluster: input.cluster, service: name })
  permitMaking(call, { arn, tags, conditions: () => serviceConditions(call, inCluster, input, "new") })
  if (input.role !== undefined) authorizePassing(call, input.role, SERVICES)
  const cluster = activeCluster(call, inCluster)
  if (clientToken !== undefined && clientToken.length > TOKEN_LENGTH_MAX) {
    throw invalid("idempotency token longer than 36.")
  }
  const request = digestOf({ ...input, clientToken: undefined, tags: undefined })
  const existing = call.tx.get(services, arn)
  if (existing?.status === "DRAINING") throw invalid("Unable to Start a service that is still Draining.")
  if (existing?.status === "ACTIVE") {
    if (clientToken !== undefined && existing.clientToken === clientToken && existing.request === request)
      return existing
    throw invalid("Creation of service was not idempotent.")
  }

  const scheduling = schedulingOf(input.schedulingStrategy)
  const controller = controllerOf(input, scheduling)
  const content = controller === "EXTERNAL" ? undefined : contentOf(call, cluster, input, scheduling)
  const configuration = filledConfiguration(input.deploymentConfiguration, scheduling)
  const service: Service = {
    arn,
    name,
    clusterArn: cluster.arn,
    status: "ACTIVE",
    scheduling,
    controller,
    desiredCount: scheduling === "DAEMON" ? 0 : checkedCount(countOf(input, controller), "DesiredCount"),
    configuration,
    zoneRebalancing: rebalancingOf(input, controller, content, scheduling, configuration),
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    healthCheckGraceSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    enableExecuteCommand: false,
    enableManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: checkedPropagation(input.propagateTags) ?? "NONE",
    revisionArn: undefined,
    ...(needsRole(content) && { roleArn: globalArnOf("iam", call, ROLE) }),
    createdBy: call.principal.arn,
    createdAt: call.now,
    clientToken,
    request,
  }
  ensureLinkedRole(call, "ecs.amazonaws.com")
  forgetEvents(call, arn)
  putTags(call.tx, arn, tags)
  const created = content === undefined ? service : begun(call, service, content)
  call.tx.put(services, created)
  return created
}

function begun(call: Call, service: Service, content: RevisionContent): Service {
  const { revision, digits } = newRevision(call, service, content)
  beginDeployment(call, service, revision, digits)
  return { ...service, revisionArn: revision.arn }
}

function contentOf(
  call: Call,
  cluster: Cluster,
  input: CreateServiceRequest,
  scheduling: SchedulingStrategy,
): RevisionContent {
  const { taskDefinition, placementConstraints = [], placementStrategy = [] } = input
  if (!taskDefinition) throw invalid("TaskDefinition is missing")
  const definition: TaskDefinition = activeDefinition(call, taskDefinition)
  const content = checkedContent(call, cluster, definition, input)
  if (scheduling === "DAEMON") checkDaemon(input, input.desiredCount)
  checkPlacement(content, placementConstraints, placementStrategy)
  checkSupported(definition, input, "created", launchTypeOf(content))
  return content
}

function controllerOf(input: CreateServiceRequest, scheduling: SchedulingStrategy): Service["controller"] {
  const { type = "ECS" } = input.deploymentController ?? {}
  if (!CONTROLLERS.includes(type))
    throw invalid(`deployment controller type should be one of [${CONTROLLERS.join(",")}]`)
  if (type === "CODE_DEPLOY") {
    if (!input.loadBalancers?.length) {
      throw invalid(
        "When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load Balancer or Network Load Balancer.",
      )
    }
    throw notYet("CodeDeploy (deploymentController CODE_DEPLOY)")
  }
  if (type === "ECS") return "ECS"

  if (input.taskDefinition) throw invalid("TaskDefinition must be blank.")
  if (input.loadBalancers?.length) throw invalid("LoadBalancers must be empty or null.")
  if (scheduling === "DAEMON") {
    throw invalid("The daemon scheduling strategy does not support the EXTERNAL deployment controller.")
  }
  checkSupported(undefined, input, "created")
  return "EXTERNAL"
}

/** A service whose task sets come later may begin with none. */
function countOf({ desiredCount }: CreateServiceRequest, controller: Service["controller"]): number {
  if (desiredCount === undefined && controller === "ECS") throw invalid("DesiredCount is missing")
  return desiredCount ?? 0
}

/** Where there is nothing to balance, it is off unless the caller asks for it. */
function rebalancingOf(
  { availabilityZoneRebalancing: sent }: CreateServiceRequest,
  controller: Service["controller"],
  content: RevisionContent | undefined,
  scheduling: SchedulingStrategy,
  configuration: Service["configuration"],
): Service["zoneRebalancing"] {
  const isOff = sent === undefined && (controller === "EXTERNAL" || content?.launchType === "EXTERNAL")
  return isOff ? "DISABLED" : filledRebalancing(sent, scheduling, configuration, undefined)
}

function needsRole(content: RevisionContent | undefined): boolean {
  return content !== undefined && (content.network !== undefined || content.platformVersion !== undefined)
}

const NAME = /^[a-zA-Z0-9\-_]{1,255}$/
const TOKEN_LENGTH_MAX = 36
const CONTROLLERS: readonly string[] = ["ECS", "CODE_DEPLOY", "EXTERNAL"]
const ROLE = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
