import type { CreateServiceCommandInput, UpdateServiceCommandInput } from "@aws-sdk/client-ecs"
import { beforeAll, expect, test } from "vitest"
import { FARGATE_WEB, IN_SUBNET } from "../task/testing.ts"
import { type Agents, startAgents } from "./testing.ts"

const INVALID = "InvalidParameterException"

/** What is asked of CreateService or UpdateService, and the answer. */
interface Refusal<I> {
  readonly why: string
  readonly input: Partial<I>
  readonly code?: string
  readonly message: string
}

/** Values that the SDK's types would not let through. */
function wrong<T>(value: unknown): T {
  return value as T
}

const TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/0123456789abcdef"
const fargate = {
  taskDefinition: "fargate-web",
  launchType: "FARGATE",
  networkConfiguration: IN_SUBNET,
} as const satisfies Partial<CreateServiceCommandInput>

const CREATE: readonly Refusal<CreateServiceCommandInput>[] = [
  {
    why: "a name with other characters",
    input: { serviceName: "a b" },
    message: "ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a b",
  },
  {
    why: "a cluster that is not there",
    input: { cluster: "nowhere" },
    code: "ClusterNotFoundException",
    message: "Cluster not found.",
  },
  { why: "a long token", input: { clientToken: "x".repeat(37) }, message: "idempotency token longer than 36." },
  { why: "no count", input: { desiredCount: undefined }, message: "DesiredCount is missing" },
  { why: "a negative count", input: { desiredCount: -1 }, message: "DesiredCount can not be lesser than 0" },
  { why: "too large a count", input: { desiredCount: 5001 }, message: "DesiredCount can not be greater than 5000" },
  { why: "no task definition", input: { taskDefinition: undefined }, message: "TaskDefinition is missing" },
  {
    why: "a task definition that is not there",
    input: { taskDefinition: "nothing" },
    code: "ClientException",
    message: "TaskDefinition not found.",
  },
  {
    why: "an unknown scheduling strategy",
    input: { schedulingStrategy: wrong("SOMETIMES") },
    message: "Scheduling strategy should be one of [REPLICA,DAEMON]",
  },
  {
    why: "an unknown launch type",
    input: { launchType: wrong("MOON") },
    message: "launch type should be one of [EC2,FARGATE,EXTERNAL,FMI,MANAGED_INSTANCES]",
  },
  {
    why: "both a launch type and a strategy",
    input: { launchType: "EC2", capacityProviderStrategy: [{ capacityProvider: "FARGATE" }] },
    message: "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
  },
  {
    why: "a definition that FARGATE cannot run",
    input: { launchType: "FARGATE" },
    message: "Task definition does not support launch_type FARGATE.",
  },
  {
    why: "a platform version on EC2",
    input: { platformVersion: "1.4.0" },
    message: "The platform version must be null when specifying an EC2 launch type.",
  },
  {
    why: "a platform version that there is not",
    input: { ...fargate, platformVersion: "9.9.9" },
    code: "PlatformUnknownException",
    message: "The specified platform version does not exist.",
  },
  {
    why: "awsvpc without a network",
    input: { ...fargate, networkConfiguration: undefined },
    message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  },
  {
    why: "awsvpc without a network, before anything that is wrong about a DAEMON",
    input: { ...fargate, networkConfiguration: undefined, schedulingStrategy: "DAEMON" },
    message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  },
  {
    why: "a network without awsvpc",
    input: { networkConfiguration: IN_SUBNET },
    message: "Network Configuration is not valid for the given networkMode of this task definition.",
  },
  {
    why: "no subnets",
    input: { ...fargate, networkConfiguration: { awsvpcConfiguration: { subnets: [] } } },
    message: "subnets can not be empty.",
  },
  {
    why: "constraints on FARGATE",
    input: { ...fargate, placementConstraints: [{ type: "distinctInstance" }] },
    message: "Placement constraints are not supported with FARGATE launch type.",
  },
  {
    why: "strategies on FARGATE",
    input: { ...fargate, placementStrategy: [{ type: "random" }] },
    message: "Placement strategies are not supported with FARGATE launch type.",
  },
  {
    why: "too many strategies",
    input: { placementStrategy: Array.from({ length: 6 }, () => ({ type: "random" as const })) },
    message: "Maximum number of strategies is 5.",
  },
  {
    why: "random with a field",
    input: { placementStrategy: [{ type: "random", field: "cpu" }] },
    message: "random field should not be specified.",
  },
  {
    why: "binpack by something else",
    input: { placementStrategy: [{ type: "binpack", field: "x" }] },
    message: "binpack field 'x' is invalid.",
  },
  {
    why: "distinctInstance with an expression",
    input: { placementConstraints: [{ type: "distinctInstance", expression: "true" }] },
    message: "distinctInstance expression should not be specified.",
  },
  {
    why: "a maximum below 100",
    input: { deploymentConfiguration: { maximumPercent: 99 } },
    message: "maximumPercent must be at least 100",
  },
  {
    why: "a minimum above 100",
    input: { deploymentConfiguration: { minimumHealthyPercent: 101 } },
    message: "minimumHealthyPercent must be at most 100",
  },
  {
    why: "bounds that meet",
    input: { deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 100 } },
    message: "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
  },
  {
    why: "a breaker with a threshold of no kind",
    input: {
      deploymentConfiguration: {
        deploymentCircuitBreaker: {
          enable: true,
          rollback: true,
          thresholdConfiguration: { type: wrong("FEELING"), value: 1 },
        },
      },
    },
    message: "Invalid deployment circuit breaker threshold type.",
  },
  {
    why: "a breaker with a threshold of nothing",
    input: {
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration: { type: "COUNT", value: 0 } },
      },
    },
    message: "Invalid deployment circuit breaker threshold value.",
  },
  {
    why: "a DAEMON with a count",
    input: { schedulingStrategy: "DAEMON", desiredCount: 1 },
    message:
      "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
  },
  {
    why: "a DAEMON on FARGATE",
    input: { ...fargate, schedulingStrategy: "DAEMON", desiredCount: undefined },
    message:
      "The daemon scheduling strategy does not support the FARGATE launch type. Change the launch type and try again",
  },
  {
    why: "a DAEMON with a placement strategy",
    input: { schedulingStrategy: "DAEMON", desiredCount: undefined, placementStrategy: [{ type: "random" }] },
    message:
      "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again",
  },
  {
    why: "a DAEMON above 100",
    input: {
      schedulingStrategy: "DAEMON",
      desiredCount: undefined,
      deploymentConfiguration: { maximumPercent: 200 },
    },
    message:
      "The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again",
  },
  {
    why: "a DAEMON that is balanced",
    input: { schedulingStrategy: "DAEMON", desiredCount: undefined, availabilityZoneRebalancing: "ENABLED" },
    message:
      "The service couldn't be created because Availability Zone Rebalancing does not support DAEMON as scheduling strategy. Update scheduling strategy and try again.",
  },
  {
    why: "balance without room",
    input: {
      availabilityZoneRebalancing: "ENABLED",
      deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 50 },
    },
    message:
      "The service couldn't be created because Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration. Update deployment configuration and try again.",
  },
  {
    why: "two kinds of load balancer at once",
    input: { loadBalancers: [{ loadBalancerName: "web", targetGroupArn: TARGET_GROUP }] },
    message:
      "loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a targetGroupArn in all loadBalancer entries",
  },
  {
    why: "a load balancer to no container",
    input: { loadBalancers: [{ targetGroupArn: TARGET_GROUP, containerName: "nobody", containerPort: 80 }] },
    message: "The container nobody does not exist in the task definition.",
  },
  {
    why: "a load balancer to no port",
    input: { loadBalancers: [{ targetGroupArn: TARGET_GROUP, containerName: "app", containerPort: 8080 }] },
    message: "The container app did not have a container port 8080 defined.",
  },
  {
    why: "a load balancer",
    input: {
      taskDefinition: "ported",
      loadBalancers: [{ targetGroupArn: TARGET_GROUP, containerName: "app", containerPort: 80 }],
    },
    message: "Homeport does not have load balancers (loadBalancers) yet. Leave it out of the request.",
  },
  {
    why: "a classic load balancer on FARGATE",
    input: { ...fargate, loadBalancers: [{ loadBalancerName: "web", containerName: "app", containerPort: 80 }] },
    message: "Classic Load Balancers are not supported with Fargate.",
  },
  {
    why: "a grace period without a load balancer",
    input: { healthCheckGracePeriodSeconds: 10 },
    message: "Health check grace period is only valid for services configured to use load balancers",
  },
  {
    why: "a role without a load balancer",
    input: { role: "ecsServiceRole" },
    message: "IAM roles are only valid for services configured to use load balancers.",
  },
  {
    why: "two registries",
    input: { serviceRegistries: [{ registryArn: "a" }, { registryArn: "b" }] },
    message: "service registries can have at most 1 items.",
  },
  {
    why: "a registry",
    input: { serviceRegistries: [{ registryArn: "a" }] },
    message: "Homeport does not have service discovery (serviceRegistries) yet. Leave it out of the request.",
  },
  {
    why: "Service Connect without a namespace",
    input: { serviceConnectConfiguration: { enabled: true } },
    message: "Namespace is missing",
  },
  {
    why: "Service Connect",
    input: { serviceConnectConfiguration: { enabled: true, namespace: "shop" } },
    message: "Homeport does not have Service Connect (serviceConnectConfiguration) yet. Leave it out of the request.",
  },
  {
    why: "a volume where the definition has none to configure",
    input: { volumeConfigurations: [{ name: "data" }] },
    message: "Volume configuration provided but no matching configuredAtLaunch volume found in task definition.",
  },
  {
    why: "a volume that the definition does not know",
    input: { taskDefinition: "stored", volumeConfigurations: [{ name: "other" }] },
    message:
      "The volume name 'other' in your request does not have a matching volume in your Task Definition that is configurable at launch.",
  },
  {
    why: "exec without a task role",
    input: { enableExecuteCommand: true },
    message:
      "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.",
  },
  {
    why: "blue/green",
    input: { deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 1 } },
    message:
      "Homeport does not have the deployment strategy BLUE_GREEN (deploymentConfiguration.strategy) yet. Leave it out of the request.",
  },
  {
    why: "lifecycle hooks",
    input: {
      deploymentConfiguration: { lifecycleHooks: [{ targetType: "PAUSE", lifecycleStages: ["PRE_SCALE_UP"] }] },
    },
    message:
      "Homeport does not have lifecycle hooks (deploymentConfiguration.lifecycleHooks) yet. Leave it out of the request.",
  },
  {
    why: "VPC Lattice",
    input: { vpcLatticeConfigurations: [{ roleArn: "r", targetGroupArn: "t", portName: "p" }] },
    message: "Homeport does not have VPC Lattice (vpcLatticeConfigurations) yet. Leave it out of the request.",
  },
  {
    why: "CodeDeploy without a load balancer",
    input: { deploymentController: { type: "CODE_DEPLOY" } },
    message:
      "When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load Balancer or Network Load Balancer.",
  },
  {
    why: "task sets and a task definition",
    input: { deploymentController: { type: "EXTERNAL" } },
    message: "TaskDefinition must be blank.",
  },
  {
    why: "task sets and a load balancer",
    input: {
      deploymentController: { type: "EXTERNAL" },
      taskDefinition: undefined,
      loadBalancers: [{ targetGroupArn: TARGET_GROUP }],
    },
    message: "LoadBalancers must be empty or null.",
  },
  {
    why: "an unknown way to propagate tags",
    input: { propagateTags: wrong("ALL") },
    message: "propagateTags should be one of [TASK_DEFINITION,SERVICE,NONE]",
  },
]

