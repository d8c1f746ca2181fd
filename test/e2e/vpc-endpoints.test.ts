import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { lookUp } from "./fabric-talk.ts"
import { answer, ask } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { IDLE, ON, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { serving, startVpcs, tcp } from "./vpc-setting.ts"

// What a VPC's settings do to its tasks: ways to the region, names, lists of blocks.

const stack = await startStack()
const vpcs = startVpcs(stack)
const { ec2 } = vpcs
const { id: vpcId, subnets } = await vpcs.defaultVpc()
const [subnet] = subnets

const heard = (from: string | undefined, address: string, words: string | RegExp, port = 80) =>
  until(async () => (await ask(from, "tcp", address, port)).match(words))

test("an interface endpoint leads from tasks to the region, by the service's name and as far as groups let them", async () => {
  const clients = await vpcs.group(vpcId)
  const group = await vpcs.group(vpcId, [tcp(80, { UserIdGroupPairs: [{ GroupId: clients }] })])
  const { VpcEndpoint } = await ec2.createVpcEndpoint({
    VpcEndpointType: "Interface",
    VpcId: vpcId,
    ServiceName: "com.amazonaws.us-east-1.ecs",
    SubnetIds: [subnet!],
    SecurityGroupIds: [group],
    PrivateDnsEnabled: true,
  })
  const { VpcEndpointId, NetworkInterfaceIds, DnsEntries } = VpcEndpoint!
  const remove = () => ec2.deleteVpcEndpoints({ VpcEndpointIds: [VpcEndpointId!] })
  onTestFinished(async () => void (await remove()))
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: NetworkInterfaceIds! })
  const address = NetworkInterfaces![0]!.PrivateIpAddress!

  const names = DnsEntries!.map(({ DnsName }) => DnsName!)
  expect(names).toContain("ecs.us-east-1.amazonaws.com")
  const asking = names.map((name) => `until wget -qO- http://${name}/readyz; do sleep 0.1; done; echo`).join("\n")
  const [client, outsider] = await Promise.all([
    vpcs.run({ command: sh(`${asking}\necho done; ${ON}`) }, { subnets, groups: [clients] }),
    vpcs.run({ command: IDLE }, { subnets, groups: [await vpcs.group(vpcId)] }),
  ])
  const said = (await client.output()).filter((line) => line !== "")
  expect(said).toEqual(names.map(() => expect.stringMatching(/^(ok|ready)/)))
  for (const name of names) expect(await lookUp(client.namespace, "172.31.0.2", name, "A")).toEqual([address])
  expect(await ask(outsider.namespace, "tcp", address, 80)).toBe("nothing")
  expect(vpcs.inKernel()).toContain(NetworkInterfaceIds![0])

  await stack.killNode()
  await until(async () => (await stack.nodePid()) !== undefined && (await stack.isConnected()))
  const readyz = () => getting(client.namespace, address)
  await until(async () => (await readyz()) === 200)

  await remove()
  await until(() => !vpcs.inKernel().includes(NetworkInterfaceIds![0]!))
  await until(async () => (await lookUp(client.namespace, "172.31.0.2", names[0]!, "A")) !== address)
  expect(await readyz()).not.toBe(200)
})

test("DHCP options give tasks their search domain and name servers", async () => {
  const vpc = await smallVpc("10.30.0.0/24")
  const options = async (Values: string[]) => {
    const { DhcpOptions } = await ec2.createDhcpOptions({
      DhcpConfigurations: [
        { Key: "domain-name", Values: ["shop.internal"] },
        { Key: "domain-name-servers", Values },
        { Key: "ntp-servers", Values: ["169.254.169.123"] },
      ],
    })
    await ec2.associateDhcpOptions({ VpcId: vpc.id, DhcpOptionsId: DhcpOptions!.DhcpOptionsId! })
    const show = "grep -E '^(nameserver|search)' /etc/resolv.conf"
    const task = await vpcs.run({ command: sh(`${show}; echo done; ${ON}`) }, vpc)
    return (await task.output()).toSorted()
  }
  expect(await options(["AmazonProvidedDNS"])).toEqual(["nameserver 10.30.0.2", "search shop.internal"])
  expect(await options(["192.0.2.53", "192.0.2.54"])).toEqual([
    "nameserver 192.0.2.53",
    "nameserver 192.0.2.54",
    "search shop.internal",
  ])
})

