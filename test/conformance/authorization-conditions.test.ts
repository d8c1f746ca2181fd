import { expect, test } from "vitest"
import { type Clients, startWorld } from "../../src/services/testing.ts"

// Each condition key of ECS and EC2 lets one call pass and stops another, from a user's policy to the answer.

interface Case {
  readonly action: string
  readonly operator?: string
  readonly key: string
  readonly value: string | ((region: Prepared) => string)
  readonly allowed: (user: Clients, region: Prepared) => Promise<unknown>
  readonly refused: (user: Clients, region: Prepared) => Promise<unknown>
}

const containerDefinitions = [{ name: "app", image: "app", memory: 64 }]

/** Two of everything that policies tell apart. */
async function prepared() {
  const region = await startWorld()
  const { ecs, ec2, account } = region
  const sized = { networkMode: "awsvpc" as const, containerDefinitions }
  await ecs.registerTaskDefinition({ family: "small", ...sized, cpu: "256", memory: "512" })
  await ecs.registerTaskDefinition({ family: "large", ...sized, cpu: "1024", memory: "2048" })
  await ecs.registerTaskDefinition({ family: "plain", containerDefinitions })
  for (const cluster of ["shop", "lab"]) {
    await ecs.createCluster({ clusterName: cluster, tags: [{ key: "team", value: cluster }] })
    await ecs.createService({ cluster, serviceName: "web", taskDefinition: "plain", desiredCount: 0 })
    await ecs.createService({ cluster, serviceName: "own", deploymentController: { type: "EXTERNAL" } })
  }
  const vpcs = await Promise.all(["shop", "lab"].map((team) => makeNetwork(ec2, team)))
  const arn = (resource: string) => `arn:aws:ecs:us-east-1:${account}:${resource}`
  const ec2Arn = (resource: string) => `arn:aws:ec2:us-east-1:${account}:${resource}`
  return { ...region, arn, ec2Arn, shop: vpcs[0]!, lab: vpcs[1]! }
}

type Prepared = Awaited<ReturnType<typeof prepared>>

async function makeNetwork(ec2: Clients["ec2"], team: string) {
  const TagSpecifications = [{ ResourceType: "vpc" as const, Tags: [{ Key: "team", Value: team }] }]
  const VpcId = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16", TagSpecifications })).Vpc!.VpcId!
  const SubnetId = (await ec2.createSubnet({ VpcId, CidrBlock: "10.0.0.0/24" })).Subnet!.SubnetId!
  const group = await ec2.createSecurityGroup({ VpcId, GroupName: "web", Description: "web" })
  return { VpcId, SubnetId, GroupId: group.GroupId! }
}

const service = { cluster: "shop", serviceName: "new", taskDefinition: "plain", desiredCount: 0 }
const task = { cluster: "shop", taskDefinition: "plain" }
const register = { family: "new", containerDefinitions }
const network = (subnet: string, assignPublicIp: "ENABLED" | "DISABLED" = "DISABLED") => ({
  networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], assignPublicIp } },
})
const instance = (digit: string) => digit.repeat(32)
const team = (value: string) => [{ key: "team", value }]

