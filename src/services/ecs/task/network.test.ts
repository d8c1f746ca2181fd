import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { networkInterfaces, privateAddresses } from "../../ec2/index.ts"
import { hostedInterfaces, machines } from "../../fabric/tables.ts"
import { stopTask } from "../lifecycle/stop.ts"
import { POOL_ACCOUNT } from "../pool.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { tasks as tasksTable } from "../tables/task.ts"
import { attach, CAPABLE, EXITED, FARGATE_WEB, RUNNING, type Shop, startShop } from "./testing.ts"

const VPC_WEB: RegisterTaskDefinitionCommandInput = {
  family: "vpc",
  networkMode: "awsvpc",
  containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
}

/** A shop with the default subnets by their zones, and with two definitions in awsvpc mode. */
async function startNetwork() {
  const shop = await startShop()
  await shop.ecs.registerTaskDefinition(VPC_WEB)
  await shop.ecs.registerTaskDefinition(FARGATE_WEB)
  const { Subnets = [] } = await shop.ec2.describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] })
  const subnetIn = (letter: string) => Subnets.find((one) => one.AvailabilityZone === `us-east-1${letter}`)!.SubnetId!
  return { shop, subnetIn, vpcId: Subnets[0]!.VpcId! }
}

function run({ ecs }: Shop, subnets: string[], changes: Partial<RunTaskCommandInput> & { groups?: string[] } = {}) {
  const { groups: securityGroups, ...rest } = changes
  const networkConfiguration = { awsvpcConfiguration: { subnets, ...(securityGroups && { securityGroups }) } }
  return ecs.runTask({ cluster: "shop", taskDefinition: "vpc", networkConfiguration, ...rest })
}

/** Nothing is left of any interface: neither itself, nor its address, nor its place on a machine. */
function expectNoInterfaces({ store, scope }: Shop): void {
  expect(store.size(networkInterfaces)).toBe(0)
  expect(store.size(hostedInterfaces)).toBe(0)
  const addresses = store.transact(scope, (tx) => tx.all(privateAddresses))
  expect(addresses.filter(({ interfaceId }) => interfaceId !== undefined)).toEqual([])
}

test("a task is given an interface with its place, which its account sees and cannot touch", async () => {
  const { shop, subnetIn, vpcId } = await startNetwork()
  const instance = shop.instance("a", { attributes: CAPABLE })
  const { GroupId } = await shop.ec2.createSecurityGroup({ GroupName: "web", Description: "web", VpcId: vpcId })
  const { tasks: [task] = [] } = await run(shop, [subnetIn("b")], { groups: [GroupId!] })

  const [attachment] = task!.attachments!
  expect(attachment).toMatchObject({ type: "ElasticNetworkInterface", status: "ATTACHING" })
  const details = Object.fromEntries(attachment!.details!.map(({ name, value }) => [name, value]))
  expect(Object.keys(details)).toEqual([
    "subnetId",
    "networkInterfaceId",
    "macAddress",
    "privateDnsName",
    "privateIPv4Address",
  ])
  expect(task).toMatchObject({ lastStatus: "PROVISIONING", availabilityZone: "us-east-1b" })
  expect(task!.containers![0]!.networkInterfaces).toEqual([
    { attachmentId: attachment!.id, privateIpv4Address: details.privateIPv4Address },
  ])

  const { NetworkInterfaces } = await shop.ec2.describeNetworkInterfaces({})
  expect(NetworkInterfaces).toMatchObject([
    {
      NetworkInterfaceId: details.networkInterfaceId,
      SubnetId: subnetIn("b"),
      MacAddress: details.macAddress,
      PrivateIpAddress: details.privateIPv4Address,
      Description: `arn:aws:ecs:us-east-1:${shop.account}:attachment/${attachment!.id}`,
      RequesterManaged: true,
      Status: "in-use",
      Groups: [{ GroupId }],
      TagSet: [{ Key: "aws:ecs:clusterName", Value: "shop" }],
    },
  ])
  expect(NetworkInterfaces![0]!.Association).toBeUndefined()
  const named = { NetworkInterfaceId: details.networkInterfaceId! }
  await expect(shop.ec2.deleteNetworkInterface(named)).rejects.toThrow(
    /currently in use|do not have permission|not allowed/,
  )
  await expect(shop.ec2.deleteSecurityGroup({ GroupId: GroupId! })).rejects.toThrow("dependent object")
  expect(shop.store.transact(shop.scope, (tx) => tx.anywhere.installation.all(hostedInterfaces))).toMatchObject([
    { interfaceId: details.networkInterfaceId, vpcId, host: instance.arn },
  ])
})

