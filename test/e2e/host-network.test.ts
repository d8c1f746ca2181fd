import { createSocket } from "node:dgram"
import { once } from "node:events"
import { readlinkSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, onTestFinished, test } from "vitest"
import type { Host } from "../../src/node/linux/host.ts"
import { commandFilter, openFilter } from "../../src/node/linux/namespaces/filter.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { withoutTable } from "../../src/node/linux/rules.ts"
import { realWorld } from "../../src/world/real.ts"
import { testFolder } from "./folder.ts"
import { answer, answerByEcho, ask, enterPrivateNetwork, expectNoTraces, run, traces } from "./private-network.ts"
import { until } from "./until.ts"

const { hostAddress, world, worldAddress } = enterPrivateNetwork()
const real = realWorld({ logLevel: "error" })

const hosts = new Map<string, Host>()

/** Taken away with everything in it, and then nothing may be left of it. */
async function openTestHost(folder = testFolder()): Promise<Host> {
  const before = traces(folder)
  onTestFinished(async () => {
    const { networks } = hosts.get(folder)!
    for (const instance of ["one", "two"]) await networks.closeInstance(instance)
    for (const id of networks.list()) await networks.remove(id)
    await hosts.get(folder)!.close()
    run(`umount ${folder}/netns`)
    await expectNoTraces(folder, before)
  })
  return open(folder)
}

/** As another process finds it, when the first one has ended. */
async function restart(folder: string, leaveBehind = () => {}): Promise<Host> {
  await hosts.get(folder)!.close()
  leaveBehind()
  return open(folder)
}

async function open(folder: string): Promise<Host> {
  const host = await openHost({ world: real, stateFolder: folder, addresses: "172.29.0.0/16" })
  hosts.set(folder, host)
  return host
}

const web = { containerPort: 80, hostPort: 18080, protocol: "tcp" } as const
const names = { containerPort: 53, hostPort: 18053, protocol: "udp" } as const

