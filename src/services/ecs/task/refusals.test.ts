import {
  ClientException,
  ClusterNotFoundException,
  type ECS,
  InvalidParameterException,
  PlatformUnknownException,
  ServiceNotFoundException,
} from "@aws-sdk/client-ecs"
import { beforeAll, expect, test } from "vitest"
import { clusters } from "../tables/cluster.ts"
import { tasks } from "../tables/task.ts"
import { FARGATE_WEB, IN_SUBNET, type Shop, SUBNET, startShop, withProvider } from "./testing.ts"

type Input<Operation extends "runTask" | "startTask" | "stopTask" | "describeTasks" | "listTasks"> = Partial<
  Parameters<ECS[Operation]>[0]
>
type Fault = abstract new (...args: never) => Error

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  const { ecs } = shop
  shop.instance("a")
  withProvider(shop, "asg")
  await ecs.createCluster({ clusterName: "empty" })
  await ecs.createCluster({ clusterName: "gone" })
  await ecs.deleteCluster({ cluster: "gone" })
  shop.store.transact(shop.scope, (tx) => {
    const cluster = tx.mustGet(clusters, shop.clusterArn)
    tx.put(clusters, { ...cluster, capacityProviders: ["asg", "asg-2", "FARGATE"] })
  })
  await ecs.registerTaskDefinition(FARGATE_WEB)
  await ecs.registerTaskDefinition({ family: "old", containerDefinitions: [{ name: "app", image: "x", memory: 64 }] })
  await ecs.deregisterTaskDefinition({ taskDefinition: "old:1" })
  await ecs.registerTaskDefinition({
    family: "ebs",
    volumes: [{ name: "data", configuredAtLaunch: true }],
    containerDefinitions: [
      { name: "app", image: "x", memory: 64, mountPoints: [{ sourceVolume: "data", containerPath: "/data" }] },
    ],
  })
})

const fargate = { taskDefinition: "fargate-web", launchType: "FARGATE", networkConfiguration: IN_SUBNET } as const