const cases: readonly Case[] = [
  {
    action: "ecs:RunTask",
    operator: "ArnEquals",
    key: "ecs:cluster",
    value: ({ arn }) => arn("cluster/shop"),
    allowed: ({ ecs }) => ecs.runTask(task),
    refused: ({ ecs }) => ecs.runTask({ ...task, cluster: "lab" }),
  },
  {
    action: "ecs:ListTasks",
    operator: "ArnEquals",
    key: "ecs:cluster",
    value: ({ arn }) => arn("cluster/shop"),
    allowed: ({ ecs }) => ecs.listTasks({ cluster: "shop" }),
    refused: ({ ecs }) => ecs.listTasks({ cluster: "lab" }),
  },
  {
    action: "ecs:ListServices",
    operator: "ArnEquals",
    key: "ecs:cluster",
    value: ({ arn }) => arn("cluster/shop"),
    allowed: ({ ecs }) => ecs.listServices({ cluster: "shop" }),
    refused: ({ ecs }) => ecs.listServices({ cluster: "lab" }),
  },
  {
    action: "ecs:DescribeTaskSets",
    operator: "ArnEquals",
    key: "ecs:service",
    value: ({ arn }) => arn("service/shop/own"),
    allowed: ({ ecs }) => ecs.describeTaskSets({ cluster: "shop", service: "own" }),
    refused: ({ ecs }) => ecs.describeTaskSets({ cluster: "lab", service: "own" }),
  },
  {
    action: "ecs:CreateService",
    operator: "ArnEquals",
    key: "ecs:task-definition",
    value: ({ arn }) => arn("task-definition/plain:1"),
    allowed: ({ ecs }) => ecs.createService(service),
    refused: ({ ecs }) => ecs.createService({ ...service, taskDefinition: "small" }),
  },
  {
    action: "ecs:CreateService",
    operator: "NumericLessThanEquals",
    key: "ecs:task-cpu",
    value: "512",
    allowed: ({ ecs }) => ecs.createService({ ...service, taskDefinition: "small" }),
    refused: ({ ecs }) => ecs.createService({ ...service, taskDefinition: "large" }),
  },
  {
    action: "ecs:UpdateService",
    operator: "NumericLessThanEquals",
    key: "ecs:task-memory",
    value: "512",
    allowed: ({ ecs }) => ecs.updateService({ cluster: "shop", service: "web", taskDefinition: "small" }),
    refused: ({ ecs }) => ecs.updateService({ cluster: "shop", service: "web", taskDefinition: "large" }),
  },
  {
    action: "ecs:RegisterTaskDefinition",
    operator: "NumericLessThanEquals",
    key: "ecs:task-memory",
    value: "1024",
    allowed: ({ ecs }) => ecs.registerTaskDefinition({ ...register, memory: "1 GB" }),
    refused: ({ ecs }) => ecs.registerTaskDefinition({ ...register, memory: "2 GB" }),
  },
  {
    action: "ecs:RegisterTaskDefinition",
    key: "ecs:privileged",
    value: "false",
    allowed: ({ ecs }) => ecs.registerTaskDefinition(register),
    refused: ({ ecs }) =>
      ecs.registerTaskDefinition({
        ...register,
        containerDefinitions: [{ ...containerDefinitions[0], privileged: true }],
      }),
  },
  {
    action: "ecs:RegisterTaskDefinition",
    operator: "ForAnyValue:StringEquals",
    key: "ecs:compute-compatibility",
    value: "EC2",
    allowed: ({ ecs }) => ecs.registerTaskDefinition({ ...register, requiresCompatibilities: ["EC2"] }),
    refused: ({ ecs }) => ecs.registerTaskDefinition({ ...register, requiresCompatibilities: ["EXTERNAL"] }),
  },
  {
    action: "ecs:CreateService",
    operator: "Bool",
    key: "ecs:auto-assign-public-ip",
    value: "false",
    allowed: ({ ecs }) => ecs.createService({ ...service, ...network("subnet-1") }),
    refused: ({ ecs }) => ecs.createService({ ...service, ...network("subnet-1", "ENABLED") }),
  },
  {
    action: "ecs:CreateService",
    operator: "ForAllValues:StringEquals",
    key: "ecs:subnet",
    value: "subnet-1",
    allowed: ({ ecs }) => ecs.createService({ ...service, ...network("subnet-1") }),
    refused: ({ ecs }) => ecs.createService({ ...service, ...network("subnet-2") }),
  },
  ...(["CreateService", "RunTask"] as const).map(
    (operation): Case => ({
      action: `ecs:${operation}`,
      operator: "ForAnyValue:ArnEquals",
      key: "ecs:capacity-provider",
      value: ({ arn }) => arn("capacity-provider/FARGATE"),
      allowed: ({ ecs }) => called(ecs, operation, { capacityProviderStrategy: [{ capacityProvider: "FARGATE" }] }),
      refused: ({ ecs }) => called(ecs, operation, { capacityProviderStrategy: [{ capacityProvider: "rack" }] }),
    }),
  ),
  {
    action: "ecs:PutClusterCapacityProviders",
    operator: "ForAllValues:ArnEquals",
    key: "ecs:capacity-provider",
    value: ({ arn }) => arn("capacity-provider/FARGATE"),
    allowed: ({ ecs }) =>
      ecs.putClusterCapacityProviders({
        cluster: "shop",
        capacityProviders: ["FARGATE"],
        defaultCapacityProviderStrategy: [],
      }),
    refused: ({ ecs }) =>
      ecs.putClusterCapacityProviders({
        cluster: "shop",
        capacityProviders: ["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy: [],
      }),
  },
  ...(["CreateService", "RunTask"] as const).map(
    (operation): Case => ({
      action: `ecs:${operation}`,
      key: "ecs:enable-execute-command",
      value: "false",
      allowed: ({ ecs }) => called(ecs, operation, {}),
      refused: ({ ecs }) => called(ecs, operation, { enableExecuteCommand: true }),
    }),
  ),
  {
    action: "ecs:RunTask",
    key: "ecs:enable-ebs-volumes",
    value: "false",
    allowed: ({ ecs }) => ecs.runTask(task),
    refused: ({ ecs }) => ecs.runTask({ ...task, volumeConfigurations: [{ name: "data" }] }),
  },
  {
    action: "ecs:CreateService",
    key: "ecs:enable-ebs-volumes",
    value: "false",
    allowed: ({ ecs }) => ecs.createService(service),
    refused: ({ ecs }) => ecs.createService({ ...service, volumeConfigurations: [{ name: "data" }] }),
  },
  {
    action: "ecs:CreateService",
    operator: "Bool",
    key: "ecs:enable-ecs-managed-tags",
    value: "true",
    allowed: ({ ecs }) => ecs.createService({ ...service, enableECSManagedTags: true }),
    refused: ({ ecs }) => ecs.createService(service),
  },
  {
    action: "ecs:UpdateService",
    key: "ecs:propagate-tags",
    value: "SERVICE",
    allowed: ({ ecs }) => ecs.updateService({ cluster: "shop", service: "web", propagateTags: "SERVICE" }),
    refused: ({ ecs }) => ecs.updateService({ cluster: "shop", service: "web", propagateTags: "NONE" }),
  },
  {
    action: "ecs:CreateService",
    key: "ecs:enable-service-connect",
    value: "false",
    allowed: ({ ecs }) => ecs.createService(service),
    refused: ({ ecs }) => ecs.createService({ ...service, serviceConnectConfiguration: { enabled: true } }),
  },
  {
    action: "ecs:CreateService",
    key: "ecs:enable-vpc-lattice",
    value: "false",
    allowed: ({ ecs }) => ecs.createService(service),
    refused: ({ ecs }) =>
      ecs.createService({
        ...service,
        vpcLatticeConfigurations: [{ roleArn: "role", targetGroupArn: "group", portName: "web" }],
      }),
  },
  {
    action: "ecs:ListServicesByNamespace",
    key: "ecs:namespace",
    value: "shop",
    allowed: ({ ecs }) => ecs.listServicesByNamespace({ namespace: "shop" }),
    refused: ({ ecs }) => ecs.listServicesByNamespace({ namespace: "lab" }),
  },
  {
    action: "ecs:StartTask",
    operator: "ForAllValues:ArnEquals",
    key: "ecs:container-instances",
    value: ({ arn }) => arn(`container-instance/shop/${instance("a")}`),
    allowed: ({ ecs }) => ecs.startTask({ ...task, containerInstances: [instance("a")] }),
    refused: ({ ecs }) => ecs.startTask({ ...task, containerInstances: [instance("a"), instance("b")] }),
  },
  {
    action: "ecs:PutAccountSetting",
    key: "ecs:account-setting",
    value: "containerInsights",
    allowed: ({ ecs }) => ecs.putAccountSetting({ name: "containerInsights", value: "enabled" }),
    refused: ({ ecs }) => ecs.putAccountSetting({ name: "awsvpcTrunking", value: "enabled" }),
  },
  {
    action: "ecs:CreateCluster",
    key: "ecs:fargate-ephemeral-storage-kms-key",
    value: "key-1",
    allowed: ({ ecs }) => ecs.createCluster(storing("key-1")),
    refused: ({ ecs }) => ecs.createCluster(storing("key-2")),
  },
  ...["aws:ResourceTag/team", "ecs:ResourceTag/team"].map(
    (key): Case => ({
      action: "ecs:DescribeClusters",
      key,
      value: "shop",
      allowed: ({ ecs }) => ecs.describeClusters({ clusters: ["shop"] }),
      refused: ({ ecs }) => ecs.describeClusters({ clusters: ["shop", "lab"] }),
    }),
  ),
  {
    action: "ecs:*",
    key: "aws:RequestTag/team",
    value: "shop",
    allowed: ({ ecs }) => ecs.createCluster({ clusterName: "new", tags: team("shop") }),
    refused: ({ ecs }) => ecs.createCluster({ clusterName: "new", tags: team("lab") }),
  },
  {
    action: "ecs:UntagResource",
    operator: "ForAllValues:StringEquals",
    key: "aws:TagKeys",
    value: "stage",
    allowed: ({ ecs }, { arn }) => ecs.untagResource({ resourceArn: arn("cluster/shop"), tagKeys: ["stage"] }),
    refused: ({ ecs }, { arn }) => ecs.untagResource({ resourceArn: arn("cluster/shop"), tagKeys: ["team"] }),
  },
  {
    action: "ec2:DescribeVpcs",
    key: "ec2:Region",
    value: "us-east-1",
    allowed: ({ ec2 }) => ec2.describeVpcs({}),
    refused: async ({ credentials }, { as }) => as({ region: "eu-west-1", credentials }).ec2.describeVpcs({}),
  },
  {
    action: "ec2:DeleteSubnet",
    operator: "ArnEquals",
    key: "ec2:Vpc",
    value: ({ ec2Arn, shop }) => ec2Arn(`vpc/${shop.VpcId}`),
    allowed: ({ ec2 }, { shop }) => ec2.deleteSubnet(shop),
    refused: ({ ec2 }, { lab }) => ec2.deleteSubnet(lab),
  },
  ...["aws:ResourceTag/team", "ec2:ResourceTag/team"].map(
    (key): Case => ({
      action: "ec2:ModifyVpcAttribute",
      key,
      value: "shop",
      allowed: ({ ec2 }, { shop: { VpcId } }) => ec2.modifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: true } }),
      refused: ({ ec2 }, { lab: { VpcId } }) => ec2.modifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: true } }),
    }),
  ),
  {
    action: "ec2:CreateVpcEndpoint",
    operator: "StringEqualsIfExists",
    key: "ec2:VpceServiceName",
    value: "com.amazonaws.us-east-1.s3",
    allowed: ({ ec2 }, { shop: { VpcId } }) => ec2.createVpcEndpoint({ VpcId, ServiceName: endpoint("s3") }),
    refused: ({ ec2 }, { shop: { VpcId } }) => ec2.createVpcEndpoint({ VpcId, ServiceName: endpoint("dynamodb") }),
  },
  {
    action: "ec2:CreateVpcPeeringConnection",
    operator: "ArnEqualsIfExists",
    key: "ec2:AccepterVpc",
    value: ({ ec2Arn, lab }) => ec2Arn(`vpc/${lab.VpcId}`),
    allowed: ({ ec2 }, { shop, lab }) => ec2.createVpcPeeringConnection({ VpcId: shop.VpcId, PeerVpcId: lab.VpcId }),
    refused: ({ ec2 }, { shop }) =>
      ec2.createVpcPeeringConnection({ VpcId: shop.VpcId, PeerVpcId: "vpc-00000000000000000" }),
  },
  {
    action: "ec2:CreateTags",
    key: "ec2:CreateAction",
    value: "CreateVpc",
    allowed: ({ ec2 }) => ec2.createVpc({ CidrBlock: "10.0.0.0/16", TagSpecifications: tagged("vpc") }),
    refused: ({ ec2 }, { shop }) => ec2.createTags({ Resources: [shop.VpcId], Tags: [{ Key: "a", Value: "b" }] }),
  },
]

