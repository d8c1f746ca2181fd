import { expect, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { homeport } from "./command-line.ts"
import { testFolder } from "./folder.ts"
import { answer, ask, run } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { ON, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { serving, startVpcs, tcp } from "./vpc-setting.ts"

// VPCs and what is beyond the machine, where the network leads to it: the operator's own public addresses, and networks
// behind a VPC.

const stack = await startStack("--public-range", "198.51.100.0/24")
const vpcs = startVpcs(stack)
const { ec2 } = vpcs
const { id: vpcId, subnets } = await vpcs.defaultVpc()
run(
  `nsenter --net=${stack.world} sh -c "ip route add 198.51.100.0/24 via 203.0.113.1; ip route add 10.40.0.0/24 via 203.0.113.1"`,
)

test("a public address of the operator's range is reached from outside, as far as groups let it, and is seen there", async () => {
  await answer(stack.world, "tcp", 9000, "world")
  const group = await vpcs.group(vpcId, [tcp(80)])
  const command = sh(`${serving("web")} ${ON}`)
  const web = await vpcs.run({ command }, { subnets, groups: [group], assignPublicIp: true })
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [web.interfaceId] })
  const { PublicIp } = NetworkInterfaces![0]!.Association!
  expect(PublicIp).toMatch(/^198\.51\.100\./)
  await until(async () => (await ask(stack.world, "tcp", PublicIp!, 80)) === "web")
  expect(await ask(stack.world, "tcp", PublicIp!, 7)).toBe("nothing")
  expect(await ask(stack.world, "tcp", web.address, 80)).not.toBe("web")
  expect(await ask(web.namespace, "tcp", stack.worldAddress, 9000)).toBe(`world sees ${PublicIp}`)
})

test("a private NAT gateway takes tasks into networks behind their VPC, under its own address, and nobody in", async () => {
  await answer(stack.world, "tcp", 9001, "office")
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.40.0.0/24" })
  const VpcId = Vpc!.VpcId!
  const subnet = async (CidrBlock: string) => (await ec2.createSubnet({ VpcId, CidrBlock })).Subnet!.SubnetId!
  const [own, others] = [await subnet("10.40.0.0/28"), await subnet("10.40.0.16/28")]
  const { NatGateway } = await ec2.createNatGateway({ SubnetId: others, ConnectivityType: "private" })
  const NatGatewayIds = [NatGateway!.NatGatewayId!]
  const read = async () => (await ec2.describeNatGateways({ NatGatewayIds })).NatGateways![0]!
  await until(async () => (await read()).State === "available")
  const { PrivateIp, PublicIp } = (await read()).NatGatewayAddresses![0]!
  expect(PublicIp).toBeUndefined()

  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const RouteTableId = RouteTable!.RouteTableId!
  await ec2.associateRouteTable({ RouteTableId, SubnetId: own })
  const toOffice = { RouteTableId, DestinationCidrBlock: "203.0.113.0/24" }
  await ec2.createRoute({ ...toOffice, NatGatewayId: NatGatewayIds[0]! })
  const group = await vpcs.group(VpcId, [tcp(80)])
  const command = sh(`${serving("web")} ${ON}`)
  const task = await vpcs.run({ command }, { subnets: [own], groups: [group] })
  await until(async () => (await ask(task.namespace, "tcp", stack.worldAddress, 9001)) === `office sees ${PrivateIp}`)
  expect(await ask(stack.world, "tcp", task.address, 80)).not.toBe("web")

  await ec2.deleteRoute(toOffice)
  await until(async () => !/^office/.test(await ask(task.namespace, "tcp", stack.worldAddress, 9001)))
})

test.each(["203.0.113.0", "fd00::/64", "10.0.0.0/33", "anywhere"])("no range of addresses is %s", async (range) => {
  const refused = await homeport("server", "--data", testFolder(), "--public-range", range)
  expect(refused).toMatchObject({ code: EXIT.usage, err: expect.stringContaining("--public-range takes a block") })
})

test("a range of which nobody can have an address is refused", async () => {
  const refused = await homeport("server", "--data", testFolder(), "--port", "0", "--public-range", "127.0.0.0/16")
  expect(refused).toMatchObject({ code: EXIT.refused, err: expect.stringContaining("Name another block") })
})

test("an address that no other machine could use is none by which this one is reached", async () => {
  for (const address of ["127.0.0.1", "machine.example.org", "::1", "0.0.0.0"]) {
    const refused = await homeport("node", "run", "--data", testFolder(), "--underlay", address)
    expect(refused).toMatchObject({ code: EXIT.usage, err: expect.stringContaining("--underlay takes") })
  }
})