const UPDATE: readonly Refusal<UpdateServiceCommandInput>[] = [
  {
    why: "a service that is not there",
    input: { service: "nothing" },
    code: "ServiceNotFoundException",
    message: "Service not found.",
  },
  { why: "a negative count", input: { desiredCount: -1 }, message: "Task count can not be lesser than 0" },
  {
    why: "another strategy without force",
    input: { capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }] },
    message:
      "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.",
  },
  {
    why: "balance without room",
    input: { deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 50 } },
    message:
      "The service couldn't be updated because Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration. Update deployment configuration and try again.",
  },
  {
    why: "exec without a task role",
    input: { enableExecuteCommand: true },
    message:
      "The service couldn't be updated because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.",
  },
  {
    why: "another controller",
    input: { deploymentController: { type: "EXTERNAL" } },
    message:
      "Homeport does not have the change of a service's deployment controller to EXTERNAL yet. Leave it out of the request.",
  },
  {
    why: "a definition that is not there",
    input: { taskDefinition: "nothing" },
    code: "ClientException",
    message: "TaskDefinition not found.",
  },
]

async function prepared(): Promise<Agents> {
  const agents = await startAgents()
  const { ecs } = agents.shop
  await ecs.putClusterCapacityProviders({
    cluster: "shop",
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategy: [],
  })
  await ecs.registerTaskDefinition(FARGATE_WEB)
  await agents.define("ported", { portMappings: [{ containerPort: 80 }] })
  await ecs.registerTaskDefinition({
    family: "stored",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 256, mountPoints: MOUNTS }],
    volumes: [{ name: "data", configuredAtLaunch: true }],
  })
  await agents.create({ serviceName: "there" })
  return agents
}

