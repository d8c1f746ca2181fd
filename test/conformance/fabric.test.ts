import { expect, test } from "vitest"
import { CAPABLE } from "../../src/services/ecs/task/testing.ts"
import { machines } from "../../src/services/fabric/tables.ts"
import { follow, type Shop, SUBNET, startShop } from "./fabric-setting.ts"

// The fabric's stream between the real control plane and a machine that only notes what it is told.

async function startFabric() {
  const shop = await startShop()
  await shop.ecs.registerTaskDefinition({
    family: "vpc",
    networkMode: "awsvpc",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
  })
  const instance = shop.instance("a", { attributes: CAPABLE })
  return { shop, instance }
}

async function run({ ecs, world }: Shop, subnet = SUBNET, securityGroups?: string[]): Promise<string> {
  const awsvpcConfiguration = { subnets: [subnet], ...(securityGroups && { securityGroups }) }
  const { tasks } = await ecs.runTask({
    cluster: "shop",
    taskDefinition: "vpc",
    networkConfiguration: { awsvpcConfiguration },
  })
  await world.settle()
  return tasks![0]!.taskArn!
}

test("a machine without interfaces is told that nothing should exist", async () => {
  const { shop, instance } = await startFabric()
  const { fabric } = follow(shop, instance.arn)
  await shop.world.settle()
  expect(fabric.steps).toEqual([{ kind: "snapshot", version: expect.any(Number), count: 0 }])
})

test("with its first interface in a VPC a machine is told of all of that VPC, and with its last it is to forget it", async () => {
  const { shop, instance } = await startFabric()
  const { fabric } = follow(shop, instance.arn)
  const task = await run(shop)
  const [vpc] = fabric.all("vpc")
  expect(vpc).toEqual({
    id: expect.stringMatching(/^vpc-/),
    cidrs: ["172.31.0.0/16"],
    cidrs6: [],
    networkNumber: expect.any(Number),
    dnsSupport: true,
    dnsHostnames: true,
    domainName: "ec2.internal",
    domainNameServers: [],
  })
  expect(fabric.all("subnet")).toHaveLength(4)
  expect(fabric.all("subnet").find(({ id }) => id === SUBNET)).toMatchObject({
    cidr: "172.31.240.0/20",
    aclId: fabric.all("acl")[0]!.id,
    routeTableId: fabric.all("routeTable")[0]!.id,
  })
  expect(fabric.all("routeTable")[0]!.routes).toEqual([
    { destination: "0.0.0.0/0", target: "internet", targetId: expect.stringMatching(/^igw-/) },
  ])
  const [one] = fabric.all("interface")
  const [group] = fabric.all("group")
  expect(one).toMatchObject({
    vpcId: vpc!.id,
    subnetId: SUBNET,
    host: instance.arn,
    groupIds: [group!.id],
    sourceDestCheck: true,
    privateDnsName: expect.stringMatching(/^ip-172-31-/),
  })
  expect(group).toMatchObject({
    ingress: [{ protocol: "-1", groupId: group!.id }],
    egress: [{ protocol: "-1", cidrs: ["0.0.0.0/0"] }],
    members: one!.addresses,
  })
  expect(fabric.all("acl")[0]!.ingress).toMatchObject([{ protocol: "-1", cidr: "0.0.0.0/0", isAllowed: true }])

  await shop.ecs.stopTask({ cluster: "shop", task })
  await shop.world.settle()
  expect(fabric.content()).toEqual([])
})

test("a change of a rule is told alone, and only to those who follow the VPC", async () => {
  const { shop, instance } = await startFabric()
  const { fabric } = follow(shop, instance.arn)
  const idle = follow(shop, shop.instance("b").arn)
  await run(shop)
  const before = fabric.steps.length
  const [group] = fabric.all("group")
  await shop.ec2.authorizeSecurityGroupIngress({
    GroupId: group!.id,
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
  })
  await shop.world.settle()
  expect(fabric.steps.slice(before)).toEqual([{ kind: "change", version: expect.any(Number), count: 1 }])
  expect(fabric.all("group")[0]!.ingress).toContainEqual({
    protocol: "tcp",
    fromPort: 80,
    toPort: 80,
    cidrs: ["10.0.0.0/8"],
  })
  expect(idle.fabric.steps).toHaveLength(1)
})

test("machines that share a VPC are told of each other, and where they are reached", async () => {
  const { shop, instance } = await startFabric()
  const other = shop.instance("b", { attributes: [...CAPABLE, { name: "rack", value: "b" }] })
  const here = follow(shop, instance.arn, { address: "192.0.2.1" })
  const there = follow(shop, other.arn, { address: "192.0.2.2" })
  await shop.world.settle()
  for (const containerInstance of [instance, other]) {
    await shop.ecs.startTask({
      cluster: "shop",
      taskDefinition: "vpc",
      containerInstances: [containerInstance.arn],
      networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } },
    })
  }
  await shop.world.settle()
  expect(here.fabric.all("machine")).toEqual([{ id: other.arn, host: other.arn, underlayAddress: "192.0.2.2" }])
  expect(there.fabric.all("machine")).toEqual([{ id: instance.arn, host: instance.arn, underlayAddress: "192.0.2.1" }])
  expect(here.fabric.all("interface").map(({ host }) => host)).toContain(other.arn)

  await shop.ecs.deregisterContainerInstance({ cluster: "shop", containerInstance: other.arn, force: true })
  await shop.world.settle()
  expect(here.fabric.all("machine")).toEqual([])
  expect(here.fabric.all("interface").map(({ host }) => host)).toEqual([instance.arn])
  expect(there.fabric.content()).toEqual([])

  // It has nothing to look for here any more, and does not become a machine again by asking.
  await shop.world.advance(60_000)
  expect(there.region.urls).toHaveLength(2)
  expect(there.link.connection.isOpen).toBe(false)
  expect(shop.store.size(machines)).toBe(1)
})

