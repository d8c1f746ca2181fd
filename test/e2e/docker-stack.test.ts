import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { EC2 } from "@aws-sdk/client-ec2"
import { expect, onTestFinished, test } from "vitest"
import { startStackOnDocker } from "./docker-stack.ts"
import { run } from "./private-network.ts"
import { EXECUTION, taskRole } from "./stack-role.ts"
import { IDLE, ON, runTask, sh, summaryOf } from "./stack-task.ts"
import { until } from "./until.ts"

// What `homeport up --engine docker` gives: the same tasks in containers of Docker's, as far as Docker can have them.

const stack = await startStackOnDocker("--stats-interval", "1")

test("a task has a network of its own, the machine's, or none at all, and everybody may have port 80", async () => {
  const web = "mkdir /www; httpd -p 80 -h /www; wget -q -O /www/task $ECS_CONTAINER_METADATA_URI_V4/task"
  const show = (more: string) => sh(`ls /sys/class/net | tr '\\n' ' '; echo; ${more}; echo done; ${ON}`)
  const asking = { main: { command: show(`${web}; wget -qO- 127.0.0.1/task | grep -o TaskARN`) } }
  const bridge = await runTask(stack, asking, { networkMode: "bridge" })
  const host = await runTask(stack, asking, { networkMode: "host" })
  const none = await runTask(stack, { main: { command: show("true") } }, { networkMode: "none" })
  expect(await bridge.output()).toEqual(["eth0 lo ", "TaskARN"])
  const [interfaces, answer] = await host.output()
  expect(interfaces!.split(" ")).toContain("up0")
  expect(answer).toBe("TaskARN")
  // Its namespace comes and goes with its process, so nobody can be there before it to answer, as on AWS.
  expect(await none.output()).toEqual(["lo "])
  await Promise.all([bridge, host, none].map((task) => task.stop()))
})

