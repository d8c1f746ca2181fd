import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs"
import type { CreateFlowLogsCommandInput } from "@aws-sdk/client-ec2"
import { expect, test } from "vitest"
import { sdkHandler } from "../../src/aws/testing.ts"
import { catalogOver } from "../../src/services/catalog.ts"
import { CAPABLE } from "../../src/services/ecs/task/testing.ts"
import { memoryEventStore } from "../../src/services/logs/segments/memory.ts"
import type { FabricFlow, FabricInterfaceFlows } from "../../src/wire/fabric.ts"
import { follow, NotedFabric, SUBNET, startShop } from "./fabric-setting.ts"

// Flow logs from a machine that tells of flows to the log group that they are for. The machine only makes believe.

class TellingFabric extends NotedFabric {
  #hear: ((flows: FabricInterfaceFlows) => void) | undefined

  flows(_instanceArn: string, hear: (flows: FabricInterfaceFlows) => void) {
    this.#hear = hear
    return () => {}
  }

  tell(flows: FabricInterfaceFlows): void {
    this.#hear!(flows)
  }
}

async function startLogged() {
  const shop = await startShop({ services: catalogOver({ logEvents: memoryEventStore() }) })
  const { account, ecs, ec2, world, door, credentials } = shop
  await ecs.registerTaskDefinition({
    family: "vpc",
    networkMode: "awsvpc",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
  })
  const instance = shop.instance("a", { attributes: CAPABLE })
  const fabric = new TellingFabric()
  follow(shop, instance.arn, { fabric })
  const { tasks } = await ecs.runTask({
    cluster: "shop",
    taskDefinition: "vpc",
    networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } },
  })
  await world.settle()
  const logs = new CloudWatchLogs({
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    requestHandler: sdkHandler(door, world) as never,
    systemClockOffset: world.now() - Date.now(),
  })
  const [one] = fabric.all("interface")
  const startedAt = Math.floor(world.now() / 1000) * 1000 - 60_000
  return {
    shop,
    fabric,
    logs,
    one: one!,
    address: one!.addresses[0]!,
    startedAt,
    start: startedAt / 1000,
    stop: () => ecs.stopTask({ cluster: "shop", task: tasks![0]!.taskArn }),

    async log(given: Partial<CreateFlowLogsCommandInput> = {}): Promise<string> {
      const { FlowLogIds, Unsuccessful } = await ec2.createFlowLogs({
        ResourceType: "VPC",
        ResourceIds: [one!.vpcId],
        TrafficType: "ALL",
        LogGroupName: "flows",
        DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/flows`,
        MaxAggregationInterval: 60,
        ...given,
      })
      expect(Unsuccessful).toEqual([])
      await world.settle()
      return FlowLogIds![0]!
    },

    async tell(given: Partial<FabricInterfaceFlows> = {}): Promise<void> {
      const interval = { intervalSeconds: 60, startedAt, endedAt: startedAt + 60_000, isIncomplete: false, flows: [] }
      fabric.tell({ interfaceId: one!.id, ...interval, ...given })
      await world.settle()
    },

    /** By stream. */
    async lines(logGroupName = "flows"): Promise<Record<string, string[]>> {
      const { logStreams } = await logs.describeLogStreams({ logGroupName })
      const lines: Record<string, string[]> = {}
      for (const { logStreamName } of logStreams!) {
        const { events } = await logs.getLogEvents({ logGroupName, logStreamName, startFromHead: true })
        lines[logStreamName!] = events!.map(({ message }) => message!)
      }
      return lines
    },
  }
}

function formatOf(fields: string): string {
  return fields.replaceAll(/\S+/g, "$${$&}")
}

function aFlow(given: Partial<FabricFlow>): FabricFlow {
  return {
    source: "10.0.0.1",
    destination: "10.0.0.2",
    sourcePort: 40_000,
    destinationPort: 80,
    protocol: 6,
    packets: 10,
    bytes: 840,
    startedAt: 0,
    endedAt: 0,
    isIngress: true,
    isAccepted: true,
    ...given,
  }
}

test("a flow becomes a record of version 2 in the stream of its interface, in a log group that is made for it", async () => {
  const { shop, logs, one, address, startedAt, start, log, tell, lines, fabric } = await startLogged()
  expect(fabric.all("interface")[0]!.flowIntervals).toBeUndefined()
  await log()
  expect(fabric.all("interface")[0]!.flowIntervals).toEqual([60])
  const times = { startedAt: startedAt + 5_250, endedAt: startedAt + 30_900 }
  await tell({
    flows: [
      aFlow({ ...times, startedAt: startedAt + 9_000, destination: address }),
      aFlow({
        ...times,
        source: address,
        destination: "10.0.0.9",
        protocol: 1,
        sourcePort: 0,
        destinationPort: 0,
        isIngress: false,
        isAccepted: false,
      }),
    ],
  })
  expect(await lines()).toEqual({
    [`${one.id}-all`]: [
      `2 ${shop.account} ${one.id} ${address} 10.0.0.9 0 0 1 10 840 ${start + 5} ${start + 30} REJECT OK`,
      `2 ${shop.account} ${one.id} 10.0.0.1 ${address} 40000 80 6 10 840 ${start + 9} ${start + 30} ACCEPT OK`,
    ],
  })
  const { events } = await logs.filterLogEvents({ logGroupName: "flows" })
  expect(events!.map(({ timestamp }) => timestamp)).toEqual([startedAt + 5_000, startedAt + 9_000])
})

test("an interval without traffic and one that was not counted whole are records of their own", async () => {
  const { shop, one, start, startedAt, address, log, tell, lines } = await startLogged()
  await log()
  await tell()
  await tell({ isIncomplete: true })
  await tell({
    isIncomplete: true,
    flows: [aFlow({ startedAt: startedAt + 1_000, endedAt: startedAt + 2_000, destination: address })],
  })
  const empty = `2 ${shop.account} ${one.id} - - - - - - - ${start} ${start + 60} -`
  expect((await lines())[`${one.id}-all`]).toEqual([
    `${empty} NODATA`,
    `${empty} SKIPDATA`,
    `${empty} SKIPDATA`,
    `2 ${shop.account} ${one.id} 10.0.0.1 ${address} 40000 80 6 10 840 ${start + 1} ${start + 2} ACCEPT OK`,
  ])
})

test("each flow log has the traffic, the interval and the fields that it asks for, and says how new they are", async () => {
  const { shop, one, address, fabric, startedAt, log, tell, lines } = await startLogged()
  const format = formatOf("flow-direction srcaddr action version az-id type vpc-id subnet-id tcp-flags")
  await log({ TrafficType: "ACCEPT", ResourceType: "NetworkInterface", ResourceIds: [one.id], LogFormat: format })
  await log({
    TrafficType: "REJECT",
    ResourceType: "Subnet",
    ResourceIds: [one.subnetId],
    LogFormat: formatOf("pkt-srcaddr region"),
  })
  await log({ LogGroupName: "slow", MaxAggregationInterval: 600, LogFormat: formatOf("interface-id") })
  expect(fabric.all("interface")[0]!.flowIntervals).toEqual([60, 600])
  const times = { startedAt, endedAt: startedAt }
  await tell({
    flows: [
      aFlow({ ...times, destination: address }),
      aFlow({ ...times, source: "2001:db8::1", destination: "2001:db8::2", isAccepted: false }),
    ],
  })
  await tell({ intervalSeconds: 600 })
  expect(await lines()).toEqual({
    [`${one.id}-accept`]: [`ingress 10.0.0.1 ACCEPT 5 use1-az1 IPv4 ${one.vpcId} ${one.subnetId} -`],
    [`${one.id}-reject`]: ["2001:db8::1 us-east-1"],
  })
  expect(await lines("slow")).toEqual({ [`${one.id}-all`]: [one.id] })
  expect(shop.log.lines.filter(({ level }) => level === "error")).toEqual([])
})

test("what passed an interface last is logged after it has gone, and a machine is not believed about others' interfaces", async () => {
  const { shop, fabric, one, log, tell, lines, stop } = await startLogged()
  await log()
  const stranger = new TellingFabric()
  follow(shop, shop.instance("b").arn, { fabric: stranger })
  await shop.world.settle()
  const interval = { intervalSeconds: 60, startedAt: 0, endedAt: 0, isIncomplete: false, flows: [] }
  stranger.tell({ interfaceId: one.id, ...interval })
  await shop.world.settle()
  await expect(lines()).rejects.toMatchObject({ name: "ResourceNotFoundException" })

  await stop()
  await shop.world.settle()
  expect(fabric.all("interface")).toEqual([])
  stranger.tell({ interfaceId: one.id, ...interval })
  await tell()
  expect((await lines())[`${one.id}-all`]).toHaveLength(1)
})

test("a flow log that is deleted ends, and its interface is counted no more", async () => {
  const { shop, fabric, log, tell, lines } = await startLogged()
  const FlowLogIds = [await log()]
  await tell()
  await shop.ec2.deleteFlowLogs({ FlowLogIds })
  await shop.world.settle()
  expect(fabric.all("interface")[0]!.flowIntervals).toBeUndefined()
  await tell()
  expect(Object.values(await lines()).flat()).toHaveLength(1)
})

test("who may not pass the role of a flow log may not make one", async () => {
  const { shop, one } = await startLogged()
  const allowing = (...Action: string[]) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "*" }],
  })
  const asked = {
    ResourceType: "VPC" as const,
    ResourceIds: [one.vpcId],
    TrafficType: "ALL" as const,
    LogGroupName: "flows",
    DeliverLogsPermissionArn: `arn:aws:iam::${shop.account}:role/flows`,
  }
  const { ec2 } = shop.as({ user: allowing("ec2:*") })
  await expect(ec2.createFlowLogs(asked)).rejects.toMatchObject({
    name: "UnauthorizedOperation",
    message: expect.stringContaining("iam:PassRole"),
  })
  const { FlowLogIds } = await shop.as({ user: allowing("ec2:*", "iam:PassRole") }).ec2.createFlowLogs(asked)
  expect(FlowLogIds).toHaveLength(1)
})