test("the interface goes with the task, and its events tell of both", async () => {
  const { shop, subnetIn } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  const { tasks: [task] = [] } = await run(shop, [subnetIn("a")])
  const arn = task!.taskArn!
  await attach(shop, arn)
  await shop.ecs.submitTaskStateChange({ cluster: "shop", task: arn, status: "RUNNING", containers: RUNNING })
  await shop.ecs.submitTaskStateChange({ cluster: "shop", task: arn, status: "STOPPED", containers: EXITED })
  await shop.world.settle()
  const told = shop.eventsOf(arn) as { lastStatus: string; attachments: { type: string; status: string }[] }[]
  expect(told.map(({ lastStatus, attachments: [one] }) => [lastStatus, one!.type, one!.status])).toEqual([
    ["PROVISIONING", "eni", "ATTACHING"],
    ["PENDING", "eni", "ATTACHED"],
    ["RUNNING", "eni", "ATTACHED"],
    ["DEPROVISIONING", "eni", "ATTACHED"],
    ["STOPPED", "eni", "DELETED"],
  ])
  expect(JSON.stringify(told)).not.toContain("gateway")
  expectNoInterfaces(shop)
})

test("a FARGATE task of one's own account is on the pool's machine, with a public address if it asks for one", async () => {
  const { shop, subnetIn } = await startNetwork()
  const instance = shop.poolInstance("a")
  const networkConfiguration = {
    awsvpcConfiguration: { subnets: [subnetIn("a")], assignPublicIp: "ENABLED" as const },
  }
  const fargate = { taskDefinition: "fargate-web", launchType: "FARGATE", networkConfiguration } as const
  const { tasks: [task] = [] } = await shop.ecs.runTask({ cluster: "shop", ...fargate })
  const { NetworkInterfaces: [one] = [] } = await shop.ec2.describeNetworkInterfaces({})
  expect(one!.Association).toMatchObject({ IpOwnerId: "amazon", PublicIp: expect.stringMatching(/^198\./) })
  expect(one!.Attachment!.InstanceOwnerId).toBe(POOL_ACCOUNT)
  expect(shop.store.transact(shop.scope, (tx) => tx.anywhere.installation.all(hostedInterfaces))).toMatchObject([
    { host: instance.arn, scope: shop.scope },
  ])
  await shop.ecs.stopTask({ cluster: "shop", task: task!.taskArn! })
  await shop.world.settle()
  expect(shop.task(task!.taskArn!).lastStatus).toBe("STOPPED")
  expectNoInterfaces(shop)
})