const MOUNTS = [{ sourceVolume: "data", containerPath: "/data" }]

let asked = 0
let agents: Agents
beforeAll(async () => {
  agents = await prepared()
})

test.each(CREATE)("CreateService refuses $why", async ({ input, code = INVALID, message }) => {
  const refused = await agents.create({ serviceName: `refused-${asked++}`, ...input }).catch((error) => error)
  expect([refused.name, refused.message]).toEqual([code, message])
})

test.each(UPDATE)("UpdateService refuses $why, and changes nothing", async ({ input, code = INVALID, message }) => {
  const before = await agents.describe("there")
  const update = agents.shop.ecs.updateService({ cluster: "shop", service: "there", ...input })
  const refused = await update.catch((error) => error)
  expect([refused.name, refused.message]).toEqual([code, message])
  expect(await agents.describe("there")).toEqual(before)
})

test("what is sent with its default value is never refused", async () => {
  const service = await agents.create({
    serviceName: "plain",
    loadBalancers: [],
    serviceRegistries: [],
    serviceConnectConfiguration: { enabled: false },
    volumeConfigurations: [],
    vpcLatticeConfigurations: [],
    gatewayConnectors: [],
    healthCheckGracePeriodSeconds: 0,
    enableExecuteCommand: false,
    deploymentController: { type: "ECS" },
    deploymentConfiguration: { strategy: "ROLLING", lifecycleHooks: [], bakeTimeInMinutes: 0 },
  })
  expect(service.status).toBe("ACTIVE")
})

