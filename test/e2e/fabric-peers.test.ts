import { expect, test } from "vitest"
import { openFabricNode } from "./fabric-node.ts"
import { aGroup, aNetwork, anInterface, aRouteTable, aSubnet, aVpc, instanceArn } from "./fabric-records.ts"
import { answer, ask, enterPrivateNetwork } from "./private-network.ts"

const { hostAddress, world, worldAddress } = enterPrivateNetwork()
const otherArn = `${instanceArn}-other`

test("interfaces of peered VPCs reach each other on different machines, as far as groups let them", async () => {
  const one = await openFabricNode({
    network: "/proc/thread-self/ns/net",
    instanceArn,
    underlayAddress: hostAddress,
    linkAddresses: "172.29.2.0/24",
  })
  const other = await openFabricNode({
    network: world,
    instanceArn: otherArn,
    underlayAddress: worldAddress,
    linkAddresses: "172.29.3.0/24",
  })
  const ofB = { vpcId: "vpc-b", subnetId: "subnet-b", groupIds: ["sg-b"] }
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.1.0.5", { ...ofB, host: otherArn })
  const toA = { destination: "10.0.0.0/16", target: "peering" as const, targetId: "pcx-1" }
  const toB = { ...toA, destination: "10.1.0.0/16" }
  const ofClient = { protocol: "tcp", fromPort: 80, toPort: 80, groupId: "sg-b" }
  const network = aNetwork([app, client], {
    vpc: [aVpc(), aVpc({ id: "vpc-b", cidrs: ["10.1.0.0/16"], networkNumber: 78 })],
    subnet: [aSubnet(), aSubnet({ id: "subnet-b", vpcId: "vpc-b", cidr: "10.1.0.0/24", routeTableId: "rtb-b" })],
    routeTable: [aRouteTable({ routes: [toB] }), aRouteTable({ id: "rtb-b", vpcId: "vpc-b", routes: [toA] })],
    group: [
      aGroup({ id: "sg-app", ingress: [ofClient] }),
      aGroup({ id: "sg-b", vpcId: "vpc-b", ingress: [], members: ["10.1.0.5"] }),
    ],
    peering: [{ id: "pcx-1", vpcIds: ["vpc-a", "vpc-b"] }],
    machine: [
      { id: "one", host: instanceArn, underlayAddress: hostAddress },
      { id: "other", host: otherArn, underlayAddress: worldAddress },
    ],
  })
  expect(await one.snapshot(1, network)).toEqual([])
  expect(await other.snapshot(1, network)).toEqual([])
  await answer(one.path("eni-app"), "tcp", 80, "app")
  await answer(one.path("eni-app"), "tcp", 81, "app")
  await answer(other.path("eni-client"), "tcp", 80, "client")
  expect(await ask(other.path("eni-client"), "tcp", "10.0.0.5", 80)).toBe("app sees 10.1.0.5")
  expect(await ask(other.path("eni-client"), "tcp", "10.0.0.5", 81)).toBe("nothing")
  expect(await ask(one.path("eni-app"), "tcp", "10.1.0.5", 80)).toBe("nothing")
})