const RUN: readonly (readonly [Input<"runTask">, Fault, string])[] = [
  [{ cluster: "nowhere" }, ClusterNotFoundException, "Cluster not found."],
  [{ cluster: "gone" }, ClusterNotFoundException, "The referenced cluster was inactive."],
  [{ cluster: "empty" }, InvalidParameterException, "No Container Instances were found in your cluster."],
  [
    { cluster: "empty", launchType: "EXTERNAL" },
    InvalidParameterException,
    "No Container Instances were found in your cluster.",
  ],
  [{ cluster: "a/b" }, InvalidParameterException, "Invalid identifier: Unexpected number of separators"],
  [{ taskDefinition: "nothing" }, ClientException, "TaskDefinition not found."],
  [{ taskDefinition: "old:1" }, InvalidParameterException, "TaskDefinition is inactive"],
  [{ taskDefinition: "web:x" }, ClientException, "Invalid task definition: Invalid revision number."],
  [
    { taskDefinition: "fargate-web" },
    InvalidParameterException,
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  ],
  [
    { networkConfiguration: IN_SUBNET },
    InvalidParameterException,
    "Network Configuration is not valid for the given networkMode of this task definition.",
  ],
  [
    { ...fargate, networkConfiguration: { awsvpcConfiguration: { subnets: [] } } },
    InvalidParameterException,
    "subnets can not be empty.",
  ],
  [
    {
      taskDefinition: "fargate-web",
      networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET], assignPublicIp: "ENABLED" } },
    },
    InvalidParameterException,
    "Assign public IP is not supported for this launch type.",
  ],
  [{ launchType: "FARGATE" }, InvalidParameterException, "Task definition does not support launch_type FARGATE."],
  [
    { overrides: { containerOverrides: [{ name: "x" }] } },
    InvalidParameterException,
    "Override for container named x is not a container in the TaskDefinition.",
  ],
  [
    { overrides: { containerOverrides: [{ name: "app", command: ["x".repeat(8192)] }] } },
    InvalidParameterException,
    "Container Overrides length must be at most 8192",
  ],
  [
    { overrides: { containerOverrides: [{ name: "app", cpu: -1 }] } },
    InvalidParameterException,
    "Invalid 'cpu' setting for container 'app'.",
  ],
  [
    { overrides: { containerOverrides: [{ name: "app", memory: 5 }] } },
    InvalidParameterException,
    "Invalid setting for container 'app'. 'memory' must be greater than or equal to 6.",
  ],
  [
    { ...fargate, overrides: { cpu: "256", memory: "4096" } },
    InvalidParameterException,
    "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.",
  ],
  [
    { overrides: { ephemeralStorage: { sizeInGiB: 30 } } },
    InvalidParameterException,
    "Tasks using the EC2 launch type do not support EphemeralStorage.",
  ],
  [
    { ...fargate, overrides: { ephemeralStorage: { sizeInGiB: 300 } } },
    InvalidParameterException,
    "Ephemeral storage size must be between 20 and 200 GiB.",
  ],
  [
    {
      ...fargate,
      overrides: { containerOverrides: [{ name: "app", resourceRequirements: [{ type: "GPU", value: "1" }] }] },
    },
    InvalidParameterException,
    "Tasks using the Fargate launch type do not support GPU resource requirements.",
  ],
  [
    { platformVersion: "LATEST" },
    InvalidParameterException,
    "The platform version must be null when specifying an EC2 launch type.",
  ],
  [
    { ...fargate, platformVersion: "9.9.9" },
    PlatformUnknownException,
    "The specified platform version does not exist.",
  ],
  [
    { launchType: "EC2", capacityProviderStrategy: [{ capacityProvider: "asg", weight: 1 }] },
    InvalidParameterException,
    "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
  ],
  [
    { capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] },
    InvalidParameterException,
    "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.",
  ],
  [
    {
      capacityProviderStrategy: [
        { capacityProvider: "asg", base: 1, weight: 1 },
        { capacityProvider: "asg-2", base: 1 },
      ],
    },
    InvalidParameterException,
    "There are multiple capacity providers in the specified capacity provider strategy with a base value greater than zero. Only one capacity provider can have a base value greater than zero. Specify a valid capacity provider strategy and try again.",
  ],
  [
    { capacityProviderStrategy: [{ capacityProvider: "asg", weight: 0 }] },
    InvalidParameterException,
    "There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify a weight value greater than zero for at least one capacity provider and try again.",
  ],
  [
    {
      capacityProviderStrategy: [
        { capacityProvider: "asg", weight: 1 },
        { capacityProvider: "FARGATE", weight: 1 },
      ],
    },
    InvalidParameterException,
    "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
  ],
  [
    { ...fargate, placementConstraints: [{ type: "distinctInstance" }] },
    InvalidParameterException,
    "Placement constraints are not supported with FARGATE launch type.",
  ],
  [
    { ...fargate, placementStrategy: [{ type: "random" }] },
    InvalidParameterException,
    "Placement strategies are not supported with FARGATE launch type.",
  ],
  [{ count: 0 }, InvalidParameterException, "Count must be between 1 and 10."],
  [{ count: 11 }, InvalidParameterException, "Count must be between 1 and 10."],
  [{ startedBy: "x".repeat(129) }, InvalidParameterException, "startedBy can not be longer than 128 characters."],
  [{ propagateTags: "SERVICE" }, InvalidParameterException, "propagateTags should be one of [NONE,TASK_DEFINITION]"],
  [
    { tags: [{ key: "aws:x", value: "" }] },
    InvalidParameterException,
    "Tag keys that begin with aws: are reserved for AWS.",
  ],
  [
    { enableExecuteCommand: true },
    InvalidParameterException,
    "Homeport does not have ECS Exec (enableExecuteCommand) yet. Leave it out of the request.",
  ],
  [
    { volumeConfigurations: [{ name: "data", managedEBSVolume: { roleArn: "arn:aws:iam::1:role/ebs" } }] },
    InvalidParameterException,
    "Homeport does not have Amazon EBS volumes (volumeConfigurations) yet. Leave it out of the request.",
  ],
  [
    { taskDefinition: "ebs" },
    InvalidParameterException,
    "Homeport does not have Amazon EBS volumes (volumeConfigurations) yet. Leave it out of the request.",
  ],
  [
    { launchType: "MANAGED_INSTANCES" },
    InvalidParameterException,
    "Homeport does not have ECS Managed Instances (launchType MANAGED_INSTANCES) yet. Leave it out of the request.",
  ],
  [
    { clientToken: "x".repeat(65) },
    InvalidParameterException,
    "clientToken must have 1 to 64 visible ASCII characters.",
  ],
]

