import { expect, test } from "vitest"
import { startStackOnDocker } from "./docker-stack.ts"
import { IDLE, ON, runTask, sh } from "./stack-task.ts"
import { until } from "./until.ts"

// What containers are told over HTTP, and where what they say goes.

const stack = await startStackOnDocker("--stats-interval", "1")

test("a container learns of itself, of its task and of what both use", async () => {
  const get = (path: string) => `wget -qO- $ECS_CONTAINER_METADATA_URI_V4${path}; echo;`
  const task = await runTask(
    stack,
    {
      main: {
        command: sh(
          `${get("")} ${get("/task")} ${get("/taskWithTags")}
           until wget -qO- $ECS_CONTAINER_METADATA_URI_V4/stats 2>/dev/null | grep -q cpu_stats; do sleep 0.1; done; ${get("/stats")}
           until wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task/stats 2>/dev/null | grep -q cpu_stats; do sleep 0.1; done; ${get("/task/stats")} echo done; ${ON}`,
        ),
        dockerLabels: { color: "blue" },
        portMappings: [{ containerPort: 80, hostPort: 8090 }],
      },
      other: { command: IDLE },
    },
    { run: { tags: [{ key: "team", value: "shop" }] } },
  )
  const [own, whole, tagged, stats, allStats] = (await task.output())
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
  const id = await task.runtimeId("main")
  expect(own).toMatchObject({
    DockerId: id,
    Name: "main",
    Image: "homeport.test/box:1",
    Labels: { color: "blue", "com.amazonaws.ecs.task-arn": task.arn },
    DesiredStatus: "RUNNING",
    Limits: { Memory: 64 },
    Ports: [{ ContainerPort: 80, Protocol: "tcp", HostPort: 8090, HostIp: "0.0.0.0" }],
    Networks: [{ NetworkMode: "bridge", IPv4Addresses: [expect.stringMatching(/^172\./)] }],
  })
  expect(whole).toMatchObject({ TaskARN: task.arn, Cluster: expect.stringContaining("default"), LaunchType: "EC2" })
  expect(whole.Containers.map(({ Name }: { Name: string }) => Name).sort()).toEqual(["main", "other"])
  expect(tagged.TaskTags).toEqual({ team: "shop" })
  expect(stats.memory_stats.limit).toBe(64 * 2 ** 20)
  expect(stats.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0)
  expect(stats.networks.eth0.rx_bytes).toBeGreaterThan(0)
  expect(Object.keys(allStats)).toContain(id)
  await task.stop()
})

test.each(["bridge", "host"] as const)(
  "the region is reached from within a task of network mode %s",
  async (networkMode) => {
    const task = await runTask(
      stack,
      { main: { command: sh("wget -qO- $AWS_ENDPOINT_URL/readyz && echo; echo $AWS_REGION; echo done") } },
      { networkMode },
    )
    const lines = await task.output()
    expect(lines.at(-1)).toBe("us-east-1")
    expect(lines.length).toBeGreaterThan(1)
  },
)

test("what a container says is soon read from the region's logs", async () => {
  const logConfiguration = (more = {}) => ({
    logDriver: "awslogs" as const,
    options: {
      "awslogs-group": "/shop/web",
      "awslogs-region": "us-east-1",
      "awslogs-create-group": "true",
      "awslogs-stream-prefix": "run",
      ...more,
    },
  })
  const task = await runTask(stack, {
    main: {
      command: sh("for n in 1 2 3; do echo line $n; done; exec sleep 1000"),
      logConfiguration: logConfiguration(),
    },
    traces: {
      command: sh("printf 'START a\\n  more\\nSTART b\\n'; exec sleep 1000"),
      logConfiguration: logConfiguration({ "awslogs-multiline-pattern": "^START" }),
    },
  })
  const read = async (container: string) => {
    const asked = { logGroupName: "/shop/web", logStreamName: `run/${container}/${task.id}`, startFromHead: true }
    const { events = [] } = await stack.logs.getLogEvents(asked).catch(() => ({ events: [] }))
    return events.map(({ message }) => message)
  }
  await until(async () => (await read("main")).length === 3)
  expect(await read("main")).toEqual(["line 1", "line 2", "line 3"])
  await until(async () => (await read("traces")).length >= 1)
  expect((await read("traces"))[0]).toBe("START a\n  more")
  await task.stop()
  await task.stopped()
  await until(async () => (await read("traces")).length === 2)
  const filtered = await stack.aws(
    ..."logs filter-log-events --log-group-name /shop/web --filter-pattern".split(" "),
    '"line 2"',
  )
  expect(JSON.parse(filtered).events.map(({ message }: { message: string }) => message)).toEqual(["line 2"])
})

test("a group that is not there and is not to be made keeps the container from starting, and it is said why", async () => {
  const options = { "awslogs-group": "/absent", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "run" }
  const task = await runTask(stack, { main: { command: IDLE, logConfiguration: { logDriver: "awslogs", options } } })
  const { stopCode, stoppedReason } = await task.stopped()
  expect([stopCode, stoppedReason]).toEqual([
    "TaskFailedToStart",
    expect.stringMatching(
      /^(CannotStartContainerError|ResourceInitializationError): failed to initialize logging driver: .*log group does not exist/,
    ),
  ])
})