test("who is peered with a VPC is followed along, between accounts too, as long as the peering is active", async () => {
  const { shop, instance } = await startFabric()
  const { fabric } = follow(shop, instance.arn)
  await run(shop)
  const other = shop.as({ account: "another" })
  const { Vpc } = await other.ec2.createVpc({ CidrBlock: "10.9.0.0/16" })
  const { VpcPeeringConnection: peering } = await shop.ec2.createVpcPeeringConnection({
    VpcId: fabric.all("vpc")[0]!.id,
    PeerVpcId: Vpc!.VpcId!,
    PeerOwnerId: other.account,
  })
  await shop.world.settle()
  expect(fabric.all("vpc")).toHaveLength(1)
  const named = { VpcPeeringConnectionId: peering!.VpcPeeringConnectionId! }
  await other.ec2.acceptVpcPeeringConnection(named)
  await shop.world.settle()
  expect(fabric.all("vpc").map(({ cidrs }) => cidrs)).toContainEqual(["10.9.0.0/16"])
  expect(fabric.all("peering")).toEqual([
    { id: named.VpcPeeringConnectionId, vpcIds: expect.arrayContaining([Vpc!.VpcId]) },
  ])
  expect(new Set(fabric.all("vpc").map(({ networkNumber }) => networkNumber)).size).toBe(2)

  await other.ec2.createSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: "10.9.1.0/24" })
  await shop.world.settle()
  expect(fabric.all("subnet").some(({ vpcId }) => vpcId === Vpc!.VpcId)).toBe(true)
  await shop.ec2.deleteVpcPeeringConnection(named)
  await shop.world.settle()
  expect(fabric.all("vpc")).toHaveLength(1)
  expect(fabric.all("subnet").some(({ vpcId }) => vpcId === Vpc!.VpcId)).toBe(false)
  expect(fabric.all("peering")).toEqual([])
})

test("a machine of the pool is told of the VPCs of every account that has a task on it", async () => {
  const { shop } = await startFabric()
  const pool = shop.poolInstance("p")
  const { fabric } = follow(shop, pool.arn)
  for (const client of [shop, shop.as({ account: "another" })]) {
    const { Subnets } = await client.ec2.describeSubnets({})
    const subnets = [Subnets!.find(({ AvailabilityZone }) => AvailabilityZone === "us-east-1a")!.SubnetId!]
    await client.ecs.createCluster({ clusterName: "shop" })
    await client.ecs.registerTaskDefinition({
      family: "pooled",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "app", image: "nginx" }],
    })
    await client.ecs.runTask({
      cluster: "shop",
      taskDefinition: "pooled",
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets } },
    })
  }
  await shop.world.settle()
  expect(fabric.all("vpc").map(({ cidrs }) => cidrs)).toEqual([["172.31.0.0/16"], ["172.31.0.0/16"]])
  expect(fabric.all("interface").map(({ host }) => host)).toEqual([pool.arn, pool.arn])
})

test("a machine that was cut off goes on where it was, and after a restart of the region it begins anew", async () => {
  const { shop, instance } = await startFabric()
  const node = follow(shop, instance.arn)
  await run(shop)
  node.region.cut()
  await run(shop)
  await shop.world.advance(2_000)
  expect(node.fabric.steps.filter(({ kind }) => kind === "snapshot")).toHaveLength(1)
  expect(node.fabric.all("interface")).toHaveLength(2)

  const again = await shop.restart()
  node.link.stop()
  const later = follow({ ...shop, ...again }, instance.arn, { fabric: node.fabric })
  await shop.world.advance(2_000)
  expect(later.fabric.steps.filter(({ kind }) => kind === "snapshot")).toHaveLength(2)
  expect(later.fabric.all("interface")).toHaveLength(2)
})

test("an idle connection stays, as long as the machine answers on it", async () => {
  const { shop, instance } = await startFabric()
  const answering = follow(shop, instance.arn)
  const stuck = follow(shop, shop.instance("b").arn)
  stuck.fabric.snapshot = () => new Promise(() => {})
  await shop.world.advance(70_000)
  expect(stuck.region.urls).toHaveLength(1)
  await shop.world.advance(20_000)
  expect(stuck.region.urls).toHaveLength(2)
  await shop.world.advance(20 * 60_000)
  expect(answering.region.urls).toHaveLength(1)
})

test("what a machine cannot make is in the region's log", async () => {
  const { shop, instance } = await startFabric()
  const { fabric } = follow(shop, instance.arn)
  fabric.failures = [{ kind: "interface", id: "eni-1", reason: "no such device" }]
  await run(shop)
  expect(shop.log.lines.some(({ message }) => message === "a machine cannot make all of the network")).toBe(true)
})

test("nobody follows an instance of another account", async () => {
  const { shop, instance } = await startFabric()
  const stranger = shop.as({ account: "another" })
  const { fabric, region } = follow({ ...shop, as: () => stranger }, instance.arn)
  await shop.world.advance(1_000)
  expect(region.urls.length).toBeGreaterThan(0)
  expect(fabric.steps).toEqual([])
})
