import {
  ClientException,
  ClusterNotFoundException,
  InvalidParameterException,
  paginateListClusters,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { regionScope } from "../../store/changes.ts"
import { startWorld } from "../testing.ts"
import { anInstanceIn } from "./container-instance/testing.ts"
import { aTask } from "./placement/testing.ts"
import { clusters } from "./tables/cluster.ts"
import { type ServiceRevision, serviceRevisions } from "./tables/revision.ts"
import { type Service, services } from "./tables/service.ts"
import { resourceTags } from "./tables/tag.ts"
import { type Task, tasks } from "./tables/task.ts"

const DAY_MS = 24 * 60 * 60 * 1000

test("a cluster without a name is called default, and shows AWS's defaults", async () => {
  const { ecs, account } = await startWorld()
  const { cluster } = await ecs.createCluster({})
  expect(cluster).toEqual({
    clusterArn: `arn:aws:ecs:us-east-1:${account}:cluster/default`,
    clusterName: "default",
    status: "ACTIVE",
    registeredContainerInstancesCount: 0,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    statistics: [],
    tags: [],
    settings: [{ name: "containerInsights", value: "disabled" }],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  })
})

test("the service's own role is made with the first cluster, and again with a service when it is gone", async () => {
  const { ecs, iam, as } = await startWorld()
  const named = { RoleName: "AWSServiceRoleForECS" }
  const Statement = [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }]
  const ann = as({ user: { Version: "2012-10-17", Statement } })
  await expect(iam.getRole(named)).rejects.toThrow("cannot be found")

  await ann.ecs.createCluster({})
  const { Role } = await iam.getRole(named)
  expect(Role).toMatchObject({ Path: "/aws-service-role/ecs.amazonaws.com/" })
  await ecs.createCluster({ clusterName: "second" })
  expect((await iam.getRole(named)).Role).toEqual(Role)

  await iam.deleteServiceLinkedRole(named)
  await ecs.createService({ serviceName: "web", deploymentController: { type: "EXTERNAL" }, desiredCount: 0 })
  expect((await iam.getRole(named)).Role!.RoleId).not.toBe(Role!.RoleId)
})

test("a name that AWS would refuse is refused", async () => {
  const { ecs } = await startWorld()
  for (const clusterName of ["", "a b", "ä", "x".repeat(256), "a/b"]) {
    await expect(ecs.createCluster({ clusterName })).rejects.toThrow("ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$")
  }
})

test("creating a cluster again answers with the cluster as it was created", async () => {
  const { ecs } = await startWorld()
  const first = await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })
  await ecs.updateClusterSettings({ cluster: "shop", settings: [{ name: "containerInsights", value: "enabled" }] })
  await ecs.tagResource({ resourceArn: first.cluster!.clusterArn!, tags: [{ key: "team", value: "b" }] })

  const again = await ecs.createCluster({ clusterName: "shop" })
  expect(again.cluster).toEqual(first.cluster)
  expect((await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })).cluster).toEqual(
    first.cluster,
  )
})

test("a repeated request agrees with what is left out or empty, whatever has been set for the account since", async () => {
  const { ecs } = await startWorld()
  const first = await ecs.createCluster({ clusterName: "shop" })
  await ecs.putAccountSetting({ name: "containerInsights", value: "enabled" })
  const empty = { tags: [], capacityProviders: [], defaultCapacityProviderStrategy: [] }
  expect((await ecs.createCluster({ clusterName: "shop", ...empty })).cluster).toEqual(first.cluster)
})

test("creating a cluster again with other arguments is refused", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })
  const sentence = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
  await expect(ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "b" }] })).rejects.toThrow(
    sentence,
  )
  await expect(ecs.createCluster({ clusterName: "shop", capacityProviders: ["FARGATE"] })).rejects.toThrow(sentence)
  await expect(
    ecs.createCluster({ clusterName: "shop", settings: [{ name: "containerInsights", value: "enabled" }] }),
  ).rejects.toThrow(InvalidParameterException)
})

