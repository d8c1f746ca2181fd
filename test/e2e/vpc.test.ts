import { expect, onTestFinished, test } from "vitest"
import { lookUp, openTalk } from "./fabric-talk.ts"
import { containerLinks } from "./leaks.ts"
import { answer, ask } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { EXECUTION, taskRole } from "./stack-role.ts"
import { IDLE, ON, register, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { onFargate, serving, startVpcs, tcp } from "./vpc-setting.ts"

// Tasks in VPCs, from Amazon's SDK down to packets between real containers.

const stack = await startStack()
const vpcs = startVpcs(stack)
const { ec2 } = vpcs
const { id: vpcId, subnets } = await vpcs.defaultVpc()
const HERE = "/proc/self/ns/net"

const server = (name: string) => ({ command: sh(`${serving(name)} ${ON}`) })
const heard = (from: string | undefined, address: string, words: string, port = 80) =>
  until(async () => (await ask(from, "tcp", address, port)) === words)

/** What is said there once it listens, which a container that runs does a moment later. */
const firstWords = (from: string, address: string) =>
  until(async () => {
    const words = await ask(from, "tcp", address, 80)
    return words !== "refused" && words
  })

test("what a task on FARGATE says is in the logs of its own account", async () => {
  const options = { "awslogs-group": "/ecs/far", "awslogs-region": "us-east-1", "awslogs-create-group": "true" }
  const logConfiguration = { logDriver: "awslogs" as const, options: { ...options, "awslogs-stream-prefix": "run" } }
  const allows = [{ Action: "logs:CreateLogGroup", Resource: "*" }]
  const executionRoleArn = await taskRole(stack, "execution", { managed: [EXECUTION], allows })
  await vpcs.run({ command: sh(`echo from afar; ${ON}`), logConfiguration }, { subnets, executionRoleArn })
  const read = () => stack.logs.filterLogEvents({ logGroupName: "/ecs/far" }).catch(() => ({ events: [] }))
  await until(async () => (await read()).events?.some(({ message }) => message === "from afar"))
})

test("a task on FARGATE has an interface, as the API, its metadata and its resolver say", async () => {
  const group = await vpcs.group(vpcId, [tcp(80)])
  const wish = { subnets, groups: [group], assignPublicIp: true }
  const web = await vpcs.run(server("web"), wish)
  const { attachments, containers, launchType } = await web.describe()
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [web.interfaceId] })
  const { MacAddress, SubnetId, Association, PrivateDnsName, ...record } = NetworkInterfaces![0]!
  expect(launchType).toBe("FARGATE")
  expect(attachments).toMatchObject([{ type: "ElasticNetworkInterface", status: "ATTACHED" }])
  expect(Object.fromEntries(attachments![0]!.details!.map(({ name, value }) => [name, value]))).toEqual({
    subnetId: SubnetId,
    networkInterfaceId: web.interfaceId,
    macAddress: MacAddress,
    privateDnsName: PrivateDnsName,
    privateIPv4Address: web.address,
  })
  expect(containers![0]!.networkInterfaces).toEqual([
    { attachmentId: attachments![0]!.id, privateIpv4Address: web.address },
  ])
  expect(record).toMatchObject({ Status: "in-use", RequesterManaged: true, Groups: [{ GroupId: group }] })
  expect(PrivateDnsName).toBe(`ip-${web.address.replaceAll(".", "-")}.ec2.internal`)

  await heard(undefined, web.address, "web")
  expect(Association!.PublicIp).toMatch(/^198\.1[89]\./)
  await heard(undefined, Association!.PublicIp!, "web")

  const client = await vpcs.run(
    {
      command: sh(
        `wget -qO- $ECS_CONTAINER_METADATA_URI_V4; echo; grep -E '^(nameserver|search)' /etc/resolv.conf
         nc ${PrivateDnsName} 80 </dev/null
         nc -w 1 169.254.169.254 80 </dev/null || echo no instance metadata; echo done; ${ON}`,
      ),
    },
    wish,
  )
  const [metadata, ...said] = await client.output()
  expect(JSON.parse(metadata!).Networks).toMatchObject([
    { NetworkMode: "awsvpc", IPv4Addresses: [client.address], DomainNameServers: ["172.31.0.2"] },
  ])
  expect(said).toEqual(
    expect.arrayContaining(["nameserver 172.31.0.2", "search ec2.internal", "web", "no instance metadata"]),
  )
  for (const resolver of ["172.31.0.2", "169.254.169.253"])
    expect(await lookUp(client.namespace, resolver, PrivateDnsName!, "A")).toEqual([web.address])
})

test("a task reaches the world through its VPC's gateway with a public address, and without one it does not", async () => {
  await answer(stack.world, "tcp", 9000, "world")
  const [open, closed] = await Promise.all([
    vpcs.run({ command: IDLE }, { subnets, assignPublicIp: true }),
    vpcs.run({ command: IDLE }, { subnets }),
  ])
  expect(await ask(open.namespace, "tcp", stack.worldAddress, 9000)).toMatch(/^world sees /)
  expect(await ask(closed.namespace, "tcp", stack.worldAddress, 9000)).toBe("nothing")
})