test("ports are reached where they are said to be, from the machine and from beyond it", async () => {
  const web = sh("mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www")
  const task = await runTask(stack, {
    fixed: { command: web, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
    chosen: { command: web, portMappings: [{ containerPort: 80 }] },
  })
  await task.running()
  const bindings = async (name: string) => (await task.container(name)).networkBindings!
  expect(await bindings("fixed")).toEqual([{ bindIP: "0.0.0.0", containerPort: 80, hostPort: 8080, protocol: "tcp" }])
  const [{ hostPort }] = (await bindings("chosen")) as [{ hostPort: number }]
  expect(hostPort).toBeGreaterThanOrEqual(32_768)
  const patient = "--retry 50 --retry-delay 1 --retry-max-time 10 --retry-connrefused --max-time 5"
  for (const host of ["127.0.0.1", "203.0.113.1"]) {
    for (const port of [8080, hostPort]) expect(run(`curl -sf ${patient} http://${host}:${port}/`)).toBe("hello\n")
  }
  expect(run(`nsenter --net=${stack.world} curl -sf ${patient} http://203.0.113.1:8080/`)).toBe("hello\n")
  await task.stop()
})

test("containers start when what they depend on has come so far, and end in the reverse order", async () => {
  const source = join(stack.shared, "order")
  mkdirSync(source)
  const says = (word: string) => `echo ${word} >> /order/said`
  const untilTold = (word: string) => sh(`${says(word)}; trap '${says(`-${word}`)}; exit 0' TERM; ${ON}`)
  const mountPoints = [{ sourceVolume: "order", containerPath: "/order" }]
  const task = await runTask(
    stack,
    {
      main: {
        command: untilTold("main"),
        dependsOn: [{ containerName: "healthy", condition: "HEALTHY" }],
        mountPoints,
      },
      healthy: {
        command: untilTold("healthy"),
        healthCheck: { command: ["CMD-SHELL", `${says("healthy?")}; grep -q healthy /order/said`], interval: 5 },
        dependsOn: [{ containerName: "successful", condition: "SUCCESS" }],
        mountPoints,
      },
      successful: { essential: false, command: sh(`sleep 0.2; ${says("successful")}`), mountPoints },
    },
    { volumes: [{ name: "order", host: { sourcePath: source } }] },
  )
  await task.running()
  await until(async () => (await task.container("healthy")).healthStatus === "HEALTHY")
  await task.stop()
  expect(summaryOf(await task.stopped())).toEqual({
    stopCode: "UserInitiated",
    stoppedReason: "Task stopped by user",
    containers: { main: 0, healthy: 0, successful: 0 },
  })
  const said = readFileSync(join(source, "said"), "utf8").trim().split("\n")
  const first = ["successful", "healthy", "healthy?", "main"]
  expect(said.filter((word, at) => said.indexOf(word) === at)).toEqual([...first, "-main", "-healthy"])
})

test("an end is told with its code, or with the memory that was not enough", async () => {
  const eats = sh("x=$(yes | head -c 60000000); sleep 1000")
  const [failing, hungry, whole] = await Promise.all([
    runTask(stack, { main: { command: sh("exit 3") } }),
    runTask(stack, { main: { command: eats, memory: 16 } }),
    runTask(stack, { main: { command: eats, memory: 32 } }, { memory: "32" }),
  ])
  const containers = async (task: typeof failing) => summaryOf(await task.stopped()).containers
  const outOfMemory = "OutOfMemoryError: Container killed due to memory usage"
  expect(await containers(failing)).toEqual({ main: 3 })
  expect(await containers(hungry)).toEqual({ main: outOfMemory })
  expect((await hungry.container("main")).exitCode).toBe(137)
  expect(await containers(whole)).toEqual({ main: outOfMemory })
})

test("volumes are the machine's, the task's, another container's, or everybody's", async () => {
  const source = join(stack.shared, "host-volume")
  mkdirSync(source)
  writeFileSync(join(source, "given"), "by the host\n")
  const volumes = [
    { name: "host", host: { sourcePath: source } },
    { name: "scratch" },
    { name: "shared", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: true, driver: "local" } },
    { name: "own", dockerVolumeConfiguration: { scope: "task" as const, driver: "local" } },
  ]
  const mountPoints = volumes.map(({ name }) => ({ sourceVolume: name, containerPath: `/${name}` }))
  const writes = "cat /host/given; for at in host scratch shared own; do echo $at > /$at/said; done; echo done"
  const reads = "cat /host/said /scratch/said /shared/said /own/said; touch /host/more 2>&1; echo done"
  const first = await runTask(
    stack,
    {
      writer: { essential: false, mountPoints, command: sh(writes) },
      main: {
        dependsOn: [{ containerName: "writer", condition: "SUCCESS" }],
        volumesFrom: [{ sourceContainer: "writer", readOnly: true }],
        command: sh(reads),
      },
    },
    { volumes },
  )
  expect(await first.output("writer")).toEqual(["by the host"])
  expect(await first.output()).toEqual([
    ...["host", "scratch", "shared", "own"],
    "touch: /host/more: Read-only file system",
  ])
  expect(readFileSync(join(source, "said"), "utf8")).toBe("host\n")
  await first.stopped()

  const second = await runTask(
    stack,
    { main: { mountPoints, command: sh("cat /shared/said; ls /own /scratch; echo done") } },
    { volumes },
  )
  expect((await second.output()).filter((line) => line !== "")).toEqual(["shared", "/own:", "/scratch:"])
})

test("each is asked to end by its own signal, and made to when it does not in its own time", async () => {
  const image = await stack.load("homeport.test/signal:1", { stopSignal: "SIGUSR1" })
  const ready = "touch /ready"
  const healthCheck = { command: ["CMD-SHELL", "[ -e /ready ]"], interval: 5, startPeriod: 1 }
  const task = await runTask(stack, {
    obedient: { command: sh(`trap 'exit 5' TERM; ${ready}; ${ON}`), healthCheck },
    signalled: { image, command: sh(`trap 'exit 6' USR1; trap 'exit 7' TERM; ${ready}; ${ON}`), healthCheck },
    deaf: { command: sh(`trap '' TERM; ${ready}; while :; do sleep 1; done`), stopTimeout: 2, healthCheck },
  })
  await until(async () => (await task.describe()).healthStatus === "HEALTHY")
  const askedAt = Date.now()
  await stack.ecs.stopTask({ task: task.arn, reason: "enough" })
  expect(summaryOf(await task.stopped())).toEqual({
    stopCode: "UserInitiated",
    stoppedReason: "enough",
    containers: { obedient: 5, signalled: 6, deaf: 137 },
  })
  expect(Date.now() - askedAt).toBeGreaterThan(2_000)
})

