import { setTimeout as pause } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { openFabricMachine } from "./fabric-machine.ts"
import { aGroup, aNetwork, anAcl, anInterface, aSubnet, aVpc, instanceArn, named } from "./fabric-records.ts"
import { echoAt, hearStream, openTalk } from "./fabric-talk.ts"
import { answer, answerByEcho, ask, enterPrivateNetwork, run } from "./private-network.ts"
import { until } from "./until.ts"

enterPrivateNetwork()
const everything = { protocol: "-1", cidr: "0.0.0.0/0", isAllowed: true }
const everything6 = { ...everything, cidr: "::/0" }

test("tasks of a VPC reach each other at their private addresses, and the host reaches them", async () => {
  const machine = await openFabricMachine()
  const [app, client] = [anInterface("eni-app", "10.0.0.5"), anInterface("eni-client", "10.0.0.6")]
  expect(await machine.fabric.snapshot("one", 1, aNetwork([app, client]))).toEqual([])
  const [there, here] = [await machine.path(app), await machine.path(client)]
  await answer(there, "tcp", 80, "app")

  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  expect(await ask(undefined, "tcp", "10.0.0.5", 80)).toMatch(/^app sees 172\.29\./)
  expect(run(`nsenter --net=${there} ip -o link show eth0`)).toContain(app.macAddress)
  expect(run(`nsenter --net=${there} ip -4 -o address show eth0`)).toContain("10.0.0.5/24")
  expect(run(`nsenter --net=${there} ip route`)).toContain("default via 10.0.0.1 dev eth0")
})

test("a security group lets in what it says and nothing else, and a change is in force when it is applied", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.0.0.6", { groupIds: ["sg-client"] })
  const closed = aGroup({ id: "sg-app", ingress: [], members: ["10.0.0.5"] })
  const clients = aGroup({ id: "sg-client", ingress: [], members: ["10.0.0.6"] })
  await machine.fabric.snapshot("one", 1, aNetwork([app, client], { group: [closed, clients] }))
  const [there, here] = [await machine.path(app), await machine.path(client)]
  await answer(there, "tcp", 80, "app")
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("nothing")

  const open = { ...closed, ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, groupId: "sg-client" }] }
  expect(await machine.fabric.change("one", 2, { group: [open] }, {})).toEqual([])
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  expect(await ask(undefined, "tcp", "10.0.0.5", 80)).toBe("nothing")

  expect(await machine.fabric.change("one", 3, { group: [{ ...clients, members: [] }] }, {})).toEqual([])
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("nothing")
})

test("a connection goes on over a restart and over a change that leaves it allowed, and ends with one that does not", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.0.0.6")
  const web = { protocol: "tcp", fromPort: 80, toPort: 80, cidrs: ["10.0.0.0/24"] }
  const group = aGroup({ id: "sg-app", ingress: [web] })
  await machine.fabric.snapshot("one", 1, aNetwork([app, client], { group: [aGroup(), group] }))
  const [there, here] = [await machine.path(app), await machine.path(client)]
  await answerByEcho(there, 80)
  const talk = await openTalk(here, "10.0.0.5", 80)
  expect(await talk.say("first")).toBe("first")

  const before = run(`nsenter --net=${there} ip -o link show eth0; nft list ruleset`)
  await machine.restart()
  expect(await machine.fabric.settled()).toEqual([])
  expect(await machine.path(app)).toBe(there)
  expect(run(`nsenter --net=${there} ip -o link show eth0; nft list ruleset`)).toBe(before)
  expect(await talk.say("after a restart")).toBe("after a restart")

  const wider = { ...group, ingress: [{ ...web, fromPort: 1, toPort: 1000 }] }
  await machine.fabric.change("one", 2, { group: [wider] }, {})
  expect(await talk.say("after a change")).toBe("after a change")

  await machine.fabric.change("one", 3, { group: [{ ...group, ingress: [] }] }, {})
  expect(await talk.say("too late")).toBe("nothing")
})

