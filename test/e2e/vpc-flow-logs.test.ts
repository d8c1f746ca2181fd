import { expect, test } from "vitest"
import { ask } from "./private-network.ts"
import { startStack } from "./stack.ts"
import { ON, sh } from "./stack-task.ts"
import { until } from "./until.ts"
import { serving, startVpcs, tcp } from "./vpc-setting.ts"

// Flow logs, from packets between real containers to what CloudWatch Logs answers.

const stack = await startStack()
const vpcs = startVpcs(stack)
const { id: vpcId, subnets } = await vpcs.defaultVpc()

test("what a task's group lets in and what it refuses is in the log group of its VPC's flow log", async () => {
  const { Vpcs } = await vpcs.ec2.describeVpcs({ VpcIds: [vpcId] })
  const account = Vpcs![0]!.OwnerId!
  await vpcs.ec2.createFlowLogs({
    ResourceType: "VPC",
    ResourceIds: [vpcId],
    TrafficType: "ALL",
    LogGroupName: "/vpc/flows",
    DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/flows`,
    MaxAggregationInterval: 60,
  })
  const group = await vpcs.group(vpcId, [tcp(80)])
  const command = sh(`${serving("web")} ${ON}`)
  const web = await vpcs.run({ command }, { subnets, groups: [group] })
  const client = await vpcs.run({ command }, { subnets, groups: [group] })
  await until(async () => (await ask(client.namespace, "tcp", web.address, 80)) === "web")
  expect(await ask(client.namespace, "tcp", web.address, 7)).toBe("nothing")

  // An interval ends early with its interface.
  await web.stop()
  await web.stopped()
  const lines = await until(async () => {
    const { events = [] } = await stack.logs
      .filterLogEvents({ logGroupName: "/vpc/flows", logStreamNames: [`${web.interfaceId}-all`] })
      .catch(() => ({ events: [] }))
    return events.length >= 3 && events.map(({ message }) => message!)
  })
  const packetsOf = (record: RegExp) => Number(lines.map((line) => record.exec(line)?.[1]).find(Boolean))
  const own = `^2 ${account} ${web.interfaceId}`
  const count = "(\\d+) \\d+ \\d+ \\d+"
  expect(
    packetsOf(new RegExp(`${own} ${client.address} ${web.address} \\d+ 80 6 ${count} ACCEPT OK$`)),
  ).toBeGreaterThan(3)
  expect(
    packetsOf(new RegExp(`${own} ${web.address} ${client.address} 80 \\d+ 6 ${count} ACCEPT OK$`)),
  ).toBeGreaterThan(3)
  expect(packetsOf(new RegExp(`${own} ${client.address} ${web.address} \\d+ 7 6 ${count} REJECT OK$`))).toBeGreaterThan(
    0,
  )
})
