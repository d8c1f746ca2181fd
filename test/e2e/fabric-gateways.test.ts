import { expect, onTestFinished, test } from "vitest"
import { openFabricMachine } from "./fabric-machine.ts"
import { aGroup, aNetwork, anInterface, aRouteTable, aSubnet, aVpc } from "./fabric-records.ts"
import { answer, ask, enterPrivateNetwork, run } from "./private-network.ts"

// The ways out of a VPC, and between VPCs.

const { hostAddress, world, worldAddress } = enterPrivateNetwork()

test("a task with a public address reaches the world and is reached at it from the host, and one without does not", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5", { publicAddress: "198.18.0.5" })
  const hidden = anInterface("eni-hidden", "10.0.0.6")
  const routes = [{ destination: "0.0.0.0/0", target: "internet" as const }]
  await machine.fabric.snapshot("one", 1, aNetwork([app, hidden], { routeTable: [aRouteTable({ routes })] }))
  const [there, here] = [await machine.path(app), await machine.path(hidden)]
  await answer(there, "tcp", 80, "app")
  await answer(world, "tcp", 80, "world")
  expect(await ask(there, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
  expect(await ask(here, "tcp", worldAddress, 80)).toBe("nothing")
  expect(await ask(undefined, "tcp", "198.18.0.5", 80)).toMatch(/^app sees /)
  expect(await ask(there, "tcp", "198.18.0.5", 80)).toBe("app sees 198.18.0.5")

  // The world may know the way, and yet nothing comes in.
  run(
    `nsenter --net=${world} sh -c "ip route add 198.18.0.0/15 via ${hostAddress}; ip route add 10.0.0.0/8 via ${hostAddress}"`,
  )
  onTestFinished(() => void run(`nsenter --net=${world} sh -c "ip route del 198.18.0.0/15; ip route del 10.0.0.0/8"`))
  expect(await ask(world, "tcp", "198.18.0.5", 80)).toBe("nothing")
  expect(await ask(world, "tcp", "10.0.0.5", 80)).toBe("nothing")
})

test("a NAT gateway takes a private subnet into the world, and nobody in", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.1.5", { subnetId: "subnet-private" })
  const open = aRouteTable({ routes: [{ destination: "0.0.0.0/0", target: "internet" }] })
  const closed = aRouteTable({
    id: "rtb-private",
    routes: [{ destination: "0.0.0.0/0", target: "nat", targetId: "nat-a" }],
  })
  const subnet = [aSubnet(), aSubnet({ id: "subnet-private", cidr: "10.0.1.0/24", routeTableId: "rtb-private" })]
  const gateway = anInterface("eni-nat", "10.0.0.9", { publicAddress: "198.18.0.9" })
  const { host: _, ...nowhere } = gateway
  const natGateway = [
    { id: "nat-a", vpcId: "vpc-a", subnetId: "subnet-a", interfaceId: "eni-nat", publicAddress: "198.18.0.9" },
  ]
  const network = aNetwork([app, nowhere], { routeTable: [open, closed], subnet, natGateway })
  expect(await machine.fabric.snapshot("one", 1, network)).toEqual([])
  const there = await machine.path(app)
  await answer(there, "tcp", 80, "app")
  await answer(world, "tcp", 80, "world")
  expect(await ask(there, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
  expect(await ask(undefined, "tcp", "198.18.0.9", 80)).not.toMatch(/^app/)

  await machine.fabric.change("one", 2, {}, { natGateway: ["nat-a"] })
  expect(await ask(there, "tcp", worldAddress, 80)).not.toMatch(/^world/)
})

test("VPCs with the same addresses stay apart, the host reaches the first, and is told so of the other", async () => {
  const machine = await openFabricMachine()
  const first = aNetwork([anInterface("eni-1", "10.0.0.5")])
  const ofB = { vpcId: "vpc-b" }
  const second = aNetwork(
    [
      anInterface("eni-2", "10.0.0.5", { ...ofB, subnetId: "subnet-b", groupIds: ["sg-b"] }),
      anInterface("eni-3", "10.0.0.6", { ...ofB, subnetId: "subnet-b", groupIds: ["sg-b"] }),
    ],
    {
      vpc: [aVpc({ id: "vpc-b" })],
      subnet: [aSubnet({ id: "subnet-b", ...ofB, routeTableId: "rtb-b" })],
      routeTable: [aRouteTable({ id: "rtb-b", ...ofB })],
      group: [aGroup({ id: "sg-b", ...ofB })],
    },
  )
  expect(await machine.fabric.snapshot("one", 1, first)).toEqual([])
  const told = await machine.fabric.change("one", 2, second, {})
  expect(told).toEqual([{ kind: "vpc", id: "vpc-b", reason: expect.stringContaining("10.0.0.0/16 elsewhere") }])
  const [one, two, three] = await Promise.all([...first.interface!, ...second.interface!].map((of) => machine.path(of)))
  await answer(one!, "tcp", 80, "one")
  await answer(two!, "tcp", 80, "two")
  expect(await ask(three, "tcp", "10.0.0.5", 80)).toBe("two sees 10.0.0.6")
  expect(await ask(undefined, "tcp", "10.0.0.5", 80)).toMatch(/^one sees /)

  // When the first has gone, the host reaches the other.
  await machine.fabric.change("one", 3, {}, { interface: ["eni-1"] })
  expect(await ask(undefined, "tcp", "10.0.0.5", 80)).toMatch(/^two sees /)
})

test("peered VPCs reach each other where both route tables say so, and groups of the one let in members of the other", async () => {
  const machine = await openFabricMachine()
  const toB = { destination: "10.1.0.0/16", target: "peering" as const, targetId: "pcx-1" }
  const toA = { destination: "10.0.0.0/16", target: "peering" as const, targetId: "pcx-1" }
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const ofB = { vpcId: "vpc-b", subnetId: "subnet-b" }
  const client = anInterface("eni-client", "10.1.0.5", { ...ofB, groupIds: ["sg-b"] })
  const stranger = anInterface("eni-stranger", "10.1.0.6", { ...ofB, groupIds: ["sg-b2"] })
  const network = aNetwork([app, client, stranger], {
    vpc: [aVpc(), aVpc({ id: "vpc-b", cidrs: ["10.1.0.0/16"], networkNumber: 78 })],
    subnet: [aSubnet(), aSubnet({ id: "subnet-b", vpcId: "vpc-b", cidr: "10.1.0.0/24", routeTableId: "rtb-b" })],
    routeTable: [aRouteTable({ routes: [toB] }), aRouteTable({ id: "rtb-b", vpcId: "vpc-b", routes: [toA] })],
    group: [
      aGroup({ id: "sg-app", ingress: [{ protocol: "-1", groupId: "sg-b" }] }),
      aGroup({ id: "sg-b", vpcId: "vpc-b", members: ["10.1.0.5"] }),
      aGroup({ id: "sg-b2", vpcId: "vpc-b", members: ["10.1.0.6"] }),
    ],
    peering: [{ id: "pcx-1", vpcIds: ["vpc-a", "vpc-b"] }],
  })
  expect(await machine.fabric.snapshot("one", 1, network)).toEqual([])
  const [there, here, other] = await Promise.all([app, client, stranger].map((of) => machine.path(of)))
  await answer(there!, "tcp", 80, "app")
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.1.0.5")
  expect(await ask(other, "tcp", "10.0.0.5", 80)).toBe("nothing")
  await machine.restart()
  expect(await machine.fabric.settled()).toEqual([])
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.1.0.5")

  await machine.fabric.change("one", 2, {}, { peering: ["pcx-1"] })
  expect(await ask(here, "tcp", "10.0.0.5", 80)).not.toMatch(/^app/)
})

test("the metadata of instances is out of reach, and what is served inside of a task's namespace is not", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5", { publicAddress: "198.18.0.5" })
  const routes = [{ destination: "0.0.0.0/0", target: "internet" as const }]
  await machine.fabric.snapshot("one", 1, aNetwork([app], { routeTable: [aRouteTable({ routes })] }))
  const there = await machine.path(app)
  run("ip address add 169.254.169.254/32 dev lo")
  onTestFinished(() => void run("ip address del 169.254.169.254/32 dev lo"))
  await answer("/proc/thread-self/ns/net", "tcp", 80, "instance")
  const { networks } = machine.host
  const cancel = await networks.serve(there, "169.254.170.2", 80, (socket) => socket.end("metadata"))
  expect(await ask(undefined, "tcp", "169.254.169.254", 80)).toMatch(/^instance/)
  expect(await ask(there, "tcp", "169.254.169.254", 80)).toBe("nothing")
  expect(await ask(there, "tcp", "169.254.170.2", 80)).toBe("metadata")
  await machine.fabric.snapshot("one", 2, aNetwork([{ ...app, addresses: ["10.0.0.5", "10.0.0.7"] }]))
  expect(await ask(there, "tcp", "169.254.170.2", 80)).toBe("metadata")
  cancel()
})