describe.each([
  ["with a bridge on the host", false],
  ["with a namespace of its own", true],
])("an instance %s", (_, own) => {
  test("gives a container an address, which the host and neighbours reach, and a way into the world", async () => {
    const { networks } = await openTestHost()
    await networks.openInstance("one", { own })
    const app = await networks.createBridged("app", "one", [])
    const neighbour = await networks.createBridged("neighbour", "one", [])
    expect(app).toMatchObject({ address: "172.29.4.2", prefixLength: 22, gateway: "172.29.4.1" })
    expect(run(`nsenter --net=${app.path} ip -o link show eth0`)).toContain(app.macAddress)

    await answer(app.path, "tcp", 80, "app")
    await answer(world, "tcp", 80, "world")
    expect(await ask(undefined, "tcp", app.address!, 80)).toMatch(/^app sees /)
    expect(await ask(neighbour.path, "tcp", app.address!, 80)).toBe(`app sees ${neighbour.address}`)
    expect(await ask(app.path, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
  })

  test("publishes ports of both protocols, to neighbours and to the container itself too", async () => {
    const { networks } = await openTestHost()
    await networks.openInstance("one", { own })
    const app = await networks.createBridged("app", "one", [web, names])
    const neighbour = await networks.createBridged("neighbour", "one", [])
    await answer(app.path, "tcp", 80, "app")
    await answer(app.path, "udp", 53, "names")
    const place = networks.instancePath("one")
    const address = networks.instanceAddress("one") ?? hostAddress

    for (const from of [undefined, neighbour.path, app.path]) {
      expect(await ask(from, "tcp", address, web.hostPort)).toMatch(/^app sees /)
      expect(await ask(from, "udp", address, names.hostPort)).toMatch(/^names sees /)
    }
    expect(await ask(place, "tcp", "127.0.0.1", web.hostPort)).toMatch(/^app sees /)
    expect(await ask(place, "udp", "127.0.0.1", names.hostPort)).toMatch(/^names sees /)
    expect(await ask(app.path, "tcp", "127.0.0.1", web.hostPort)).toBe("refused")

    await networks.remove("app")
    expect(await ask(undefined, "tcp", address, web.hostPort)).toBe("refused")
  })

  test("publishes no port that a process or another container has, and leaves nothing of the attempt", async () => {
    const { networks } = await openTestHost()
    await networks.openInstance("one", { own })
    await networks.createBridged("app", "one", [web])
    const taken = { kind: "machine", message: expect.stringContaining("18080 failed: port is already allocated") }
    await expect(networks.createBridged("late", "one", [web])).rejects.toMatchObject(taken)

    await answer(networks.instancePath("one") ?? "/proc/thread-self/ns/net", "tcp", 18081, "process")
    const others = [names, { ...web, hostPort: 18081 }]
    const heard = { kind: "machine", message: expect.stringContaining("18081 failed: port is already allocated") }
    await expect(networks.createBridged("late", "one", others)).rejects.toMatchObject(heard)
    expect(networks.list()).toEqual(["app"])
    expect(networks.get("late")).toBeUndefined()

    await networks.remove("app")
    await networks.createBridged("late", "one", [web, names])
  })

  test("finds everything again after a restart, and breaks no connection", async () => {
    const folder = testFolder()
    const first = await openTestHost(folder)
    await first.networks.openInstance("one", { own })
    const app = await first.networks.createBridged("app", "one", [web])
    const empty = await first.networks.createEmpty("empty")
    const address = first.networks.instanceAddress("one") ?? hostAddress
    await answerByEcho(app.path, web.containerPort)
    const socket = connect(web.hostPort, address)
    socket.write("before ")

    const again = await restart(folder)
    expect(again.networks.list()).toEqual(expect.arrayContaining(["app", "empty"]))
    expect(again.networks.get("app")).toEqual(app)
    expect(again.networks.get("empty")).toEqual(empty)
    await again.networks.openInstance("one", { own })
    expect(await again.networks.createBridged("app", "one", [web])).toEqual(app)
    const later = await again.networks.createBridged("later", "one", [])
    expect(later.address).not.toBe(app.address)

    socket.end("after")
    expect(await text(socket)).toBe("before after")
  })

  test("works where the table of iptables drops what is forwarded, and leaves that table as it was", async () => {
    run("iptables -P FORWARD DROP")
    onTestFinished(() => void run("nft delete table ip filter"))
    const rules = () => run("iptables -S FORWARD")
    const before = rules()
    const { networks } = await openTestHost()
    await networks.openInstance("one", { own })
    const app = await networks.createBridged("app", "one", [web])
    await answer(app.path, "tcp", 80, "app")
    await answer(world, "tcp", 80, "world")

    expect(await ask(app.path, "tcp", worldAddress, 80)).toBe(`world sees ${hostAddress}`)
    if (!own) expect(await ask(world, "tcp", hostAddress, web.hostPort)).toBe(`app sees ${worldAddress}`)
    await networks.closeInstance("one")
    expect(rules()).toBe(before)
  })
})

test("the world reaches a container through its published port and not otherwise", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  await networks.openInstance("two", { own: true })
  const app = await networks.createBridged("app", "one", [web])
  const inner = await networks.createBridged("inner", "two", [web])
  await answer(app.path, "tcp", 80, "app")
  await answer(inner.path, "tcp", 80, "inner")
  run(`nsenter --net=${world} ip route add 172.29.0.0/16 via ${hostAddress}`)
  onTestFinished(() => void run(`nsenter --net=${world} ip route delete 172.29.0.0/16`))

  expect(await ask(world, "tcp", hostAddress, web.hostPort)).toBe(`app sees ${worldAddress}`)
  expect(await ask(world, "tcp", app.address!, 80)).toBe("nothing")
  expect(await ask(world, "tcp", inner.address!, 80)).toBe("nothing")
  expect(await ask(world, "tcp", networks.instanceAddress("two")!, web.hostPort)).toBe("nothing")
})

test("instances may publish the same port in namespaces of their own, and reach each other there alone", async () => {
  const { networks } = await openTestHost()
  for (const instance of ["one", "two"]) await networks.openInstance(instance, { own: true })
  const one = await networks.createBridged("in one", "one", [web])
  const two = await networks.createBridged("in two", "two", [web])
  await answer(one.path, "tcp", 80, "one")
  await answer(two.path, "tcp", 80, "two")

  expect(await ask(undefined, "tcp", networks.instanceAddress("one")!, web.hostPort)).toMatch(/^one sees /)
  expect(await ask(one.path, "tcp", networks.instanceAddress("two")!, web.hostPort)).toBe(`two sees ${one.address}`)
  expect(await ask(one.path, "tcp", two.address!, 80)).toBe("nothing")
})

test("a link-local address is served in the namespace of a container, an instance and the host, each to those inside", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: true })
  await networks.openInstance("two", { own: false })
  const app = await networks.createBridged("app", "one", [])
  const silent = await networks.createBridged("silent", "two", [])
  const places = { app: app.path, instance: networks.instancePath("one"), host: undefined }
  for (const [name, path] of Object.entries(places)) {
    onTestFinished(await networks.serve(path, "169.254.170.2", 80, (socket) => socket.end(name)))
  }

  for (const [name, path] of Object.entries(places)) expect(await ask(path, "tcp", "169.254.170.2", 80)).toBe(name)
  expect(await ask(silent.path, "tcp", "169.254.170.2", 80)).toBe("refused")
})

test("a port that nobody serves any more refuses, and the host's address goes with its last server", async () => {
  const { networks } = await openTestHost()
  const before = run("ip -4 address show lo")
  const cancels = await Promise.all(
    [80, 81].map((port) => networks.serve(undefined, "169.254.170.2", port, (socket) => socket.end("here"))),
  )
  cancels[0]!()
  expect(await ask(undefined, "tcp", "169.254.170.2", 81)).toBe("here")
  expect(await ask(undefined, "tcp", "169.254.170.2", 80)).toBe("refused")
  cancels[1]!()
  // What is asked for later is answered later.
  await networks.createEmpty("later")
  expect(run("ip -4 address show lo")).toBe(before)
})