function called(ecs: Clients["ecs"], operation: "CreateService" | "RunTask", more: object): Promise<unknown> {
  return operation === "RunTask" ? ecs.runTask({ ...task, ...more }) : ecs.createService({ ...service, ...more })
}

function storing(fargateEphemeralStorageKmsKeyId: string) {
  return {
    clusterName: "new",
    configuration: { managedStorageConfiguration: { fargateEphemeralStorageKmsKeyId } },
  }
}

function endpoint(name: string): string {
  return `com.amazonaws.us-east-1.${name}`
}

function tagged(ResourceType: "vpc") {
  return [{ ResourceType, Tags: [{ Key: "team", Value: "shop" }] }]
}

test.each(cases)("$key decides about $action", async ({ action, operator = "StringEquals", key, value, ...calls }) => {
  const region = await prepared()
  const Condition = { [operator]: { [key]: typeof value === "function" ? value(region) : value } }
  const Statement = [
    { Effect: "Allow", Action: action, Resource: "*", Condition },
    // What is made with tags has to be made as well.
    ...(action === "ec2:CreateTags" ? [{ Effect: "Allow", Action: "ec2:CreateVpc", Resource: "*" }] : []),
  ]
  const user = region.as({ user: { Version: "2012-10-17", Statement } })

  expect(await isDenied(calls.refused(user, region))).toBe(true)
  expect(await isDenied(calls.allowed(user, region))).toBe(false)
})

/** What passes may still be refused for another reason, as what is not supported is. */
async function isDenied(answer: Promise<unknown>): Promise<boolean> {
  return answer.then(
    () => false,
    ({ name }) => name === "AccessDeniedException" || name === "UnauthorizedOperation",
  )
}