test.each(RUN)("RunTask %j is refused", async (input, fault, sentence) => {
  await refused(shop.ecs.runTask({ cluster: "shop", taskDefinition: "web", ...input }), fault, sentence)
})

const START: readonly (readonly [Input<"startTask">, Fault, string])[] = [
  [{ containerInstances: [] }, InvalidParameterException, "Container Instances cannot be empty."],
  [
    { containerInstances: Array(11).fill("a".repeat(32)) },
    InvalidParameterException,
    "Container Instances cannot have more than 10 elements",
  ],
  [{ containerInstances: ["x"] }, InvalidParameterException, "containerInstanceId length should be one of [32,36]"],
  [{ taskDefinition: "old:1" }, InvalidParameterException, "TaskDefinition is inactive"],
]

test.each(START)("StartTask %j is refused", async (input, fault, sentence) => {
  const good = { cluster: "shop", taskDefinition: "web", containerInstances: ["a".repeat(32)] }
  await refused(shop.ecs.startTask({ ...good, ...input }), fault, sentence)
})

const STOP: readonly (readonly [Input<"stopTask">, Fault, string])[] = [
  [{}, InvalidParameterException, "The referenced task was not found."],
  [{ task: "x" }, InvalidParameterException, "taskId length should be one of [32,36]"],
  [{ task: "a/b/c" }, InvalidParameterException, "Invalid identifier: Unexpected number of separators"],
  [
    { task: "arn:aws:ecs:us-east-1:1:cluster/shop" },
    InvalidParameterException,
    "Invalid identifier: Identifier is not a valid ARN of the expected resource type",
  ],
  [{ cluster: "nowhere" }, ClusterNotFoundException, "Cluster not found."],
]

test.each(STOP)("StopTask %j is refused", async (input, fault, sentence) => {
  await refused(shop.ecs.stopTask({ cluster: "shop", task: "a".repeat(32), ...input }), fault, sentence)
})

const DESCRIBE: readonly (readonly [Input<"describeTasks">, Fault, string])[] = [
  [{ tasks: [] }, InvalidParameterException, "Tasks cannot be empty."],
  [
    { tasks: Array.from({ length: 101 }, (_, index) => String(index).padStart(32, "0")) },
    InvalidParameterException,
    "Tasks cannot have more than 100 elements",
  ],
  [{ tasks: ["x"] }, InvalidParameterException, "taskId length should be one of [32,36]"],
  [{ cluster: "nowhere" }, ClusterNotFoundException, "Cluster not found."],
  [{ include: ["COLOURS" as "TAGS"] }, InvalidParameterException, "include should be one of [TAGS]"],
]

test.each(DESCRIBE)("DescribeTasks %j is refused", async (input, fault, sentence) => {
  await refused(shop.ecs.describeTasks({ cluster: "shop", tasks: ["a".repeat(32)], ...input }), fault, sentence)
})

const LIST: readonly (readonly [Input<"listTasks">, Fault, string])[] = [
  [{ cluster: "nowhere" }, ClusterNotFoundException, "Cluster not found."],
  [{ serviceName: "nothing" }, ServiceNotFoundException, "Service not found."],
  [{ maxResults: 101 }, InvalidParameterException, "Max results can not be greater than 100"],
  [{ nextToken: "x" }, InvalidParameterException, "Invalid token"],
  [{ startedBy: "me", family: "web" }, InvalidParameterException, "startedBy can not be combined with other filters."],
  [
    { desiredStatus: "GONE" as "RUNNING" },
    InvalidParameterException,
    "desiredStatus should be one of [PENDING,RUNNING,STOPPED]",
  ],
  [
    { daemonName: "log" },
    InvalidParameterException,
    "Homeport does not have daemons (daemonName) yet. Leave it out of the request.",
  ],
]

test.each(LIST)("ListTasks %j is refused", async (input, fault, sentence) => {
  await refused(shop.ecs.listTasks({ cluster: "shop", ...input }), fault, sentence)
})

async function refused(answer: Promise<object>, fault: Fault, sentence: string): Promise<void> {
  const error = await answer.then(
    (value) => value,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(fault)
  expect((error as Error).message).toBe(sentence)
  expect(shop.store.size(tasks)).toBe(0)
}