test("what comes from an address or a MAC that is not the interface's is dropped", async () => {
  const machine = await openFabricMachine()
  const [app, client] = [anInterface("eni-app", "10.0.0.5"), anInterface("eni-client", "10.0.0.6")]
  await machine.fabric.snapshot("one", 1, aNetwork([app, client]))
  const [there, here] = [await machine.path(app), await machine.path(client)]
  await answer(there, "udp", 80, "app")
  expect(await ask(here, "udp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")

  run(`nsenter --net=${here} ip link set eth0 address 0a:00:00:00:00:01`)
  expect(await ask(here, "udp", "10.0.0.5", 80)).toBe("nothing")
  run(`nsenter --net=${here} ip link set eth0 address ${client.macAddress}`)
  run(`nsenter --net=${here} sh -c "ip address flush dev eth0; ip address add 10.0.0.77/24 dev eth0 noprefixroute;
    ip route add 10.0.0.1 dev eth0; ip route add default via 10.0.0.1"`)
  expect(await ask(here, "udp", "10.0.0.5", 80)).toBe("nothing")
  const relay = { ...client, sourceDestCheck: false }
  await machine.fabric.change("one", 2, { interface: [relay] }, {})
  await answer(there, "udp", 81, "app")
  // Its answer goes to whoever has the address, which is nobody; that it came is what is looked at.
  const counter = () =>
    Number(
      /rx (\d+)/.exec(
        run(`nsenter --net=${there} sh -c 'echo rx $(cat /proc/net/snmp | grep ^Udp: | tail -1 | cut -d" " -f2)'`),
      )![1],
    )
  const count = counter()
  expect(await ask(here, "udp", "10.0.0.5", 81)).toBe("nothing")
  expect(counter()).toBe(count + 1)
})

test("network ACLs stand between subnets, know no connections, and leave a subnet's inside alone", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5")
  const neighbour = anInterface("eni-neighbour", "10.0.0.6")
  const outsider = anInterface("eni-outsider", "10.0.1.5", { subnetId: "subnet-b" })
  const web = { protocol: "tcp", fromPort: 80, toPort: 80, cidr: "10.0.0.0/16", isAllowed: true }
  const back = { protocol: "tcp", fromPort: 1024, toPort: 65535, cidr: "0.0.0.0/0", isAllowed: true }
  const acl = anAcl({ id: "acl-b", ingress: [web], egress: [back] })
  const subnet = [aSubnet({ aclId: "acl-b" }), aSubnet({ id: "subnet-b", cidr: "10.0.1.0/24" })]
  await machine.fabric.snapshot("one", 1, aNetwork([app, neighbour, outsider], { acl: [anAcl(), acl], subnet }))
  const [there, near, far] = [await machine.path(app), await machine.path(neighbour), await machine.path(outsider)]
  for (const port of [80, 81]) await answer(there, "tcp", port, "app")
  expect(await ask(far, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.1.5")
  expect(await ask(far, "tcp", "10.0.0.5", 81)).toBe("nothing")
  expect(await ask(near, "tcp", "10.0.0.5", 81)).toBe("app sees 10.0.0.6")

  await machine.fabric.change("one", 2, { acl: [{ ...acl, egress: [] }] }, {})
  expect(await ask(far, "tcp", "10.0.0.5", 80)).toBe("nothing")
})

test("a sender of datagrams that nobody asks any more is cut off with the rule that let the asker in", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.0.0.6", { groupIds: ["sg-client"] })
  const open = aGroup({
    id: "sg-app",
    ingress: [{ protocol: "udp", fromPort: 80, toPort: 80, cidrs: ["10.0.0.0/16"] }],
  })
  const clients = aGroup({ id: "sg-client", ingress: [] })
  await machine.fabric.snapshot("one", 1, aNetwork([app, client], { group: [open, clients] }))
  const heard = await hearStream(await machine.path(app), await machine.path(client), "10.0.0.5", 80)
  const goesOn = async () => {
    const before = heard()
    await pause(300)
    return heard() > before
  }
  expect(await goesOn()).toBe(true)
  await machine.fabric.change("one", 2, { group: [{ ...clients, members: ["10.0.0.6"] }] }, {})
  await pause(300)
  expect(await goesOn()).toBe(true)
  await machine.fabric.change("one", 3, { group: [{ ...open, ingress: [] }] }, {})
  await until(async () => !(await goesOn()))
})

test("a task waits for its interface, and gets its namespace by the interface's MAC and instance alone", async () => {
  const machine = await openFabricMachine()
  const app = anInterface("eni-app", "10.0.0.5")
  const fabric = machine.fabric.of(instanceArn)
  await expect(fabric.attach("task", [named(app)], 50)).rejects.toThrow("eni-app has not come to this machine")

  const attached = fabric.attach("task", [named(app)], 10_000)
  await machine.fabric.snapshot("one", 1, aNetwork([app]))
  await attached
  expect(run(`nsenter --net=${await fabric.namespace("task", [named(app)])} ip -o link`)).toContain(app.macAddress)
  await expect(fabric.attach("task", [{ ...named(app), macAddress: "0a:00:00:00:00:00" }], 50)).rejects.toThrow(
    "eni-app",
  )
  await expect(machine.fabric.of("another").attach("task", [named(app)], 50)).rejects.toThrow("eni-app")
})

test("several streams tell of the same, and what one of them no longer has stays for the other", async () => {
  const machine = await openFabricMachine()
  const [app, client] = [anInterface("eni-app", "10.0.0.5"), anInterface("eni-client", "10.0.0.6", { host: "other" })]
  await machine.fabric.host("other")
  await machine.fabric.snapshot("one", 1, aNetwork([app]))
  await machine.fabric.snapshot("two", 1, aNetwork([client]))
  const [there, here] = [await machine.path(app), await machine.fabric.of("other").namespace("task", [named(client)])]
  await answer(there, "tcp", 80, "app")
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("app sees 10.0.0.6")
  await machine.restart()
  expect([machine.fabric.version("one"), machine.fabric.version("two")]).toEqual([1, 1])
  expect(run(`nsenter --net=${here} ip -o link`)).toContain(client.macAddress)

  await machine.fabric.forget("two")
  await expect(machine.fabric.of("other").attach("task", [named(client)], 50)).rejects.toThrow("eni-client")
  expect(await ask(undefined, "tcp", "10.0.0.5", 80)).toMatch(/^app/)
})

test("addresses of version 6 are reached and guarded as those of version 4 are", async () => {
  const machine = await openFabricMachine()
  const [one, two] = ["2001:db8:1::5", "2001:db8:1::6"]
  const app = anInterface("eni-app", "10.0.0.5", { addresses6: [one], groupIds: ["sg-app"] })
  const client = anInterface("eni-client", "10.0.0.6", { addresses6: [two], groupIds: ["sg-client"] })
  const web = { protocol: "tcp", fromPort: 80, toPort: 80 }
  const app6 = aGroup({ id: "sg-app", ingress: [{ ...web, groupId: "sg-client" }] })
  const clients = aGroup({
    id: "sg-client",
    ingress: [],
    egress: [{ protocol: "-1", cidrs: ["::/0"] }],
    members: ["10.0.0.6", two],
  })
  const network = aNetwork([app, client], {
    vpc: [aVpc({ cidrs6: ["2001:db8:1::/56"] })],
    subnet: [aSubnet({ cidr6: "2001:db8:1::/64" })],
    acl: [anAcl({ ingress: [everything, everything6], egress: [everything, everything6] })],
    group: [app6, clients],
  })
  expect(await machine.fabric.snapshot("one", 1, network)).toEqual([])
  const [there, here] = [await machine.path(app), await machine.path(client)]
  await echoAt(there, one, 80)
  const talk = await openTalk(here, one, 80)
  expect(await talk.say("first")).toBe("first")
  // Only version 6 may leave.
  expect(await ask(here, "tcp", "10.0.0.5", 80)).toBe("nothing")
  await machine.restart()
  expect(await machine.fabric.settled()).toEqual([])
  expect(await talk.say("after a restart")).toBe("after a restart")
  await machine.fabric.change("one", 2, { group: [{ ...clients, members: [] }] }, {})
  expect(await talk.say("too late")).toBe("nothing")
})

test("elements that are edited one by one are as nftables itself would have them, and all of an edit or nothing counts", async () => {
  const { host } = await openFabricMachine()
  const path = undefined
  const rules = [
    "add table inet homeport_try",
    "add chain inet homeport_try one",
    "add chain inet homeport_try two",
    "add set inet homeport_try sources { type ifname . ether_addr . ipv4_addr; }",
    "add set inet homeport_try six { type ifname . ether_addr . ipv6_addr; }",
    "add map inet homeport_try verdicts { type ifname : verdict; }",
    "add map inet homeport_try marks { type ifname : mark; }",
    "add map inet homeport_try addresses { type ipv4_addr : ipv4_addr; }",
    'add element inet homeport_try verdicts { "old" : goto one, "kept" : goto one }',
  ]
  await host.thread.run("filter", { path, rules: rules.join("\n") })
  onTestFinished(() => void run("nft delete table inet homeport_try"))
  const edit = (set: string, type: string, remove: string[], add: [string, string | undefined][]) => ({
    set,
    type,
    remove,
    add,
  })
  const edits = [
    edit("sources", "ifname . ether_addr . ipv4_addr", [], [['"eni1" . 02:00:00:00:00:01 . 10.0.0.5', undefined]]),
    edit("six", "ifname . ether_addr . ipv6_addr", [], [['"eni1" . 02:00:00:00:00:01 . 2001:db8::5', undefined]]),
    edit(
      "verdicts",
      "ifname : verdict",
      ['"old"', '"kept"'],
      [
        ['"kept"', "goto two"],
        ['"new"', "jump one"],
      ],
    ),
    edit("marks", "ifname : mark", [], [['"eni1"', "65537"]]),
    edit("addresses", "ipv4_addr : ipv4_addr", [], [["10.0.0.5", "198.18.0.5"]]),
  ]
  await host.thread.run("editElements", { path, table: "homeport_try", edits })
  const listing = run("nft list table inet homeport_try")
  expect(listing).toMatch('"eni1" . 02:00:00:00:00:01 . 10.0.0.5')
  expect(listing).toMatch('"eni1" . 02:00:00:00:00:01 . 2001:db8::5')
  expect(listing).toMatch('"eni1" : 0x00010001')
  expect(listing).toMatch("10.0.0.5 : 198.18.0.5")
  for (const element of ['"kept" : goto two', '"new" : jump one']) expect(listing).toMatch(element)
  expect(listing).not.toMatch('"old"')

  const torn = [
    edit("addresses", "ipv4_addr : ipv4_addr", [], [["10.0.0.6", "198.18.0.6"]]),
    edit("marks", "ifname : mark", ['"nobody"'], []),
  ]
  await expect(host.thread.run("editElements", { path, table: "homeport_try", edits: torn })).rejects.toMatchObject({
    code: "ENOENT",
  })
  expect(run("nft list table inet homeport_try")).toBe(listing)
})