test("a deleted cluster stays to look at as INACTIVE, and can be made anew", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })
  const deleted = await ecs.deleteCluster({ cluster: "shop" })
  expect(deleted.cluster).toMatchObject({ status: "INACTIVE", tags: [], settings: [{ name: "containerInsights" }] })
  expect((await ecs.deleteCluster({ cluster: "shop" })).cluster).toMatchObject({ status: "INACTIVE", attachments: [] })

  expect((await ecs.describeClusters({ clusters: ["shop"], include: ["TAGS"] })).clusters).toMatchObject([
    { status: "INACTIVE", tags: [{ key: "team", value: "a" }] },
  ])
  expect((await ecs.listClusters({})).clusterArns).toEqual([])

  const anew = await ecs.createCluster({ clusterName: "shop" })
  expect(anew.cluster).toMatchObject({ status: "ACTIVE", tags: [] })
})

test("an INACTIVE cluster refuses each operation with the sentence that AWS has for it", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop" })
  await ecs.deleteCluster({ cluster: "shop" })
  const update = ecs.updateCluster({ cluster: "shop" })
  await expect(update).rejects.toThrow(ClientException)
  await expect(update).rejects.toThrow("Cluster was not ACTIVE.")
  await expect(ecs.updateClusterSettings({ cluster: "shop", settings: [] })).rejects.toThrow("Cluster was not ACTIVE.")
  const put = ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  })
  await expect(put).rejects.toThrow(ClusterNotFoundException)
  await expect(put).rejects.toThrow("The referenced cluster was inactive.")
})

test("a deleted cluster is forgotten after a day, tags and all", async () => {
  const { ecs, store, world } = await startWorld()
  await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })
  await ecs.deleteCluster({ cluster: "shop" })
  await world.advance(DAY_MS - 60_000)
  expect(store.size(clusters)).toBe(1)
  await world.advance(120_000)
  expect(store.size(clusters)).toBe(0)
  expect(store.size(resourceTags)).toBe(0)
})

test("operations on a cluster that is not there say so", async () => {
  const { ecs } = await startWorld()
  const missing = { cluster: "nowhere" }
  const calls = [
    () => ecs.deleteCluster(missing),
    () => ecs.updateCluster(missing),
    () => ecs.updateClusterSettings({ ...missing, settings: [] }),
    () => ecs.putClusterCapacityProviders({ ...missing, capacityProviders: [], defaultCapacityProviderStrategy: [] }),
  ]
  for (const call of calls) {
    const refused = await call().catch((error) => error)
    expect(refused).toBeInstanceOf(ClusterNotFoundException)
    expect(refused.message).toBe("Cluster not found.")
  }
})

test("describing shows each asked-for cluster once, in the order asked for, and what is missing by its ARN", async () => {
  const { ecs, account } = await startWorld()
  const { cluster: b } = await ecs.createCluster({ clusterName: "b" })
  await ecs.createCluster({ clusterName: "a" })
  const answer = await ecs.describeClusters({ clusters: ["b", "nowhere", "a", b!.clusterArn!] })
  expect(answer.clusters!.map(({ clusterName }) => clusterName)).toEqual(["b", "a"])
  expect(answer.failures).toEqual([{ arn: `arn:aws:ecs:us-east-1:${account}:cluster/nowhere`, reason: "MISSING" }])
})

test("describing without a name means the default cluster", async () => {
  const { ecs } = await startWorld()
  expect((await ecs.describeClusters({})).failures).toMatchObject([{ reason: "MISSING" }])
  await ecs.createCluster({})
  expect((await ecs.describeClusters({})).clusters).toMatchObject([{ clusterName: "default" }])
})

