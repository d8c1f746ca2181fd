/**
 * Amazon ECS.
 *
 * Covers: clusters with their settings, configuration and counts; capacity providers of Auto Scaling groups; container
 * instances, their attributes, what agents ask and the connections they keep; task definitions; tasks and their
 * protection; services, REPLICA and DAEMON, with their deployments and revisions; task sets; account settings; tags.
 *
 * Leaves out, and says so when asked: managed instances; `serviceConnectDefaults` (Service Connect) and
 * `managedStorageConfiguration` (encryption keys) of a cluster; of a task definition S3 Files volumes, Neuron devices,
 * shared GPUs and `ALL` GPUs; of a task `enableExecuteCommand` (ECS Exec) and `volumeConfigurations` (EBS volumes),
 * without which data would be lost; of a service `loadBalancers`, `serviceRegistries`, an enabled
 * `serviceConnectConfiguration`, `vpcLatticeConfigurations`, `gatewayConnectors`, metrics of `monitoring`,
 * `volumeConfigurations`, `enableExecuteCommand`, the strategies BLUE_GREEN, LINEAR and CANARY, `lifecycleHooks`, the
 * controller CODE_DEPLOY and the change of a controller; stopping a deployment by ABORT.
 *
 * Kept, without effect so far: `settings.containerInsights` (until there are metrics), `executeCommandConfiguration`
 * (until there is ExecuteCommand), what a capacity provider manages of its group (until there is Auto Scaling), and all
 * account settings but `containerInsights`, which sets the default of new clusters, and `tagResourceAuthorization`, which
 * says whether tags of something new take the permission ecs:TagResource. Of a task definition:
 * `proxyConfiguration`, `enableFaultInjection`, `credentialSpecs`, EFS, FSx and Docker-plugin volumes, and
 * `configuredAtLaunch` (each keeps its tasks from instances whose agent has not registered the capability);
 * `ephemeralStorage` (until nodes limit disks) and `appProtocol` (until there is Service Connect). Of a task:
 * `referenceId`. Of a service: `deploymentConfiguration.alarms` (until there are alarms).
 *
 * Unlike AWS on purpose: an INACTIVE cluster, service, container instance or capacity provider is forgotten after a day,
 * and what a service has been, when it becomes INACTIVE. A deployment that cannot go on says why, as an event and behind
 * its `rolloutStateReason` and `statusReason`. A task that crashes before it has proven itself costs ten seconds. FARGATE
 * capacity is this installation's machines: instances that register, with a key of the account 000000000000, in that
 * account's cluster `fargate`. An instance identity document is believed as it is, since only AWS could check AWS's
 * signature; so is the attribute `homeport.capacity-provider`, by which a machine says whose group it is in. An
 * instance without a document is shown in the first zone of its region, unless it says otherwise by
 * `ecs.availability-zone`; one that says nothing stands in every zone, so that any subnet will do on a single machine.
 * The interface of a task in awsvpc mode is there as soon as the task has its place, so an attachment begins as
 * ATTACHING; when its agent has not found it after five minutes, the task is given up.
 * FARGATE_SPOT is FARGATE by another name: nothing is reclaimed. A FARGATE task that finds no room waits five minutes
 * for it. `connectivity` of a task is that of its agent right now. The newest 10,000 events of an account's region are
 * kept, for an hour at most. Agents are never updated from here. Container instance events tell of what an agent or a
 * caller changes, not of each task that takes or frees something. The service's own role in an account is made with its
 * first cluster or service, whether or not the caller might make it.
 */
import { service } from "../../aws/service.ts"
import { accountSettingOperations } from "./account-setting.ts"
import { attributeOperations } from "./attribute.ts"
import { capacityProviderOperations } from "./capacity-provider.ts"
import { clusterOperations } from "./cluster.ts"
import { agentOperations } from "./container-instance/agent.ts"
import { containerInstanceOperations } from "./container-instance.ts"
import { invalid } from "./fault.ts"
import { lostTasks, taskMoves } from "./lifecycle/controller.ts"
import { clusterQueue, fargateQueue } from "./lifecycle/waiting.ts"
import { agentSockets } from "./link/sockets.ts"
import { instanceWatch } from "./service/instance-watch.ts"
import { serviceScheduler } from "./service/scheduler.ts"
import { serviceOperations } from "./service.ts"
import { serviceDeploymentOperations } from "./service-deployment.ts"
import { serviceRevisionOperations } from "./service-revision.ts"
import { accountSettings } from "./tables/account-setting.ts"
import { capacityProviders } from "./tables/capacity-provider.ts"
import { clusters } from "./tables/cluster.ts"
import { containerInstances } from "./tables/container-instance.ts"
import { deployments } from "./tables/deployment.ts"
import { eventCounters, events } from "./tables/event.ts"
import { poolQueue, poolTasks } from "./tables/pool.ts"
import { serviceRevisions } from "./tables/revision.ts"
import { runTokens } from "./tables/run-token.ts"
import { instanceSightings, serviceEvents, serviceReviews, services } from "./tables/service.ts"
import { resourceTags } from "./tables/tag.ts"
import { tasks } from "./tables/task.ts"
import { families, taskDefinitions } from "./tables/task-definition.ts"
import { taskSets } from "./tables/task-set.ts"
import { tagOperations } from "./tag.ts"
import { taskOperations } from "./task.ts"
import { taskDefinitionDeletion } from "./task-definition/deletion.ts"
import { taskDefinitionOperations } from "./task-definition.ts"
import { taskProtectionOperations } from "./task-protection.ts"
import { taskSetOperations } from "./task-set.ts"

export { AGENT_ACTIONS } from "./container-instance/agent-actions.ts"
export { instanceStanding } from "./container-instance/find.ts"
export { POOL_ACCOUNT, POOL_CLUSTER } from "./pool.ts"
export { clusters } from "./tables/cluster.ts"

export const ecs = service({
  name: "ecs",
  targetPrefix: "AmazonEC2ContainerServiceV20141113",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-ecs"),
  operations: {
    ...clusterOperations,
    ...taskDefinitionOperations,
    ...accountSettingOperations,
    ...tagOperations,
    ...taskOperations,
    ...containerInstanceOperations,
    ...agentOperations,
    ...attributeOperations,
    ...capacityProviderOperations,
    ...taskProtectionOperations,
    ...serviceOperations,
    ...serviceDeploymentOperations,
    ...serviceRevisionOperations,
    ...taskSetOperations,
  },
  tables: [
    clusters,
    families,
    taskDefinitions,
    tasks,
    services,
    serviceRevisions,
    resourceTags,
    accountSettings,
    containerInstances,
    capacityProviders,
    deployments,
    eventCounters,
    events,
    poolQueue,
    poolTasks,
    runTokens,
    instanceSightings,
    serviceEvents,
    serviceReviews,
    taskSets,
  ],
  controllers: [
    taskDefinitionDeletion,
    taskMoves,
    lostTasks,
    clusterQueue,
    fargateQueue,
    serviceScheduler,
    instanceWatch,
  ],
  sockets: agentSockets(),
  unpublished: { RegisterContainerInstance: ["clientToken"] },
  missing: ([path]) => invalid(`${path} is required.`),
})
