import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { ask, run } from "./private-network.ts"
import { startStackOnDocker } from "./docker-stack.ts"
import { IDLE, ON, runTask, sh, summaryOf } from "./stack-task.ts"
import { until } from "./until.ts"

// What tasks get of the machine: processors, memory, processes, ports.

const stack = await startStackOnDocker()

test("processors and memory are limited, of a container and of the whole task", async () => {
  const task = await runTask(
    stack,
    { main: { command: IDLE, cpu: 128, memory: 96, memoryReservation: 32 }, other: { command: IDLE, cpu: 64 } },
    { cpu: "512", memory: "256" },
  )
  await task.running()
  const limits = async (name: string) => limitsOf((await task.exec(name))[0]!)
  expect(await limits("main")).toEqual({ memory: 96, reserved: 32, taskMemory: 256, taskProcessors: 0.5 })
  expect(await limits("other")).toMatchObject({ memory: 64, taskMemory: 256 })
  await task.stop()
})

test("who uses more memory than its own or its task's is killed, and it is said why", async () => {
  const eats = sh("x=$(yes | head -c 60000000); sleep 1000")
  const container = await runTask(stack, { main: { command: eats, memory: 16 } })
  const whole = await runTask(
    stack,
    { main: { command: eats, memory: 32 }, glutton: { command: eats, memory: 32 } },
    { memory: "32" },
  )
  expect(summaryOf(await container.stopped())).toEqual({
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    containers: { main: "OutOfMemoryError: Container killed due to memory usage" },
  })
  expect((await container.container("main")).exitCode).toBe(137)
  expect(Object.values(summaryOf(await whole.stopped()).containers)).toContain(
    "OutOfMemoryError: Container killed due to memory usage",
  )
})

test("ports are reached where they are said to be, from the machine and from beyond it", async () => {
  const web = sh("mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www")
  const task = await runTask(stack, {
    fixed: { command: web, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
    chosen: { command: web, portMappings: [{ containerPort: 80 }] },
    range: {
      command: sh("mkdir /www; echo range > /www/index.html; httpd -p 7001 -h /www; exec httpd -f -p 7002 -h /www"),
      portMappings: [{ containerPortRange: "7000-7002" }],
    },
    datagrams: { command: IDLE, portMappings: [{ containerPort: 53, protocol: "udp" }] },
  })
  await task.running()
  const bindings = async (name: string) => (await task.container(name)).networkBindings!
  expect(await bindings("fixed")).toEqual([{ bindIP: "0.0.0.0", containerPort: 80, hostPort: 8080, protocol: "tcp" }])
  const [{ hostPort }] = (await bindings("chosen")) as [{ hostPort: number }]
  expect(hostPort).toBeGreaterThanOrEqual(32_768)
  const [{ containerPortRange, hostPortRange }] = (await bindings("range")) as [Record<string, string>]
  expect(containerPortRange).toBe("7000-7002")
  const first = Number(hostPortRange!.split("-")[0])
  const curl = (where: string) =>
    run("curl -sf --retry 50 --retry-delay 1 --retry-max-time 10 --retry-connrefused --max-time 5 $WHERE", {
      WHERE: where,
    })
  for (const host of ["127.0.0.1", "203.0.113.1"]) {
    expect(curl(`http://${host}:8080/`)).toBe("hello\n")
    expect(curl(`http://${host}:${hostPort}/`)).toBe("hello\n")
    expect(curl(`http://${host}:${first + 1}/`)).toBe("range\n")
    expect(curl(`http://${host}:${first + 2}/`)).toBe("range\n")
  }
  expect(
    execFileSync("nsenter", [`--net=${stack.world}`, "curl", "-sf", "http://203.0.113.1:8080/"], { encoding: "utf8" }),
  ).toBe("hello\n")
  expect(await bindings("datagrams")).toEqual([
    { bindIP: "0.0.0.0", containerPort: 53, hostPort: expect.any(Number), protocol: "udp" },
  ])

  await task.stop()
  await task.stopped()
  await until(async () => (await ask(undefined, "tcp", "127.0.0.1", 8080)) === "refused")
})

test("a port that another task has is not given again until that one has ended", async () => {
  const wish = { main: { command: IDLE, portMappings: [{ containerPort: 80, hostPort: 8081 }] } }
  const first = await runTask(stack, wish)
  await first.running()
  const { taskDefinitionArn: taskDefinition } = await first.describe()
  const { tasks, failures } = await stack.ecs.runTask({ taskDefinition })
  expect([tasks, failures!.map(({ reason }) => reason)]).toEqual([[], ["RESOURCE:PORTS"]])
  await first.stop()
  await first.stopped()
  const second = await runTask(stack, wish)
  await second.running()
  await second.stop()
})

test("a task has the machine's network, or none at all, if that is what it asks for", async () => {
  const web =
    "mkdir /www; httpd -p 80 -h /www; wget -q -O /www/task $ECS_CONTAINER_METADATA_URI_V4/task; wget -qO- 127.0.0.1/task | grep -o TaskARN"
  const show = sh(`ls /sys/class/net | tr '\\n' ' '; echo; hostname; ${web}; echo done; ${ON}`)
  const host = await runTask(stack, { main: { command: show } }, { networkMode: "host" })
  const none = await runTask(stack, { main: { command: show } }, { networkMode: "none" })
  const bridge = await runTask(stack, { main: { command: show } }, { networkMode: "bridge" })
  const interfaces = async (task: typeof host) => (await task.output())[0]!.trim().split(" ")
  expect(await interfaces(host)).toContain("up0")
  expect(await interfaces(none)).toEqual(["lo"])
  expect(await interfaces(bridge)).toEqual(["eth0", "lo"])
  expect((await host.output())[1]).toBe(run("hostname").trim())
  // Whoever wants port 80 has it, and asks the agent at its own address all the same.
  for (const task of [host, none, bridge]) expect((await task.output())[2]).toBe("TaskARN")
  await Promise.all([host, none, bridge].map((task) => task.stop()))
})

/** In mebibytes; by the cgroups that a process is in, of either version. */
function limitsOf(pid: number) {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n")
  const folderOf = (controller: string) => {
    const [, , path = ""] = lines.find((line) => line.split(":")[1]!.split(",").includes(controller))?.split(":") ?? []
    return path === "" ? undefined : `/sys/fs/cgroup/${controller}${path}`
  }
  const read = (file: string) => readFileSync(file, "utf8").trim()
  const mebibytes = (file: string) => Number(read(file)) / 2 ** 20
  const [memory, cpu] = [folderOf("memory"), folderOf("cpu")]
  if (memory !== undefined && cpu !== undefined) {
    const [quota, period] = ["quota", "period"].map((word) => Number(read(`${cpu}/../cpu.cfs_${word}_us`)))
    return {
      memory: mebibytes(`${memory}/memory.limit_in_bytes`),
      reserved: mebibytes(`${memory}/memory.soft_limit_in_bytes`),
      taskMemory: mebibytes(`${memory}/../memory.limit_in_bytes`),
      taskProcessors: quota! / period!,
    }
  }
  const unified = `/sys/fs/cgroup${lines.find((line) => line.startsWith("0::"))!.slice(3)}`
  const [quota, period] = read(`${unified}/../cpu.max`).split(" ").map(Number)
  return {
    memory: mebibytes(`${unified}/memory.max`),
    reserved: mebibytes(`${unified}/memory.low`),
    taskMemory: mebibytes(`${unified}/../memory.max`),
    taskProcessors: quota! / period!,
  }
}