test("nothing reaches a task before a rule lets it in, nor when the rule is gone, and the rest goes on", async () => {
  const group = await vpcs.group(vpcId)
  const [web, client] = await Promise.all([
    vpcs.run(server("web"), { subnets, groups: [group] }),
    vpcs.run({ command: IDLE }, { subnets, groups: [group] }),
  ])
  const both = () => Promise.all([undefined, client.namespace].map((from) => ask(from, "tcp", web.address, 80)))
  expect(await both()).toEqual(["nothing", "nothing"])

  await ec2.authorizeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(80), tcp(7)] })
  await heard(undefined, web.address, "web")
  await heard(client.namespace, web.address, "web")
  const talks = await Promise.all([HERE, client.namespace].map((from) => openTalk(from, web.address, 7)))
  expect(await Promise.all(talks.map((talk) => talk.say("open")))).toEqual(["open", "open"])

  await ec2.revokeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(80)] })
  await heard(undefined, web.address, "nothing")
  expect(await ask(client.namespace, "tcp", web.address, 80)).toBe("nothing")
  expect(await Promise.all(talks.map((talk) => talk.say("on")))).toEqual(["on", "on"])

  await ec2.revokeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(7)] })
  await heard(undefined, web.address, "nothing", 7)
  expect(await Promise.all(talks.map((talk) => talk.say("late")))).toEqual(["nothing", "nothing"])
})

test("a rule that names a group lets in its members alone, of either launch type", async () => {
  const members = await vpcs.group(vpcId)
  const ofMembers = { UserIdGroupPairs: [{ GroupId: members }] }
  const group = await vpcs.group(vpcId, [tcp(80, ofMembers)])
  const [web, member, outsider] = await Promise.all([
    vpcs.run(server("web"), { subnets, groups: [group], launchType: "EC2" }),
    vpcs.run({ command: IDLE }, { subnets, groups: [members] }),
    vpcs.run({ command: IDLE }, { subnets, groups: [await vpcs.group(vpcId)], launchType: "EC2" }),
  ])
  expect(await web.describe()).toMatchObject({
    launchType: "EC2",
    containerInstanceArn: expect.stringContaining(":container-instance/"),
    attachments: [{ type: "ElasticNetworkInterface", status: "ATTACHED" }],
  })
  await heard(member.namespace, web.address, "web")
  expect(await Promise.all([outsider.namespace, undefined].map((from) => ask(from, "tcp", web.address, 80)))).toEqual([
    "nothing",
    "nothing",
  ])

  await ec2.revokeSecurityGroupIngress({ GroupId: group, IpPermissions: [tcp(80, ofMembers)] })
  await heard(member.namespace, web.address, "nothing")
})

test("VPCs of the same range stay apart, even at the same addresses, and of a full one it is said", async () => {
  const [one, other] = [await smallVpc(), await smallVpc()]
  const ones = await Promise.all([vpcs.run(server("one"), one), vpcs.run(server("one"), one)])
  const taken = ones.map(({ address }) => address)
  // All that is left there are the two addresses that tasks have here.
  const filling = ADDRESSES.filter((address) => !taken.includes(address)).map(async (PrivateIpAddress) => {
    const made = await ec2.createNetworkInterface({ SubnetId: other.subnets[0]!, PrivateIpAddress })
    const { NetworkInterfaceId } = made.NetworkInterface!
    onTestFinished(async () => void (await ec2.deleteNetworkInterface({ NetworkInterfaceId })))
  })
  await Promise.all(filling)
  const others = await Promise.all([vpcs.run(server("other"), other), vpcs.run(server("other"), other)])
  expect(others.map(({ address }) => address).sort()).toEqual(taken.toSorted())

  const across = ([a, b]: typeof ones) =>
    Promise.all([firstWords(a.namespace, b.address), firstWords(b.namespace, a.address)])
  expect(await across(ones)).toEqual(["one", "one"])
  expect(await across(others)).toEqual(["other", "other"])

  const { tasks, failures } = await stack.ecs.runTask({
    taskDefinition: await register(stack, { main: { command: IDLE } }, onFargate),
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: other.subnets, securityGroups: other.groups } },
  })
  expect({ tasks, failures }).toMatchObject({ tasks: [], failures: [{ reason: "RESOURCE:ENI" }] })
})

async function smallVpc() {
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.99.0.0/28" })
  const id = Vpc!.VpcId!
  const { Subnet } = await ec2.createSubnet({ VpcId: id, CidrBlock: "10.99.0.0/28" })
  return { subnets: [Subnet!.SubnetId!], groups: [await vpcs.group(id, [tcp(80)])] }
}

/** All of such a subnet that are not the VPC's own. */
const ADDRESSES = Array.from({ length: 11 }, (_, index) => `10.99.0.${index + 4}`)

test("an interface ends with its task, in the API and in the kernel", async () => {
  await until(() => vpcs.inKernel().length === 0)
  const task = await vpcs.run({ command: IDLE }, { subnets })
  expect(vpcs.inKernel()).toEqual([task.interfaceId, vpcId])
  expect(containerLinks()).not.toBe("")

  // It is ECS's, and nobody else's to change.
  const NetworkInterfaceId = task.interfaceId
  const Groups = [await vpcs.group(vpcId)]
  await expect(ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups })).rejects.toMatchObject({
    name: "AuthFailure",
    message: "You do not have permission to access the specified resource.",
  })
  await expect(ec2.deleteNetworkInterface({ NetworkInterfaceId })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `Network interface '${NetworkInterfaceId}' is currently in use.`,
  })

  await task.stop()
  expect(await task.stopped()).toMatchObject({ attachments: [{ status: "DELETED" }] })
  await expect(ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [task.interfaceId] })).rejects.toMatchObject({
    name: "InvalidNetworkInterfaceID.NotFound",
  })
  await until(() => vpcs.inKernel().length === 0)
  expect(containerLinks()).toBe("")
})