test("what a container says is read from the region's logs, and from its file where no driver is named", async () => {
  const options = {
    "awslogs-group": "/shop/web",
    "awslogs-region": "us-east-1",
    "awslogs-create-group": "true",
    "awslogs-stream-prefix": "run",
  }
  const script = `for n in 1 2 3; do echo line $n; done; echo done; ${ON}`
  const task = await runTask(stack, {
    main: { command: sh(script) },
    sent: { command: sh(script), logConfiguration: { logDriver: "awslogs", options } },
  })
  expect(await task.output()).toEqual(["line 1", "line 2", "line 3"])
  const stream = { logGroupName: "/shop/web", logStreamName: `run/sent/${task.id}`, startFromHead: true }
  const read = async () => {
    const { events = [] } = await stack.logs.getLogEvents(stream).catch(() => ({ events: [] }))
    return events.map(({ message }) => message)
  }
  await until(async () => (await read()).length === 4)
  expect(await read()).toEqual(["line 1", "line 2", "line 3", "done"])
  await task.stop()
})

test.each(["bridge", "host"] as const)(
  "in network mode %s a task learns of itself, reaches the region, and has its role's credentials",
  async (networkMode) => {
    const RoleName = `shop-${networkMode}`
    const taskRoleArn = await taskRole(stack, RoleName)
    const executionRoleArn = await taskRole(stack, `${RoleName}-execution`, { managed: [EXECUTION] })
    const get = (url: string) => `wget -qO- ${url}; echo;`
    const credentials = "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    const asks = `${get("$ECS_CONTAINER_METADATA_URI_V4")} ${get("$ECS_CONTAINER_METADATA_URI_V4/task")} ${get(credentials)} ${get("$AWS_ENDPOINT_URL/readyz")}`
    const task = await runTask(
      stack,
      { main: { command: sh(`${asks} echo; echo done; ${ON}`) } },
      { networkMode, taskRoleArn, executionRoleArn },
    )
    const [container, whole, role] = (await task.output())
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
    expect(container).toMatchObject({ DockerId: await task.runtimeId("main"), Name: "main" })
    expect(container.Networks[0]).toMatchObject({ NetworkMode: networkMode })
    expect(whole).toMatchObject({ TaskARN: task.arn, LaunchType: "EC2" })
    expect(role).toMatchObject({ RoleArn: taskRoleArn, AccessKeyId: expect.any(String), Token: expect.any(String) })
    await task.stop()
  },
)

test.each([
  ["the node", () => stack.killNode()],
  ["Docker itself", () => stack.restartDocker()],
])("when %s is killed its tasks run on, and what happened meanwhile is told", async (who, kill) => {
  const sign = join(stack.shared, `sign-of-${who.replaceAll(" ", "-")}`)
  mkdirSync(sign)
  const counting = await runTask(stack, {
    main: { command: sh("n=0; while :; do n=$((n+1)); echo $n; usleep 20000; done") },
  })
  const ending = await runTask(
    stack,
    {
      main: {
        command: sh("until [ -e /signs/end ]; do usleep 20000; done; exit 7"),
        mountPoints: [{ sourceVolume: "signs", containerPath: "/signs" }],
      },
    },
    { volumes: [{ name: "signs", host: { sourcePath: sign } }] },
  )
  const { startedAt } = await counting.running()
  await ending.running()
  const [process] = await counting.exec("main")
  const countingId = await counting.runtimeId("main")
  const numbers = () => stack.log(countingId).map(({ log }) => Number(log))

  await kill()
  writeFileSync(join(sign, "end"), "")
  expect(summaryOf(await ending.stopped()).containers).toEqual({ main: 7 })
  const said = numbers().length
  await until(() => numbers().length > said + 20)
  const distinct = [...new Set(numbers())]
  expect(distinct).toEqual(distinct.map((_, index) => index + 1))
  expect((await counting.describe()).startedAt).toEqual(startedAt)
  expect((await counting.exec("main"))[0]).toBe(process)
  await counting.stop()
  expect(summaryOf(await counting.stopped()).containers.main).toBe(143)
})

test("what Docker cannot give is refused, and it is said what is missing", async () => {
  const { taskDefinition } = await stack.ecs.registerTaskDefinition({
    family: "own-interface",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE", "EC2"],
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "main", image: "homeport.test/box:1", command: IDLE }],
  })
  const ec2 = new EC2(stack.config)
  onTestFinished(() => ec2.destroy())
  const { Subnets = [] } = await ec2.describeSubnets()
  const asked = {
    taskDefinition: taskDefinition!.taskDefinitionArn!,
    networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]!.SubnetId!] } },
  }
  const { failures } = await stack.ecs.runTask({ ...asked, launchType: "EC2" })
  expect(failures).toMatchObject([{ reason: "ATTRIBUTE", detail: "ecs.capability.task-eni" }])
  // Nor does the machine offer itself to tasks of FARGATE, which then find no capacity.
  const { out } = await stack.run("node", "status")
  expect(out).toMatch(/docker/)
  expect(out).not.toMatch(/fargate/i)
})
