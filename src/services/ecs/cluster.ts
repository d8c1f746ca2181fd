import { isDeepStrictEqual } from "node:util"
import type * as sdk from "@aws-sdk/client-ecs"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { ensureLinkedRole } from "../iam/index.ts"
import { effectiveSetting } from "./account-setting.ts"
import { checkStrategy, isUsed, knownProviders } from "./capacity-provider/strategy.ts"
import { IN_USE } from "./capacity-provider.ts"
import { clusterCounts, statistics } from "./cluster/counts.ts"
import { fault, invalid, notYet } from "./fault.ts"
import { listed } from "./list.ts"
import { capacityProviderArn, clusterArn } from "./names.ts"
import { permit, permitMaking } from "./permit.ts"
import { type Cluster, type ClusterArguments, clusters } from "./tables/cluster.ts"
import { services } from "./tables/service.ts"
import { checkedTags, forgetTags, putTags, tagsOf } from "./tag.ts"

export const clusterOperations = {
  CreateCluster(call, input) {
    const { clusterName: name = "default" } = input
    if (!NAME.test(name)) throw invalid("ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$")
    const arn = clusterArn(call, name)
    const tags = checkedTags(input.tags)
    permitMaking(call, {
      arn,
      tags,
      conditions: () => ({
        "ecs:capacity-provider": input.capacityProviders?.map((provider) => capacityProviderArn(call, provider)),
        ...storageConditions(input.configuration),
      }),
    })
    if (input.serviceConnectDefaults?.namespace) throw notYet("Service Connect (serviceConnectDefaults)")
    checkSettings(input.settings)
    checkConfiguration(input.configuration)
    const asked: ClusterArguments = {
      settings: mergeSettings([insightsByDefault(call)], input.settings ?? []),
      configuration: input.configuration,
      capacityProviders: knownProviders(call, input.capacityProviders ?? []),
      defaultStrategy: checkStrategy(
        call,
        input.defaultCapacityProviderStrategy ?? [],
        input.capacityProviders ?? [],
        true,
      ),
      tags,
    }

    const existing = call.tx.get(clusters, arn)
    if (existing?.status === "ACTIVE") {
      if (!repeats(input, asked, existing.created)) {
        throw invalid(
          "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )
      }
      // A repeated request is answered with what the cluster was created with, not with what has become of it.
      return created(call.tx, { ...existing, ...existing.created })
    }

    ensureLinkedRole(call, "ecs.amazonaws.com")
    const { tags: _, ...properties } = asked
    const cluster: Cluster = { arn, name, status: "ACTIVE", ...properties, created: asked, createdAt: call.now }
    call.tx.put(clusters, cluster)
    putTags(call.tx, arn, tags)
    return created(call.tx, cluster)
  },

  DescribeClusters(call, { clusters: identifiers = ["default"], include = [] }) {
    const arns = [
      ...new Set(
        (identifiers.length === 0 ? ["default"] : identifiers).map((identifier) => clusterArn(call, identifier)),
      ),
    ]
    if (arns.length > DESCRIBED_MAX) throw invalid(`Clusters cannot have more than ${DESCRIBED_MAX} elements`)
    permit(call, arns)

    const found = arns.flatMap((arn) => call.tx.get(clusters, arn) ?? [])
    const fields = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
    if (found.length > 0 && include.some((field) => !fields.includes(field))) {
      throw invalid(`include should be one of [${fields.join(",")}]`)
    }
    return {
      clusters: found.map((cluster) => ({
        ...describe(call.tx, cluster),
        ...(include.includes("SETTINGS") && { settings: [...cluster.settings] }),
        ...(include.includes("TAGS") && { tags: [...tagsOf(call.tx, cluster.arn)] }),
        ...(include.includes("STATISTICS") && { statistics: statistics(call.tx, cluster.arn) }),
        ...(include.includes("ATTACHMENTS") && { attachments: [], attachmentsStatus: "UPDATE_COMPLETE" }),
        ...(include.includes("CONFIGURATIONS") && cluster.configuration && { configuration: cluster.configuration }),
      })),
      failures: arns
        .filter((arn) => !found.some((cluster) => cluster.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },

  ListClusters(call, input) {
    call.authorize("*")
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      list: (from) => call.tx.list(clusters, { where: ["status", "ACTIVE"], ...from }),
      position: (cluster) => cluster.arn,
    })
    return { clusterArns: page.map((cluster) => cluster.arn), ...(nextToken !== undefined && { nextToken }) }
  },

  UpdateCluster(call, input) {
    const cluster = clusterToUpdate(call, input.cluster!, () => storageConditions(input.configuration))
    if (input.serviceConnectDefaults?.namespace) throw notYet("Service Connect (serviceConnectDefaults)")
    checkSettings(input.settings)
    checkConfiguration(input.configuration)
    const updated: Cluster = {
      ...cluster,
      settings: mergeSettings(cluster.settings, input.settings ?? []),
      configuration: input.configuration ?? cluster.configuration,
    }
    call.tx.put(clusters, updated)
    return { cluster: { ...describe(call.tx, updated), ...shown(updated), attachments: [] } }
  },

  UpdateClusterSettings(call, input) {
    const cluster = clusterToUpdate(call, input.cluster!)
    checkSettings(input.settings)
    const updated: Cluster = { ...cluster, settings: mergeSettings(cluster.settings, input.settings!) }
    call.tx.put(clusters, updated)
    return { cluster: { ...describe(call.tx, updated), ...shown(updated), attachments: [] } }
  },

  PutClusterCapacityProviders(call, input) {
    const arn = clusterArn(call, input.cluster!)
    permit(call, arn, () => ({
      "ecs:capacity-provider": input.capacityProviders!.map((provider) => capacityProviderArn(call, provider)),
    }))
    const cluster = activeCluster(call, arn)
    const capacityProviders = knownProviders(call, input.capacityProviders!)
    const defaultStrategy = checkStrategy(call, input.defaultCapacityProviderStrategy!, capacityProviders, true)
    const removed = cluster.capacityProviders.filter((provider) => !capacityProviders.includes(provider))
    if (removed.some((provider) => isUsed(call.tx, arn, provider))) throw fault("ResourceInUseException", IN_USE)
    const updated: Cluster = { ...cluster, capacityProviders, defaultStrategy }
    call.tx.put(clusters, updated)
    return {
      cluster: {
        ...describe(call.tx, updated),
        ...shown(updated),
        attachments: [],
        attachmentsStatus: "UPDATE_COMPLETE",
      },
    }
  },

  DeleteCluster(call, input) {
    const arn = clusterArn(call, input.cluster!)
    permit(call, arn)
    const cluster = call.tx.get(clusters, arn)
    if (cluster === undefined) throw fault("ClusterNotFoundException", "Cluster not found.")

    // Deleting twice is no mistake.
    if (cluster.status === "INACTIVE")
      return { cluster: { ...describe(call.tx, cluster), ...shown(cluster), attachments: [] } }
    checkEmpty(call.tx, arn)
    const deleted: Cluster = { ...cluster, status: "INACTIVE", deletedAt: call.now }
    call.tx.put(clusters, deleted)
    forgetTags(call.tx, arn, clusters.retention!.until(deleted))
    return { cluster: { ...describe(call.tx, deleted), ...shown(deleted) } }
  },
} satisfies Operations<typeof sdk>

/** The cluster that an operation acts in. */
export function activeCluster(call: Call, arn: string): Cluster {
  const cluster = call.tx.get(clusters, arn)
  if (cluster === undefined) throw fault("ClusterNotFoundException", "Cluster not found.")
  if (cluster.status === "INACTIVE") throw fault("ClusterNotFoundException", "The referenced cluster was inactive.")
  return cluster
}

/** A service that is being deleted still needs its cluster. */
function checkEmpty(tx: Tx, arn: string): void {
  const { registeredContainerInstancesCount, liveTasks } = clusterCounts(tx, arn)
  if (registeredContainerInstancesCount > 0) {
    throw fault(
      "ClusterContainsContainerInstancesException",
      "The Cluster cannot be deleted while Container Instances are active or draining.",
    )
  }
  if (["ACTIVE", "DRAINING"].some((status) => tx.some(services, "clusterStatus", `${arn} ${status}`))) {
    throw fault("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
  }
  if (liveTasks > 0) {
    throw fault("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
  }
}

/** The two updating operations have a sentence of their own for a cluster that was deleted. */
function clusterToUpdate(call: Call, identifier: string, conditions?: () => Conditions): Cluster {
  const arn = clusterArn(call, identifier)
  permit(call, arn, conditions)
  const cluster = call.tx.get(clusters, arn)
  if (cluster === undefined) throw fault("ClusterNotFoundException", "Cluster not found.")
  if (cluster.status === "INACTIVE") throw fault("ClientException", "Cluster was not ACTIVE.")
  return cluster
}

/** What policies may ask of the keys that are to encrypt what tasks leave on disks. */
function storageConditions(configuration: sdk.ClusterConfiguration | undefined): Conditions {
  const { fargateEphemeralStorageKmsKeyId } = configuration?.managedStorageConfiguration ?? {}
  return { "ecs:fargate-ephemeral-storage-kms-key": fargateEphemeralStorageKmsKeyId }
}

/** A cluster as every operation shows it; each adds what it alone shows. */
function describe(tx: Tx, cluster: Cluster): sdk.Cluster {
  const { liveTasks: _, ...counts } = clusterCounts(tx, cluster.arn)
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    ...counts,
    statistics: [],
    tags: [],
    settings: [],
    capacityProviders: [...cluster.capacityProviders],
    defaultCapacityProviderStrategy: [...cluster.defaultStrategy],
  }
}

/** What the operations that change a cluster show beside. */
function shown({ settings, configuration }: Cluster): Pick<sdk.Cluster, "settings" | "configuration"> {
  return { settings: [...settings], ...(configuration !== undefined && { configuration }) }
}

function created(tx: Tx, cluster: Cluster): { cluster: sdk.Cluster } {
  return { cluster: { ...describe(tx, cluster), ...shown(cluster), tags: [...cluster.created.tags] } }
}

/** Whether each argument that the caller gives now is what the cluster was created with. What is left out agrees with anything. */
function repeats(input: sdk.CreateClusterRequest, asked: ClusterArguments, first: ClusterArguments): boolean {
  const same = (given: unknown, name: keyof ClusterArguments) =>
    given === undefined || isDeepStrictEqual(asked[name], first[name])
  return (
    same(input.settings, "settings") &&
    same(input.configuration, "configuration") &&
    same(input.capacityProviders, "capacityProviders") &&
    same(input.defaultCapacityProviderStrategy, "defaultStrategy") &&
    same(input.tags, "tags")
  )
}

function insightsByDefault(call: Call): sdk.ClusterSetting {
  return { name: "containerInsights", value: effectiveSetting(call, "containerInsights").value }
}

function mergeSettings(
  settings: readonly sdk.ClusterSetting[],
  changed: readonly sdk.ClusterSetting[],
): sdk.ClusterSetting[] {
  const merged = new Map([...settings, ...changed].map((setting) => [setting.name, setting]))
  return [...merged.values()]
}

function checkSettings(settings: readonly sdk.ClusterSetting[] = []): void {
  for (const { name, value } of settings) {
    if (name !== "containerInsights") throw invalid("Invalid setting 'name'")
    if (value === undefined || !["disabled", "enabled", "enhanced"].includes(value))
      throw invalid("Invalid setting 'value'")
  }
}

function checkConfiguration(configuration: sdk.ClusterConfiguration | undefined): void {
  const { kmsKeyId, fargateEphemeralStorageKmsKeyId } = configuration?.managedStorageConfiguration ?? {}
  if (kmsKeyId || fargateEphemeralStorageKmsKeyId)
    throw notYet("encryption of managed storage (managedStorageConfiguration)")

  const { logging, logConfiguration } = configuration?.executeCommandConfiguration ?? {}
  if (logging !== undefined && !["NONE", "DEFAULT", "OVERRIDE"].includes(logging)) {
    throw invalid("logging should be one of [DEFAULT,NONE,OVERRIDE]")
  }
  if (logConfiguration !== undefined && logging !== "OVERRIDE") {
    throw invalid("You must set logging to 'OVERRIDE' when you supply a log configuration.")
  }
  if (logging === "OVERRIDE" && !logConfiguration?.cloudWatchLogGroupName && !logConfiguration?.s3BucketName) {
    throw invalid(
      "A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration.",
    )
  }
}

const NAME = /^[a-zA-Z0-9\-_]{1,255}$/
const DESCRIBED_MAX = 100