test("fifty containers at once get fifty addresses, and this thread stays where it is", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  const here = readlinkSync("/proc/thread-self/ns/net")
  const looking = setInterval(() => expect(readlinkSync("/proc/thread-self/ns/net")).toBe(here), 1)
  onTestFinished(() => clearInterval(looking))

  const ports = (index: number) => [{ ...web, hostPort: 20_000 + index }]
  const made = await Promise.all(
    Array.from({ length: 50 }, (_, index) => networks.createBridged(`app ${index}`, "one", ports(index))),
  )
  expect(new Set(made.map(({ address }) => address)).size).toBe(50)
  expect(new Set(made.map(({ path }) => run(`nsenter --net=${path} readlink /proc/self/ns/net`))).size).toBe(50)
  await Promise.all(made.map((_, index) => networks.remove(`app ${index}`)))
  expect(networks.list()).toEqual([])
})

test("a second creation of what is there is answered as the first was, also while that is under way", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  const [one, two] = await Promise.all([1, 2].map(() => networks.createBridged("app", "one", [web])))
  expect(two).toEqual(one)
  expect(await networks.createBridged("app", "one", [web])).toEqual(one)
  await networks.remove("app")
  await networks.remove("app")
})

test("who keeps sending datagrams from one port reaches what is published now", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  const client = createSocket("udp4")
  onTestFinished(() => void client.close())
  await new Promise<void>((resolve) => client.connect(names.hostPort, hostAddress, resolve))
  client.on("error", () => {})
  const reached = (name: string) =>
    until(async () => {
      const answered = once(client, "message").catch(() => [""])
      client.send("?")
      const [said] = await Promise.race([answered, pause(100, [""])])
      return String(said).startsWith(name)
    })

  client.send("too early")
  const first = await networks.createBridged("first", "one", [names])
  await answer(first.path, "udp", names.containerPort, "first")
  await reached("first sees")
  await networks.remove("first")
  client.send("in between")
  const second = await networks.createBridged("second", "one", [names])
  await answer(second.path, "udp", names.containerPort, "second")
  await reached("second sees")
})

test("the command filters as the library does", () => {
  const chain = "table ip homeport_try { chain c { type filter hook forward priority 0; accept; }; }"
  const library = openFilter()
  onTestFinished(() => library.close())
  for (const filter of [library, commandFilter]) {
    filter.run(chain)
    expect(filter.run("list chain ip homeport_try c")).toMatch(/accept # handle \d+$/m)
    filter.run(withoutTable("homeport_try"))
    expect(() => filter.run("list chain ip homeport_try c")).toThrow(expect.objectContaining({ code: "ENOENT" }))
    expect(() => filter.run("add rule nonsense")).toThrow(expect.objectContaining({ code: undefined }))
  }
})

test("an address that was given back rests", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  const { address } = await networks.createBridged("first", "one", [])
  await networks.remove("first")
  expect((await networks.createBridged("second", "one", [])).address).not.toBe(address)
})

test("an instance takes no addresses that lead somewhere already", async () => {
  run("ip route add 172.29.4.0/23 via 203.0.113.2")
  onTestFinished(() => void run("ip route delete 172.29.4.0/23"))
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  expect((await networks.createBridged("app", "one", [])).address).toBe("172.29.8.2")
})

test("what a crash left in the middle is taken away at the next start", async () => {
  const folder = testFolder()
  const first = await openTestHost(folder)
  await first.networks.createEmpty("whole")
  await first.networks.createEmpty("forgotten")
  const records = first.fleetingFolder(join(folder, "networks"))
  const again = await restart(folder, () => {
    run(`rm ${records}/forgotten.json`)
    writeFileSync(join(records, "torn.json"), '{"instan')
    writeFileSync(join(records, "never.json"), '{"ports":[]}')
  })
  expect(again.networks.list()).toEqual(["whole"])
  expect(run(`ls ${folder}/netns/networks`)).toBe("whole\n")
})

test("a state folder has one process at a time", async () => {
  const folder = testFolder()
  await openTestHost(folder)
  await expect(openHost({ world: real, stateFolder: folder })).rejects.toMatchObject({ kind: "machine" })
})

test("counters tell what a container has received and sent", async () => {
  const { networks } = await openTestHost()
  await networks.openInstance("one", { own: false })
  const app = await networks.createBridged("app", "one", [])
  const before = (await networks.counters(app.path)).eth0!
  await answer(world, "tcp", 80, "world")
  await ask(app.path, "tcp", worldAddress, 80)

  const after = (await networks.counters(app.path)).eth0!
  expect(after.txBytes).toBeGreaterThan(before.txBytes)
  expect(after.rxPackets).toBeGreaterThan(before.rxPackets)
  expect(Object.keys(await networks.counters(app.path))).toEqual(["eth0"])
})
