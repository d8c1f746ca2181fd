/**
 * Amazon ECS.
 *
 * Covers: clusters with their settings, configuration and capacity providers; account settings; tags of clusters.
 *
 * Leaves out, and says so when asked: task definitions, tasks, services, container instances and everything that runs;
 * `serviceConnectDefaults` (Service Connect) and `managedStorageConfiguration` (encryption keys) of a cluster.
 *
 * Kept, without effect so far: `settings.containerInsights` (until there are metrics), `executeCommandConfiguration`
 * (until there is ExecuteCommand), `capacityProviders` and the default strategy (until there are tasks), and all
 * account settings but `containerInsights`, which sets the default of new clusters.
 *
 * Unlike AWS on purpose: an INACTIVE cluster is forgotten after a day. FARGATE capacity is this installation's machines.
 */
import { service } from "../../aws/service.ts"
import { accountSettingOperations } from "./account-setting.ts"
import { clusterOperations } from "./cluster.ts"
import { invalid } from "./fault.ts"
import { accountSettings, clusters, resourceTags } from "./tables.ts"
import { tagOperations } from "./tag.ts"

export const ecs = service({
  name: "ecs",
  targetPrefix: "AmazonEC2ContainerServiceV20141113",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-ecs"),
  operations: { ...clusterOperations, ...accountSettingOperations, ...tagOperations },
  tables: [clusters, resourceTags, accountSettings],
  missing: ([path]) => invalid(`${path} is required.`),
})