test("settings, tags, statistics, configuration and attachments are shown when asked for, and only then", async () => {
  const { ecs } = await startWorld()
  const configuration = { executeCommandConfiguration: { logging: "NONE" } } as const
  await ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }], configuration })

  const [plain] = (await ecs.describeClusters({ clusters: ["shop"] })).clusters!
  expect(plain).toMatchObject({ settings: [], tags: [], statistics: [] })
  expect(plain).not.toHaveProperty("configuration")
  expect(plain).not.toHaveProperty("attachments")

  const include = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"] as const
  const [full] = (await ecs.describeClusters({ clusters: ["shop"], include: [...include] })).clusters!
  expect(full).toMatchObject({
    settings: [{ name: "containerInsights", value: "disabled" }],
    tags: [{ key: "team", value: "a" }],
    configuration,
    attachments: [],
  })
  expect(full!.statistics!.map(({ name }) => name)).toHaveLength(16)
  expect(full!.statistics![0]).toEqual({ name: "runningEC2TasksCount", value: "0" })
})

test("an unknown field to include is refused, unless there is nothing to include it in", async () => {
  const { ecs } = await startWorld()
  const include = ["COLOURS" as "TAGS"]
  expect((await ecs.describeClusters({ clusters: ["nowhere"], include })).failures).toHaveLength(1)
  await ecs.createCluster({ clusterName: "shop" })
  await expect(ecs.describeClusters({ clusters: ["shop"], include })).rejects.toThrow(
    "include should be one of [ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS]",
  )
})

test("clusters are listed page by page, and a page token is good for its own listing only", async () => {
  const { ecs, as } = await startWorld()
  const names = Array.from({ length: 7 }, (_, index) => `cluster-${index}`)
  for (const clusterName of names) await ecs.createCluster({ clusterName })

  const pages: string[][] = []
  for await (const page of paginateListClusters({ client: ecs, pageSize: 3 }, {})) {
    pages.push(page.clusterArns!.map((arn) => arn.split("/")[1]!))
  }
  expect(pages).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)])

  const { nextToken } = await ecs.listClusters({ maxResults: 3 })
  await expect(as({ account: "another" }).ecs.listClusters({ nextToken: nextToken! })).rejects.toThrow(
    InvalidParameterException,
  )
  await expect(ecs.listClusters({ nextToken: `${nextToken}x` })).rejects.toThrow("Invalid token")
  await expect(ecs.listClusters({ maxResults: 101 })).rejects.toThrow("Max results can not be greater than 100")
  await expect(ecs.listClusters({ maxResults: 0 })).rejects.toThrow(InvalidParameterException)
})

test("a page token is still good after a restart", async () => {
  const before = await startWorld()
  for (const clusterName of ["a", "b", "c"]) await before.ecs.createCluster({ clusterName })
  const { nextToken } = await before.ecs.listClusters({ maxResults: 2 })
  const after = await before.restart()
  expect((await after.ecs.listClusters({ nextToken: nextToken! })).clusterArns).toEqual([expect.stringMatching(/\/c$/)])
})

test("accounts and regions see nothing of each other", async () => {
  const { ecs, as } = await startWorld()
  const { cluster } = await ecs.createCluster({ clusterName: "shop" })
  for (const other of [as({ account: "another" }), as({ region: "eu-central-1" })]) {
    expect((await other.ecs.listClusters({})).clusterArns).toEqual([])
    expect((await other.ecs.describeClusters({ clusters: ["shop"] })).failures).toHaveLength(1)
  }
  await expect(as({ account: "another" }).ecs.deleteCluster({ cluster: cluster!.clusterArn! })).rejects.toThrow(
    "is not authorized to perform: ecs:DeleteCluster",
  )
  await expect(as({ region: "eu-central-1" }).ecs.deleteCluster({ cluster: cluster!.clusterArn! })).rejects.toThrow(
    ClusterNotFoundException,
  )
})

