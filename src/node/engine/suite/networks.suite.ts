import { expect, onTestFinished, test } from "vitest"
import { PROGRAMS } from "./programs.ts"
import type { Stage } from "./stage.suite.ts"

/** With real containers only. */
export function networkSuite(setUp: () => Stage): void {
  test("a published port is reached from the host, and so is the container's own address", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const hostPort = 20_000 + stage.world.random.below(10_000)
    const network = await stage.aNetwork(taskId, {
      mode: "bridge",
      ports: [{ containerPort: 7000, hostPort, protocol: "tcp" }],
    })
    await stage.running("while true; do echo hello | nc -l -p 7000; done", { taskId, networkId: network.id })
    for (const [address, port] of [
      [network.address!, 7000],
      ["127.0.0.1", hostPort],
    ] as const) {
      const answer = await stage.until(() => stage.setting.host!.ask(address, port, ""))
      expect(answer).toBe("hello\n")
    }
  })

  test("containers on the bridge reach each other, also after one of them was started again", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const server = await stage.aNetwork(taskId, { mode: "bridge", ports: [] })
    const client = await stage.aNetwork(taskId, { mode: "bridge", ports: [] })
    const serving = "while true; do echo hello | nc -l -p 7000; done"
    const id = await stage.running(serving, { taskId, networkId: server.id })
    await stage.engine.signal(id, "SIGKILL", true)
    await stage.ended(id)
    await stage.engine.start(id)

    const asking = `until nc -w 1 ${server.address} 7000 < /dev/null; do sleep 0.1; done`
    expect((await stage.run(asking, { taskId, networkId: client.id })).stdout).toBe("hello\n")
    expect(client).toMatchObject({ prefixLength: expect.any(Number), gateway: expect.any(String) })
    const seen = await stage.run("ip -4 addr show eth0; ip link show eth0; ip route", { taskId, networkId: client.id })
    expect(seen.stdout).toContain(`${client.address}/${client.prefixLength}`)
    expect(seen.stdout).toContain(client.macAddress)
    expect(seen.stdout).toContain(`default via ${client.gateway}`)
  })

  test("none has a loopback and no route", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const { id: networkId, address } = await stage.aNetwork(taskId, { mode: "none" })
    expect(address).toBeUndefined()
    const { stdout } = await stage.run(
      "ip route; ip -o link | wc -l; ping -c 1 -W 1 127.0.0.1 > /dev/null && echo up",
      {
        taskId,
        networkId,
      },
    )
    expect(stdout.split("\n").filter((line) => line.startsWith("default"))).toEqual([])
    expect(stdout).toContain("up")
  })

  test("host has the interfaces of the host", async () => {
    const stage = setUp()
    const [taskId, otherTaskId] = [await stage.aTask(), await stage.aTask()]
    const { id: networkId } = await stage.aNetwork(taskId, { mode: "host" })
    const { id: otherNetworkId } = await stage.aNetwork(otherTaskId, { mode: "host" })
    const script = "readlink /proc/self/ns/net; ip -o link"
    const one = await stage.run(script, { taskId, networkId })
    const other = await stage.run(script, { taskId: otherTaskId, networkId: otherNetworkId })
    const own = await stage.run(script)
    expect(one.stdout.split("\n")[0]).toBe(other.stdout.split("\n")[0])
    expect(own.stdout.split("\n")[0]).not.toBe(one.stdout.split("\n")[0])
  })

  test("a name of the task's containers is resolved as the extra hosts say, and DNS servers are those given", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const { id: networkId } = await stage.aNetwork(taskId, { mode: "bridge", ports: [] })
    const { stdout } = await stage.run("cat /etc/hosts; cat /etc/resolv.conf", {
      taskId,
      networkId,
      extraHosts: ["database:10.9.8.7"],
      dns: ["10.1.1.1"],
      dnsSearch: ["shop.internal"],
      hostname: "front",
    })
    expect(stdout).toMatch(/^10\.9\.8\.7\s+database$/m)
    expect(stdout).toMatch(/^127\.0\.0\.1\s+localhost/m)
    expect(stdout).toMatch(/\sfront$/m)
    expect(stdout).toMatch(/^search shop\.internal$/m)
  })

  test("who connects from inside is served by its own network's listener, and nobody else is", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const [one, two, unserved] = await Promise.all(
      [1, 2, 3].map(() => stage.aNetwork(taskId, { mode: "bridge", ports: [] })),
    )
    for (const [network, answer] of [
      [one!, "this is one"],
      [two!, "this is two"],
    ] as const) {
      const stop = await stage.engine.serve(network.id, ADDRESS, PORT, (socket) => {
        socket.on("error", () => {})
        socket.once("data", (asked) => socket.end(`${answer}, ${asked}`))
      })
      onTestFinished(stop)
    }
    const ask = (networkId: string) =>
      stage.run(`echo ${networkId} | nc -w 2 ${ADDRESS} ${PORT} || echo refused`, { taskId, networkId })
    expect((await ask(one!.id)).stdout).toBe(`this is one, ${one!.id}\n`)
    expect((await ask(two!.id)).stdout).toBe(`this is two, ${two!.id}\n`)
    expect((await ask(unserved!.id)).stdout).not.toContain("this is")
    expect(await stage.setting.host!.ask(ADDRESS, PORT, "host\n")).toBeUndefined()
  })

  test("after an engine was opened again, a network is served anew at the same place", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const { id: networkId } = await stage.aNetwork(taskId, { mode: "bridge", ports: [] })
    const id = await stage.running(PROGRAMS.waits.script, { taskId, networkId })
    await stage.engine.serve(networkId, ADDRESS, PORT, (socket) => socket.end("before"))
    const engine = await stage.reopen()
    onTestFinished(await engine.serve(networkId, ADDRESS, PORT, (socket) => socket.end("after")))
    const command = ["/bin/sh", "-c", `nc -w 2 ${ADDRESS} ${PORT} < /dev/null`]
    expect((await engine.exec(id, { command, outputLengthMax: 100 })).output).toBe("after")
  })
}

const ADDRESS = "169.254.170.2"
const PORT = 80
