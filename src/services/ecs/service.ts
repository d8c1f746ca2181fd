import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../aws/operations.ts"
import { activeCluster } from "./cluster.ts"
import { superseded } from "./deployment/begin.ts"
import { fault, invalid } from "./fault.ts"
import { listed } from "./list.ts"
import { clusterArn, serviceArn } from "./names.ts"
import { permit } from "./permit.ts"
import { serviceConditions } from "./service/conditions.ts"
import { createService } from "./service/create.ts"
import { currentRevisions, describeService, tagsByName } from "./service/describe.ts"
import { activeService, namedService, serviceIn, shownDeployments } from "./service/find.ts"
import { launchTypeOf } from "./service/revision.ts"
import { noNamespace } from "./service/supported.ts"
import { updateService } from "./service/update.ts"
import type { Cluster } from "./tables/cluster.ts"
import { deployments } from "./tables/deployment.ts"
import { serviceRevisions } from "./tables/revision.ts"
import { type Service, services } from "./tables/service.ts"
import { taskSets } from "./tables/task-set.ts"

export const serviceOperations = {
  CreateService(call, input) {
    const service = createService(call, input)
    return { service: { ...shown(call, service), tags: tagsByName(call.tx, service.arn) } }
  },

  UpdateService(call, input) {
    const named = namedService(call, input)
    permit(call, named.arn, () => serviceConditions(call, named.cluster, input, "changed"))
    const { cluster, service } = activeService(call, named)
    return { service: shown(call, updateService(call, cluster, service, input)) }
  },

  DeleteService(call, input) {
    const { cluster: inCluster, arn } = namedService(call, input)
    permit(call, arn, () => ({ "ecs:cluster": inCluster }))
    const service = serviceIn(call, activeCluster(call, inCluster), arn)
    // AWS says nothing more here.
    if (service === undefined || service.status === "INACTIVE") throw fault("ServiceNotFoundException", "")
    if (service.status === "DRAINING") return { service: shownDeleted(call, service) }
    if (!input.force) checkScaledDown(call, service)

    const { steady: _, rebalancing: __, ...rest } = service
    const draining: Service = { ...rest, status: "DRAINING", desiredCount: 0 }
    call.tx.put(services, draining)
    for (const deployment of shownDeployments(call.tx, service)) {
      const { role } = deployment
      call.tx.put(deployments, { ...superseded(deployment, call.now), role: role === "PRIMARY" ? role : "DRAINING" })
    }
    return { service: shownDeleted(call, draining) }
  },

  DescribeServices(call, { cluster: identifier = "default", services: identifiers, include = [] }) {
    const inCluster = clusterArn(call, identifier)
    const arns = [...new Set(identifiers!.map((service) => serviceArn(call, inCluster, service)))]
    permit(call, arns, () => ({ "ecs:cluster": inCluster }))
    const cluster = activeCluster(call, inCluster)
    if (arns.length === 0) throw invalid("Services cannot be empty.")
    if (arns.length > DESCRIBED_MAX) throw invalid(`Services cannot have more than ${DESCRIBED_MAX} elements`)
    if (include.some((field) => field !== "TAGS")) throw invalid("include should be one of [TAGS]")

    const found = arns.flatMap((arn) => serviceIn(call, cluster, arn) ?? [])
    return {
      services: found.map((service) => ({
        ...shown(call, service),
        ...currentDeployment(call, service),
        ...(include.includes("TAGS") && { tags: tagsByName(call.tx, service.arn) }),
      })),
      failures: arns
        .filter((arn) => !found.some((service) => service.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },

  ListServices(call, input) {
    const arn = clusterArn(call, input.cluster ?? "default")
    call.authorize("*", { "ecs:cluster": arn })
    const cluster = activeCluster(call, arn)
    const { page, nextToken } = listed(call, input, {
      usual: 10,
      most: 100,
      list: (from) => matching(call, cluster, input, from),
      position: (service) => service.arn,
    })
    return { serviceArns: page.map((service) => service.arn), ...(nextToken !== undefined && { nextToken }) }
  },

  ListServicesByNamespace(call, { namespace }) {
    call.authorize("*", { "ecs:namespace": namespace! })
    return noNamespace()
  },
} satisfies Operations<typeof sdk>

function shown({ tx }: Call, service: Service): sdk.Service {
  const described = describeService(tx, service)
  return service.controller === "EXTERNAL"
    ? described
    : { ...described, currentServiceRevisions: currentRevisions(tx, service) }
}

/** When a service is deleted, less is shown of how it was deployed. */
function shownDeleted({ tx }: Call, service: Service): sdk.Service {
  const { maximumPercent, minimumHealthyPercent, strategy, deploymentCircuitBreaker: breaker } = service.configuration
  const deploymentCircuitBreaker = { enable: breaker?.enable, rollback: breaker?.rollback }
  return {
    ...describeService(tx, service),
    deploymentConfiguration: { deploymentCircuitBreaker, maximumPercent, minimumHealthyPercent, strategy },
  }
}

/** The deployment that is under way, or that is being rolled back. */
function currentDeployment({ tx }: Call, service: Service): Pick<sdk.Service, "currentServiceDeployment"> {
  const current = shownDeployments(tx, service).find(({ status }) => UNDER_WAY.includes(status))
  return current === undefined ? {} : { currentServiceDeployment: current.arn }
}

const UNDER_WAY: readonly string[] = [
  "PENDING",
  "IN_PROGRESS",
  "STOP_REQUESTED",
  "ROLLBACK_REQUESTED",
  "ROLLBACK_IN_PROGRESS",
]

function checkScaledDown({ tx }: Call, service: Service): void {
  if (service.scheduling === "REPLICA" && service.desiredCount > 0) {
    throw invalid("The service cannot be stopped while it is scaled above 0.")
  }
  const isDeploying = shownDeployments(tx, service).some(({ role }) => role === "ACTIVE")
  if (isDeploying || tx.some(taskSets, "service", service.arn)) {
    throw invalid("The service cannot be stopped while deployments are active.")
  }
}

/** ACTIVE services in the order of their ARNs, a bounded number at a time until there are enough that match. */
function matching(
  { tx }: Call,
  { arn }: Cluster,
  { launchType, schedulingStrategy, resourceManagementType }: sdk.ListServicesRequest,
  from: { readonly after: string | undefined; readonly limit: number },
): Service[] {
  oneOf("launchType", launchType, ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])
  oneOf("schedulingStrategy", schedulingStrategy, ["REPLICA", "DAEMON"])
  oneOf("resourceManagementType", resourceManagementType, ["CUSTOMER", "ECS"])
  if (resourceManagementType === "ECS") return []
  const holds = ({ scheduling, revisionArn }: Service) => {
    if (schedulingStrategy !== undefined && scheduling !== schedulingStrategy) return false
    if (launchType === undefined) return true
    const revision = revisionArn === undefined ? undefined : tx.get(serviceRevisions, revisionArn)
    return revision !== undefined && launchTypeOf(revision) === launchType
  }
  const found: Service[] = []
  let { after } = from
  for (;;) {
    const some = tx.list(services, { where: ["clusterStatus", `${arn} ACTIVE`], after, limit: LOOKED_AT })
    found.push(...some.filter(holds))
    if (found.length >= from.limit || some.length < LOOKED_AT) return found.slice(0, from.limit)
    after = some.at(-1)!.arn
  }
}

function oneOf(member: string, value: string | undefined, values: readonly string[]): void {
  if (value !== undefined && !values.includes(value)) throw invalid(`${member} should be one of [${values.join(",")}]`)
}

const DESCRIBED_MAX = 10
const LOOKED_AT = 256
