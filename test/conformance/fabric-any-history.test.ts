import fc from "fast-check"
import { expect, test } from "vitest"
import { CAPABLE } from "../../src/services/ecs/task/testing.ts"
import { type FabricNode, follow, type Shop, SUBNET, startShop } from "./fabric-setting.ts"

// Whatever users do, and whenever connections break: who has heard a snapshot and all changes knows what a snapshot tells.

const seconds = fc.record({ kind: fc.constant("live" as const), ms: fc.constantFrom(0, 1, 300, 3_000) })
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("run" as const), on: fc.nat(1), group: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("stop" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("allow" as const), group: fc.nat(2), port: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forbid" as const), group: fc.nat(2), port: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("subnet" as const), number: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("route" as const), number: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("peer" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unpeer" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("address" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("resolve" as const), isOn: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), which: fc.nat(1) }) },
  { weight: 3, arbitrary: seconds },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

test("a snapshot and its changes are what a fresh snapshot is, after any history", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const setting = await startSetting()
      for (const [at, one] of actions.entries()) {
        // What an action asks for may be refused: then nothing has changed.
        await act(setting, one, at).catch(() => {})
      }
      await setting.shop.world.advance(10_000)
      for (const [at, { link, fabric }] of setting.nodes.entries()) {
        const known = fabric.content()
        link.stop()
        await setting.shop.world.advance(100)
        const fresh = follow(setting.shop, setting.instances[at]!)
        await setting.shop.world.advance(1_000)
        expect(fresh.fabric.steps[0]!.kind).toBe("snapshot")
        expect(known).toEqual(fresh.fabric.content())
        fresh.link.stop()
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

interface Setting {
  readonly shop: Shop
  readonly nodes: readonly FabricNode[]
  readonly instances: readonly string[]
  readonly groups: readonly string[]
  readonly vpcId: string
  readonly peerId: string
  readonly tasks: string[]
}

async function startSetting(): Promise<Setting> {
  const shop = await startShop()
  await shop.ecs.registerTaskDefinition({
    family: "vpc",
    networkMode: "awsvpc",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
  })
  const instances = ["a", "b"].map((id) => shop.instance(id, { attributes: CAPABLE }).arn)
  const { Vpcs } = await shop.ec2.describeVpcs({})
  const vpcId = Vpcs![0]!.VpcId!
  const { Vpc } = await shop.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
  const groups: string[] = []
  for (const GroupName of ["x", "y", "z"]) {
    groups.push((await shop.ec2.createSecurityGroup({ GroupName, Description: GroupName, VpcId: vpcId })).GroupId!)
  }
  const nodes = instances.map((arn, at) => follow(shop, arn, { address: `192.0.2.${at + 1}` }))
  await shop.world.settle()
  return { shop, nodes, instances, groups, vpcId, peerId: Vpc!.VpcId!, tasks: [] }
}

async function act(setting: Setting, action: Action, at: number): Promise<void> {
  const { shop, nodes, instances, groups, vpcId, peerId, tasks } = setting
  const { ec2, ecs, world } = shop
  switch (action.kind) {
    case "run": {
      const awsvpcConfiguration = { subnets: [SUBNET], securityGroups: [groups[action.group]!] }
      const { tasks: started } = await ecs.startTask({
        cluster: "shop",
        taskDefinition: "vpc",
        containerInstances: [instances[action.on]!],
        networkConfiguration: { awsvpcConfiguration },
      })
      tasks.push(...started!.map(({ taskArn }) => taskArn!))
      return
    }
    case "stop":
      await ecs.stopTask({ cluster: "shop", task: tasks.splice(action.which % tasks.length, 1)[0]! })
      return
    case "allow":
      await ec2.authorizeSecurityGroupIngress({ GroupId: groups[action.group]!, IpPermissions: [permission(action)] })
      return
    case "forbid":
      await ec2.revokeSecurityGroupIngress({ GroupId: groups[action.group]!, IpPermissions: [permission(action)] })
      return
    case "subnet":
      await ec2.createSubnet({ VpcId: vpcId, CidrBlock: `172.31.${200 + action.number}.0/24` })
      return
    case "route": {
      const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] })
      const { InternetGateways } = await ec2.describeInternetGateways({})
      await ec2.createRoute({
        RouteTableId: RouteTables![0]!.RouteTableId!,
        DestinationCidrBlock: `198.51.${action.number}.0/24`,
        GatewayId: InternetGateways![0]!.InternetGatewayId!,
      })
      return
    }
    case "peer": {
      const { VpcPeeringConnection: made } = await ec2.createVpcPeeringConnection({ VpcId: vpcId, PeerVpcId: peerId })
      await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId: made!.VpcPeeringConnectionId! })
      return
    }
    case "unpeer": {
      const { VpcPeeringConnections: all = [] } = await ec2.describeVpcPeeringConnections({
        Filters: [{ Name: "status-code", Values: ["active"] }],
      })
      await ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId: all[0]!.VpcPeeringConnectionId! })
      return
    }
    case "address": {
      const { NetworkInterfaces: all = [] } = await ec2.describeNetworkInterfaces({})
      const { AllocationId } = await ec2.allocateAddress({})
      const NetworkInterfaceId = all[action.which % all.length]!.NetworkInterfaceId!
      await ec2.associateAddress({ AllocationId: AllocationId!, NetworkInterfaceId })
      return
    }
    case "resolve":
      await ec2.modifyVpcAttribute({ VpcId: vpcId, EnableDnsHostnames: { Value: action.isOn } })
      return
    case "cut":
      nodes[action.which]!.region.cut()
      return
    case "live":
      await world.advance(action.ms + (at % 2))
  }
}

function permission({ port }: { readonly port: number }) {
  return { IpProtocol: "tcp", FromPort: 80 + port, ToPort: 80 + port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }
}