test("alarms are recorded", async () => {
  const alarms = { alarmNames: ["errors"], enable: true, rollback: true }
  const service = await agents.create({ serviceName: "watched", deploymentConfiguration: { alarms } })
  expect(service.deploymentConfiguration!.alarms).toEqual(alarms)
})

test("a service that wants tasks, or deploys, is deleted by force only", async () => {
  const { ecs } = agents.shop
  const remove = (service: string) => ecs.deleteService({ cluster: "shop", service })
  await expect(remove("there")).rejects.toThrow("The service cannot be stopped while it is scaled above 0.")
  const refused = await remove("nothing").catch((error) => error)
  // The client puts a word of its own in the place of a message that is empty.
  expect(refused.name).toBe("ServiceNotFoundException")
})

test("operations that look refuse what they cannot look at", async () => {
  const { ecs } = agents.shop
  const named = { cluster: "shop" }
  await expect(ecs.describeServices({ ...named, services: [] })).rejects.toThrow("Services cannot be empty.")
  await expect(
    ecs.describeServices({ ...named, services: Array.from({ length: 11 }, (_, index) => `s${index}`) }),
  ).rejects.toThrow("Services cannot have more than 10 elements")
  await expect(ecs.describeServices({ ...named, services: ["there"], include: [wrong("COLOURS")] })).rejects.toThrow(
    "include should be one of [TAGS]",
  )
  await expect(ecs.listServicesByNamespace({ namespace: "shop" })).rejects.toMatchObject({
    name: "NamespaceNotFoundException",
  })
  await expect(ecs.describeServiceRevisions({ serviceRevisionArns: [] })).rejects.toThrow(
    "The Service ARN provided is invalid.",
  )
  const arn = (await agents.describe("there")).currentServiceRevisions![0]!.arn!
  await expect(ecs.describeServiceRevisions({ serviceRevisionArns: [`${arn}0`] })).rejects.toThrow(
    "The ServiceRevision ARN is invalid.",
  )
  await expect(
    ecs.describeServiceRevisions({ serviceRevisionArns: Array.from({ length: 21 }, () => arn) }),
  ).rejects.toThrow("Service Revision ARN count cannot exceed 20")
  await expect(
    ecs.describeServiceRevisions({ serviceRevisionArns: [arn, arn.replace("/there/", "/web/")] }),
  ).rejects.toThrow(
    "Cross service requests are not allowed. All requested service revisions must be for a single service",
  )
  const missing = arn.replace(/\d{19}$/, "1".repeat(19))
  expect((await ecs.describeServiceRevisions({ serviceRevisionArns: [missing] })).failures).toEqual([
    { arn: missing, reason: "MISSING" },
  ])
})

test("what is no ARN of a deployment or a revision is refused as that, as there is nothing to be allowed on it", async () => {
  const { ecs } = agents.shop.as({ only: [] })
  const noDeployment = { name: INVALID, message: "The service deployment ARN is invalid." }
  await expect(ecs.stopServiceDeployment({ serviceDeploymentArn: "a" })).rejects.toMatchObject(noDeployment)
  await expect(ecs.describeServiceDeployments({ serviceDeploymentArns: ["a"] })).rejects.toMatchObject(noDeployment)
  await expect(ecs.describeServiceRevisions({ serviceRevisionArns: ["a"] })).rejects.toMatchObject({
    name: INVALID,
    message: "The Service ARN provided is invalid.",
  })
})