test("what is not there, or does not belong together, is refused in EC2's words", async () => {
  const { shop, subnetIn } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  const missing = "subnet-0123456789abcdef0"
  await expect(run(shop, [missing])).rejects.toThrow(
    `Error retrieving subnet information for [${missing}]: The subnet ID '${missing}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
  )
  await expect(run(shop, [subnetIn("a")], { groups: ["sg-0123456789abcdef0"] })).rejects.toThrow(
    "The security group 'sg-0123456789abcdef0' does not exist (ErrorCode: InvalidGroup.NotFound)",
  )
  const { Vpc } = await shop.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
  const { Subnet } = await shop.ec2.createSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: "10.0.0.0/24" })
  const { GroupId } = await shop.ec2.createSecurityGroup({ GroupName: "x", Description: "x", VpcId: Vpc!.VpcId! })
  await expect(run(shop, [subnetIn("a")], { groups: [GroupId!] })).rejects.toThrow("the same VPC as the input subnets")
  await expect(run(shop, [subnetIn("a"), Subnet!.SubnetId!])).rejects.toThrow("the same VPC")
  const networkConfiguration = { awsvpcConfiguration: { subnets: [missing] } }
  const service = { cluster: "shop", serviceName: "web", taskDefinition: "vpc", networkConfiguration }
  await expect(shop.ecs.createService(service)).rejects.toThrow("InvalidSubnetID.NotFound")
  expectNoInterfaces(shop)
})

test("a machine that has said where it is only takes tasks with a subnet there; any other stands in every zone", async () => {
  const { shop, subnetIn } = await startNetwork()
  const inZone = (zone: string) => [...CAPABLE, { name: "ecs.availability-zone", value: zone }]
  const declared = shop.instance("a", { attributes: inZone("us-east-1a") })
  const refused = await run(shop, [subnetIn("b")])
  expect(refused.failures).toMatchObject([{ arn: declared.arn, reason: "LOCATION" }])
  const { tasks: [near] = [] } = await run(shop, [subnetIn("b"), subnetIn("a")])
  expect(near).toMatchObject({ containerInstanceArn: declared.arn, availabilityZone: "us-east-1a" })

  const anywhere = shop.instance("b", { attributes: inZone("us-east-1a"), zoneIsAssumed: true })
  const { tasks: [far] = [] } = await run(shop, [subnetIn("b")])
  expect(far).toMatchObject({ containerInstanceArn: anywhere.arn, availabilityZone: "us-east-1b" })
})

test("a new service is spread over the zones of its subnets from its first task on, on FARGATE too", async () => {
  const { shop, subnetIn } = await startNetwork()
  for (const id of ["a", "b", "c"]) {
    const machine = shop.poolInstance(id)
    shop.change(machine, { attributes: [...CAPABLE, { name: "ecs.availability-zone", value: `us-east-1${id}` }] })
  }
  await shop.ecs.createService({
    cluster: "shop",
    serviceName: "web",
    taskDefinition: "fargate-web",
    launchType: "FARGATE",
    desiredCount: 9,
    networkConfiguration: { awsvpcConfiguration: { subnets: ["a", "b", "c"].map(subnetIn) } },
  })
  await shop.world.settle()
  const zones = shop.store.transact(shop.scope, (tx) => tx.all(tasksTable).map(({ zone }) => zone)).sort()
  expect(zones).toEqual(["a", "a", "a", "b", "b", "b", "c", "c", "c"].map((letter) => `us-east-1${letter}`))
})

test("tasks on a machine that stands in every zone are spread over the zones of their subnets", async () => {
  const { shop, subnetIn } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  const { tasks = [] } = await run(shop, ["a", "b", "c"].map(subnetIn), { count: 6 })
  const zones = tasks.map(({ availabilityZone }) => availabilityZone!).sort()
  expect(zones).toEqual(["a", "a", "b", "b", "c", "c"].map((letter) => `us-east-1${letter}`))
})

test("where no subnet has an address left, a task is not started: RESOURCE:ENI", async () => {
  const { shop, vpcId } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  shop.poolInstance("b")
  const small = { VpcId: vpcId, CidrBlock: "172.31.224.0/28", AvailabilityZone: "us-east-1a" }
  const { Subnet } = await shop.ec2.createSubnet(small)
  const subnets = [Subnet!.SubnetId!]
  const first = await run(shop, subnets, { count: 10 })
  expect(first.tasks).toHaveLength(10)
  const second = await run(shop, subnets, { count: 3 })
  expect(second.tasks).toHaveLength(1)
  expect(second.failures).toMatchObject([{ reason: "RESOURCE:ENI" }])
  const fargate = await run(shop, subnets, { taskDefinition: "fargate-web", launchType: "FARGATE" })
  expect(fargate).toMatchObject({ tasks: [], failures: [{ reason: "RESOURCE:ENI" }] })
  const named = { cluster: "shop", taskDefinition: "vpc", containerInstances: ["a".padEnd(32, "0")] }
  const networkConfiguration = { awsvpcConfiguration: { subnets } }
  expect((await shop.ecs.startTask({ ...named, networkConfiguration })).failures).toMatchObject([
    { reason: "RESOURCE:ENI" },
  ])

  const service = { cluster: "shop", serviceName: "web", taskDefinition: "vpc", desiredCount: 1, networkConfiguration }
  await shop.ecs.createService(service)
  await shop.world.settle()
  const { services: [shown] = [] } = await shop.ecs.describeServices({ cluster: "shop", services: ["web"] })
  expect(shown!.events!.map(({ message }) => message).join("\n")).toContain('encountered error "RESOURCE:ENI"')

  await shop.ecs.stopTask({ cluster: "shop", task: first.tasks![0]!.taskArn! })
  await shop.world.advance(120_000)
  expect((await shop.ecs.listTasks({ cluster: "shop", serviceName: "web" })).taskArns).toHaveLength(1)
})

test("an interface that no agent finds in five minutes is given up, and so is the task", async () => {
  const { shop, subnetIn } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  const { tasks: [task] = [] } = await run(shop, [subnetIn("a")])
  await shop.world.advance(4 * 60_000)
  expect(shop.task(task!.taskArn!).lastStatus).toBe("PROVISIONING")
  await shop.world.advance(61_000)
  expect(shop.task(task!.taskArn!)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    stoppedReason: "Timeout waiting for network interface provisioning to complete.",
    attachments: [{ status: "DELETED" }],
  })
  expectNoInterfaces(shop)
})

test("however a task ends, its interface goes with it", async () => {
  const { shop, subnetIn } = await startNetwork()
  const instance = shop.instance("a", { attributes: CAPABLE })
  const { tasks = [] } = await run(shop, [subnetIn("a")], { count: 6 })
  const [attaching, attached, running, rejected, ended, lost] = tasks.map(({ taskArn }) => taskArn!)
  const { ecs, store, scope, world } = shop
  const submit = (task: string, status: string) => ecs.submitTaskStateChange({ cluster: "shop", task, status })
  for (const arn of [attached, running, rejected, lost]) await attach(shop, arn!)
  await submit(running!, "RUNNING")
  await submit(rejected!, "STOPPED")
  for (const task of [attaching!, attached!, running!]) await ecs.stopTask({ cluster: "shop", task })
  await submit(running!, "STOPPED")
  await submit(attached!, "STOPPED")
  // One that a scheduler gives up before its agent has found the interface.
  store.transact(scope, (tx) => {
    const writer = { tx, now: world.now(), random: world.random }
    stopTask(writer, tx.mustGet(tasksTable, ended!), { code: undefined, reason: "" })
    tx.anywhere.installation.put(machines, { host: instance.arn, underlayAddress: "192.0.2.1" })
    tx.put(containerInstances, { ...tx.mustGet(containerInstances, instance.arn), status: "INACTIVE" })
  })
  await world.settle()
  expect(tasks.map(({ taskArn }) => shop.task(taskArn!).lastStatus)).toEqual(Array(6).fill("STOPPED"))
  expectNoInterfaces(shop)
  expect(store.size(machines)).toBe(0)
})

test("a deployment whose security group has been deleted says so, and goes on when it is another's", async () => {
  const { shop, subnetIn, vpcId } = await startNetwork()
  shop.instance("a", { attributes: CAPABLE })
  const { GroupId } = await shop.ec2.createSecurityGroup({ GroupName: "web", Description: "web", VpcId: vpcId })
  const network = (securityGroups?: string[]) => ({
    awsvpcConfiguration: { subnets: [subnetIn("a")], ...(securityGroups && { securityGroups }) },
  })
  await shop.ecs.createService({
    cluster: "shop",
    serviceName: "web",
    taskDefinition: "vpc",
    desiredCount: 0,
    networkConfiguration: network([GroupId!]),
  })
  await shop.ec2.deleteSecurityGroup({ GroupId: GroupId! })
  await shop.ecs.updateService({ cluster: "shop", service: "web", desiredCount: 1 })
  await shop.world.settle()
  const { services: [shown] = [] } = await shop.ecs.describeServices({ cluster: "shop", services: ["web"] })
  expect(shown!.events!.map(({ message }) => message).join("\n")).toContain(
    `The security group '${GroupId}' does not exist`,
  )
  await shop.ecs.updateService({ cluster: "shop", service: "web", networkConfiguration: network() })
  await shop.world.advance(60_000)
  expect(shop.store.size(networkInterfaces)).toBe(1)
})