test("a prefix list that a rule names lets in who is in it just now", async () => {
  const vpc = await smallVpc("10.31.0.0/24")
  const list = await prefixList()
  const [web, client] = await Promise.all([
    vpcs.run({ command: sh(`${serving("web")} ${ON}`) }, { ...vpc, groups: [await groupFor(vpc.id, list.id)] }),
    vpcs.run({ command: IDLE }, vpc),
  ])
  expect(await ask(client.namespace, "tcp", web.address, 80)).toBe("nothing")
  await list.change({ AddEntries: [{ Cidr: `${client.address}/32` }] })
  await heard(client.namespace, web.address, "web")
  await list.change({ RemoveEntries: [{ Cidr: `${client.address}/32` }] })
  await heard(client.namespace, web.address, "nothing")
})

test("a route to a prefix list leads where the list says", async () => {
  await answer(stack.world, "tcp", 9000, "world")
  const vpc = await smallVpc("10.32.0.0/24")
  const { InternetGateway } = await ec2.createInternetGateway({})
  const { InternetGatewayId } = InternetGateway!
  await ec2.attachInternetGateway({ VpcId: vpc.id, InternetGatewayId: InternetGatewayId! })
  const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [vpc.id] }] })
  const list = await prefixList()
  await ec2.createRoute({
    RouteTableId: RouteTables![0]!.RouteTableId!,
    DestinationPrefixListId: list.id,
    GatewayId: InternetGatewayId!,
  })
  const task = await vpcs.run({ command: IDLE }, { ...vpc, assignPublicIp: true })
  expect(await ask(task.namespace, "tcp", stack.worldAddress, 9000)).not.toMatch(/^world/)
  await list.change({ AddEntries: [{ Cidr: `${stack.worldAddress}/32` }] })
  await heard(task.namespace, stack.worldAddress, /^world sees/, 9000)
})

async function prefixList() {
  const { PrefixList } = await ec2.createManagedPrefixList({
    PrefixListName: "customers",
    AddressFamily: "IPv4",
    MaxEntries: 5,
  })
  const id = PrefixList!.PrefixListId!
  let CurrentVersion = 1
  return {
    id,
    async change(change: { AddEntries?: { Cidr: string }[]; RemoveEntries?: { Cidr: string }[] }) {
      await ec2.modifyManagedPrefixList({ PrefixListId: id, CurrentVersion: CurrentVersion++, ...change })
    },
  }
}

async function groupFor(id: string, PrefixListId: string): Promise<string> {
  const group = await vpcs.group(id)
  const permission = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, PrefixListIds: [{ PrefixListId }] }
  await ec2.authorizeSecurityGroupIngress({ GroupId: group, IpPermissions: [permission] })
  return group
}

async function smallVpc(cidr: string) {
  const { Vpc } = await ec2.createVpc({ CidrBlock: cidr })
  const id = Vpc!.VpcId!
  const { Subnet } = await ec2.createSubnet({ VpcId: id, CidrBlock: cidr })
  return { id, subnets: [Subnet!.SubnetId!], groups: [await vpcs.group(id)] }
}

/** The status with which an address answers whether it is ready; nothing when it does not answer. */
async function getting(from: string, address: string): Promise<number | undefined> {
  const script = `fetch("http://${address}/readyz", { signal: AbortSignal.timeout(1000) })
    .then(({ status }) => console.log(status), () => {})`
  const { stdout } = await promisify(execFile)("nsenter", [`--net=${from}`, process.execPath, "-e", script])
  return stdout === "" ? undefined : Number(stdout)
}