test("a key made for some actions cannot be used for others", async () => {
  const { as } = await startWorld()
  const agent = as({ only: ["ecs:List*", "ecs:DescribeClusters"] })
  await expect(agent.ecs.listClusters({})).resolves.toBeDefined()
  await expect(agent.ecs.createCluster({ clusterName: "shop" })).rejects.toThrow(
    `User: arn:aws:iam::${agent.account}:root is not authorized to perform: ecs:CreateCluster on resource: arn:aws:ecs:us-east-1:${agent.account}:cluster/shop because no identity-based policy allows the ecs:CreateCluster action`,
  )
  await expect(agent.sts.getCallerIdentity({})).resolves.toMatchObject({ Account: agent.account })
})

test("Fargate's capacity providers can be attached and used in the default strategy", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop" })
  const { cluster } = await ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [
      { capacityProvider: "FARGATE", base: 1, weight: 2 },
      { capacityProvider: "FARGATE_SPOT", weight: 1 },
    ],
  })
  expect(cluster).toMatchObject({
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [
      { capacityProvider: "FARGATE", base: 1, weight: 2 },
      { capacityProvider: "FARGATE_SPOT", base: 0, weight: 1 },
    ],
    attachmentsStatus: "UPDATE_COMPLETE",
  })
})

test("a default strategy that cannot be followed is refused", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop" })
  const put = (
    capacityProviders: string[],
    ...strategy: { capacityProvider: string; base?: number; weight?: number }[]
  ) =>
    ecs.putClusterCapacityProviders({ cluster: "shop", capacityProviders, defaultCapacityProviderStrategy: strategy })
  const [fargate, spot] = ["FARGATE", "FARGATE_SPOT"]

  await expect(put(["nobody"])).rejects.toThrow("The specified capacity provider does not exist.")
  await expect(put([fargate!], { capacityProvider: spot!, weight: 1 })).rejects.toThrow(
    "not associated with the cluster",
  )
  await expect(put([fargate!], { capacityProvider: fargate!, weight: 0 })).rejects.toThrow(
    "weight value greater than zero",
  )
  await expect(
    put(
      [fargate!, spot!],
      { capacityProvider: fargate!, base: 1, weight: 1 },
      { capacityProvider: spot!, base: 1, weight: 1 },
    ),
  ).rejects.toThrow("Only one capacity provider per strategy can have a base value defined.")
  await expect(put([fargate!], { capacityProvider: fargate!, weight: 1001 })).rejects.toThrow(InvalidParameterException)
})

test("the configuration of ExecuteCommand must make sense", async () => {
  const { ecs } = await startWorld()
  const create = (executeCommandConfiguration: object) =>
    ecs.createCluster({ clusterName: "shop", configuration: { executeCommandConfiguration } })
  await expect(create({ logging: "DEFAULT", logConfiguration: { s3BucketName: "b" } })).rejects.toThrow(
    "You must set logging to 'OVERRIDE' when you supply a log configuration.",
  )
  await expect(create({ logging: "OVERRIDE" })).rejects.toThrow(
    "A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration.",
  )
})

test("what works on AWS and not here is refused by name", async () => {
  const { ecs } = await startWorld()
  await expect(ecs.createCluster({ serviceConnectDefaults: { namespace: "shop" } })).rejects.toThrow("Service Connect")
  await expect(
    ecs.createCluster({ configuration: { managedStorageConfiguration: { kmsKeyId: "key" } } }),
  ).rejects.toThrow("encryption of managed storage")
  await ecs.createCluster({ clusterName: "shop" })
  await expect(ecs.updateCluster({ cluster: "shop", serviceConnectDefaults: { namespace: "" } })).resolves.toBeDefined()
  await expect(ecs.listGateways({})).rejects.toThrow("Homeport does not have ecs:ListGateways yet.")
})

test("settings merge, and unknown ones are refused", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({ clusterName: "shop" })
  const settings = [{ name: "containerInsights", value: "enhanced" }] as const
  expect((await ecs.updateCluster({ cluster: "shop", settings: [...settings] })).cluster!.settings).toEqual(settings)
  await expect(
    ecs.updateClusterSettings({ cluster: "shop", settings: [{ name: "containerInsights", value: "on" }] }),
  ).rejects.toThrow("Invalid setting 'value'")
  await expect(
    ecs.updateClusterSettings({ cluster: "shop", settings: [{ name: "colour" as never, value: "red" }] }),
  ).rejects.toThrow("Invalid setting 'name'")
})

test("a required member that is missing is named", async () => {
  const { ecs } = await startWorld()
  await expect(ecs.deleteCluster({ cluster: undefined })).rejects.toThrow(InvalidParameterException)
  await expect(ecs.deleteCluster({ cluster: undefined })).rejects.toThrow("cluster")
})

test("a cluster counts its instances, tasks and services, and is not deleted while it has any", async () => {
  const started = await startWorld()
  const { ecs, store, account } = started
  const scope = regionScope(account, "us-east-1")
  await ecs.createCluster({})
  const instance = await anInstanceIn(started)
  await ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "web", image: "web", cpu: 1, memory: 16 }],
  })
  const run = await ecs.runTask({ taskDefinition: "web", count: 2 })
  const [a, b] = run.tasks!.map(({ taskArn }) => taskArn!) as [string, string]
  const submit = (task: string, status: string) =>
    ecs.submitTaskStateChange({ task, status, containers: [{ containerName: "web", status }] })
  await submit(a, "RUNNING")
  const clusterArn = `arn:aws:ecs:us-east-1:${account}:cluster/default`
  const service = { arn: "web", clusterArn, status: "ACTIVE", revisionArn: "r" } as Service
  const revision = { arn: "r", serviceArn: "web", launchType: "FARGATE" } as ServiceRevision
  const write = (status: Service["status"]) =>
    store.transact(scope, (tx) => {
      tx.put(services, { ...service, status })
      tx.put(serviceRevisions, { ...revision, strategy: [] })
    })
  write("ACTIVE")

  const shown = async () => (await ecs.describeClusters({ include: ["STATISTICS"] })).clusters![0]!
  const counts = { registeredContainerInstancesCount: 1, runningTasksCount: 1, pendingTasksCount: 1 }
  expect(await shown()).toMatchObject({ ...counts, activeServicesCount: 1 })
  const counted = (await shown()).statistics!.filter(({ value }) => value !== "0")
  expect(counted).toEqual([
    { name: "runningEC2TasksCount", value: "1" },
    { name: "pendingEC2TasksCount", value: "1" },
    { name: "activeFargateServiceCount", value: "1" },
  ])

  const remove = () => ecs.deleteCluster({ cluster: "default" })
  await expect(remove()).rejects.toThrow(
    "The Cluster cannot be deleted while Container Instances are active or draining.",
  )
  await submit(a, "STOPPED")
  await submit(b, "STOPPED")
  await ecs.deregisterContainerInstance({ containerInstance: instance.containerInstanceArn! })
  await expect(remove()).rejects.toThrow("The Cluster cannot be deleted while Services are active.")

  // A service that drains is there until its last task is gone.
  const last = aTask("c".repeat(32), {
    clusterArn,
    launchType: "FARGATE",
    desiredStatus: "STOPPED",
    serviceArn: service.arn,
  })
  const keep = (lastStatus: Task["lastStatus"]) =>
    store.transact(scope, (tx) =>
      tx.put(tasks, { ...last, lastStatus, ...(lastStatus === "STOPPED" && { stoppedAt: 0 }) }),
    )
  keep("STOPPING")
  write("DRAINING")
  expect((await shown()).activeServicesCount).toBe(0)
  await expect(remove()).rejects.toThrow("The Cluster cannot be deleted while Services are active.")
  write("INACTIVE")
  expect(await shown()).toMatchObject({ runningTasksCount: 0, pendingTasksCount: 0 })
  await expect(remove()).rejects.toThrow("The Cluster cannot be deleted while Tasks are active.")
  keep("STOPPED")
  await expect(remove()).resolves.toMatchObject({ cluster: { status: "INACTIVE" } })
})
