import { expect, test } from "vitest"
import { EngineError } from "../../engine/engine-error.ts"
import { Unusable } from "../tasks.ts"
import type { Endpoints, Resolver } from "./surroundings.ts"
import { aContainer, aPayload, TaskWorld } from "./testing.ts"

const NOW = Date.UTC(2026, 0, 1)
const arnOf = (id: string) => aPayload().arn.replace(/[^/]+$/, id)

test("a task runs, and its record says all that the region is to hear", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload())
  expect(there.task()).toMatchObject({
    knownStatus: "RUNNING",
    desiredStatus: "RUNNING",
    pullStartedAt: NOW,
    pullStoppedAt: NOW,
  })
  expect(there.container()).toMatchObject({
    knownStatus: "RUNNING",
    startedAt: NOW,
    imageDigest: expect.stringMatching(/^sha256:/),
    addresses: ["172.17.0.2"],
  })
  expect(there.fake().spec).toMatchObject({
    name: there.container().runtimeName,
    environment: {
      AWS_REGION: "us-east-1",
      ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/v4/${there.container().endpointId}`,
    },
    labels: { "com.amazonaws.ecs.container-name": "app", "com.amazonaws.ecs.task-definition-family": "web" },
  })
})

test("a task whose image is there is written four times on its way to RUNNING", async () => {
  const there = await new TaskWorld([], { settings: { pullBehavior: "prefer-cached" } }).begin()
  await there.run(aPayload())
  expect(there.task().knownStatus).toBe("RUNNING")
  expect(there.state.writes).toBe(4)
  expect(there.task().pullStartedAt).toBeUndefined()
})

test("a task that nobody could run is refused and leaves nothing behind", async () => {
  const there = await new TaskWorld().begin()
  const refused = (container: object) => () => there.tasks.accept(aPayload({ containers: [aContainer(container)] }))
  expect(refused({ overrides: '{"cpu": 3}' })).toThrow(Unusable)
  expect(refused({ dockerConfig: { hostConfig: '{"UsernsMode": "host"}' } })).toThrow("hostConfig.UsernsMode")
  expect(refused({ dockerConfig: { config: "{" } })).toThrow("config is no JSON")
  expect(there.state.tasks.size).toBe(0)
})

test("the order of a stop is the reverse of that of the start, and who does not listen is killed in time", async () => {
  const there = await new TaskWorld([{ reference: "stubborn:1", behaviour: { ignores: ["SIGTERM"] } }]).begin()
  const containers = [
    aContainer({ name: "db", image: "stubborn:1", stopTimeout: 5 }),
    aContainer({ image: "stubborn:1", stopTimeout: 2, dependsOn: [{ containerName: "db", condition: "START" }] }),
  ]
  await there.run(aPayload({ containers }))
  expect(there.task().knownStatus).toBe("RUNNING")
  there.tasks.stop(there.task().arn)
  await there.world.advance(1_999)
  expect(there.fake().signals).toEqual(["SIGTERM"])
  expect(there.fake("db").signals).toEqual([])
  await there.world.advance(1)
  expect(there.container()).toMatchObject({ knownStatus: "STOPPED", exitCode: 137 })
  await there.world.advance(5_000)
  expect(there.task()).toMatchObject({ knownStatus: "STOPPED", stoppedAt: NOW + 7_000, executionStoppedAt: NOW })
  expect(there.fake("db").signals).toEqual(["SIGTERM", "SIGKILL"])
})

test("an image's own stop signal is the one it gets", async () => {
  const image = { reference: "nginx:1", config: { stopSignal: "SIGQUIT" } }
  const there = await new TaskWorld([image]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "nginx:1" })] }))
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  expect(there.fake().signals).toEqual(["SIGQUIT"])
  expect(there.task().knownStatus).toBe("STOPPED")
})

test("the end of the essential container takes the others with it", async () => {
  const there = await new TaskWorld([{ reference: "job:1", behaviour: { exits: { afterMs: 500, code: 3 } } }]).begin()
  await there.run(
    aPayload({ containers: [aContainer({ image: "job:1" }), aContainer({ name: "side", essential: false })] }),
  )
  await there.world.advance(500)
  expect(there.task()).toMatchObject({ knownStatus: "STOPPED", executionStoppedAt: NOW + 500 })
  expect(there.container()).toMatchObject({ exitCode: 3, finishedAt: NOW + 500 })
  expect(there.container("side")).toMatchObject({ exitCode: 143 })
})

test("a container that ends the moment it starts is told of as running and then as stopped", async () => {
  const there = await new TaskWorld([{ reference: "true:1", behaviour: { exits: { afterMs: 0, code: 0 } } }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "true:1" })] }))
  expect(there.container()).toMatchObject({ knownStatus: "STOPPED", exitCode: 0 })
  expect(there.told.map(({ knownStatus }) => knownStatus)).toEqual(expect.arrayContaining(["RUNNING", "STOPPED"]))
})

test("a container waits for its dependency to be healthy by the agent's own checks", async () => {
  let isWell = false
  const exec = () => ({ exitCode: isWell ? 0 : 1, output: "x".repeat(9_000) })
  const there = await new TaskWorld([{ reference: "db:1", behaviour: { exec } }]).begin()
  const Healthcheck = { Test: ["CMD-SHELL", "ready"], Interval: 5e9, Retries: 2 }
  const containers = [
    aContainer({
      name: "db",
      image: "db:1",
      healthCheckType: "docker",
      dockerConfig: { config: JSON.stringify({ Healthcheck }) },
    }),
    aContainer({ dependsOn: [{ containerName: "db", condition: "HEALTHY" }] }),
  ]
  await there.run(aPayload({ containers }))
  expect(there.container("db").health).toMatchObject({ status: "UNKNOWN" })
  await there.world.advance(5_000)
  expect(there.container("db").health).toMatchObject({ status: "UNKNOWN", exitCode: 1 })
  expect(there.container("db").health!.output).toHaveLength(4096)
  await there.world.advance(5_000)
  expect(there.container("db").health).toMatchObject({ status: "UNHEALTHY", since: NOW + 10_000 })
  expect(there.container().knownStatus).toBe("NONE")
  isWell = true
  await there.world.advance(5_000)
  expect(there.container("db").health).toMatchObject({ status: "HEALTHY", since: NOW + 15_000, exitCode: 0 })
  expect(there.container().knownStatus).toBe("RUNNING")
})

test("a dependant of one that does not get healthy in time ends with AWS's code", async () => {
  const there = await new TaskWorld().begin()
  const containers = [
    aContainer({ name: "db", healthCheckType: "docker", startTimeout: 3 }),
    aContainer({ dependsOn: [{ containerName: "db", condition: "HEALTHY" }] }),
  ]
  await there.run(aPayload({ containers }))
  await there.world.advance(3_000)
  expect(there.container()).toMatchObject({ knownStatus: "STOPPED", exitCode: 143 })
  expect(there.container().reason).toContain("startTimeout of 3 s")
  expect(there.task().knownStatus).toBe("STOPPED")
})

test("a restart policy starts the same container again, and nobody hears of a stop", async () => {
  const there = await new TaskWorld([
    { reference: "flaky:1", behaviour: { exits: { afterMs: 70_000, code: 1 } } },
  ]).begin()
  const restartPolicy = { enabled: true, restartAttemptPeriod: 60 }
  await there.run(aPayload({ containers: [aContainer({ image: "flaky:1", restartPolicy })] }))
  await there.world.advance(210_000)
  expect(there.container()).toMatchObject({ knownStatus: "RUNNING", restartCount: 3 })
  expect(there.fake().starts).toBe(4)
  expect(there.told.every(({ knownStatus }) => knownStatus !== "STOPPED")).toBe(true)
})

test.each([
  ["default", "CannotPullContainerError: manifest for nowhere:1 not found"],
  ["always", "CannotPullContainerError: manifest for nowhere:1 not found"],
] as const)(
  "with %s, an image that nobody has ends the task with the registry's words",
  async (pullBehavior, words) => {
    const there = await new TaskWorld([], { settings: { pullBehavior } }).begin()
    await there.run(aPayload({ containers: [aContainer({ image: "nowhere:1" })] }))
    expect(there.task().knownStatus).toBe("STOPPED")
    expect(there.container()).toMatchObject({ knownStatus: "STOPPED", reason: words })
    expect(there.container().exitCode).toBeUndefined()
  },
)

test.each([
  ["default", "RUNNING"],
  ["prefer-cached", "RUNNING"],
  ["once", "STOPPED"],
  ["always", "STOPPED"],
] as const)(
  "with %s and a registry that is away, a task over an image that was loaded here is %s",
  async (pullBehavior, status) => {
    const pullFails = new EngineError("registry failed", "connection refused")
    const there = await new TaskWorld([{ reference: "loaded:1", present: true, pullFails }], {
      settings: { pullBehavior },
    }).begin()
    await there.run(aPayload({ containers: [aContainer({ image: "loaded:1" })] }))
    await there.world.advance(60_000)
    expect(there.task().knownStatus).toBe(status)
    if (status === "STOPPED") {
      expect(there.container().reason).toBe("CannotPullContainerError: connection refused")
    }
  },
)

test("with once, an image is brought a single time", async () => {
  const there = await new TaskWorld([{ reference: "slow:1", pullMs: 10_000 }], {
    settings: { pullBehavior: "once" },
  }).begin()
  const containers = [aContainer({ image: "slow:1" })]
  await there.run(aPayload({ containers }))
  await there.world.advance(10_000)
  await there.run(aPayload({ arn: arnOf("second"), containers }))
  expect(there.task(arnOf("second")).knownStatus).toBe("RUNNING")
})

test("a stop while the image is on its way ends the pull", async () => {
  const there = await new TaskWorld([{ reference: "slow:1", pullMs: 100_000 }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "slow:1" })] }))
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  expect(there.task().knownStatus).toBe("STOPPED")
  expect(there.container().reason).toBeUndefined()
  expect(there.machine.places.list()).toEqual([])
})

test.each([
  ["createFails", "CannotCreateContainerError: no room"],
  ["startFails", "CannotStartContainerError: no room"],
] as const)("%s: the reason has AWS's name", async (fault, words) => {
  const behaviour = { [fault]: new EngineError("machine", "no room") }
  const there = await new TaskWorld([{ reference: "bad:1", behaviour }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "bad:1" })] }))
  expect(there.container()).toMatchObject({ knownStatus: "STOPPED", reason: words })
  expect(there.task().knownStatus).toBe("STOPPED")
})

test("a container that uses too much memory says so, with its code", async () => {
  const there = await new TaskWorld([{ reference: "hungry:1", behaviour: { outOfMemoryAfterMs: 50 } }]).begin()
  await there.run(aPayload({ containers: [aContainer({ image: "hungry:1" })] }))
  await there.world.advance(50)
  expect(there.container()).toMatchObject({
    exitCode: 137,
    reason: "OutOfMemoryError: Container killed due to memory usage",
  })
})

test("dynamic ports are chosen from the range, blocks in a row, and none of them twice", async () => {
  const isPortFree = (port: number) => port !== 40_001
  const there = await new TaskWorld([], {
    settings: { dynamicPorts: { first: 40_000, last: 40_009 } },
    isPortFree,
  }).begin()
  const portMappings = [
    { containerPort: 80, hostPort: 0, protocol: "tcp" as const },
    { containerPortRange: "9000-9002", protocol: "tcp" as const },
  ]
  await there.run(aPayload({ containers: [aContainer({ portMappings })] }))
  expect(there.container().bindings).toEqual([
    { containerPort: 80, hostPort: 40_000, protocol: "tcp" },
    {
      containerPort: 9000,
      hostPort: 40_002,
      protocol: "tcp",
      containerPortRange: "9000-9002",
      hostPortRange: "40002-40004",
    },
  ])
  await there.run(aPayload({ arn: arnOf("second"), containers: [aContainer({ portMappings })] }))
  expect(there.container("app", arnOf("second")).bindings.map(({ hostPort }) => hostPort)).toEqual([40_005, 40_006])
})

test("a task that finds its port taken waits for the one that has it, and those behind it wait as well", async () => {
  const there = await new TaskWorld().begin()
  const containers = [aContainer({ portMappings: [{ containerPort: 80, hostPort: 8080, protocol: "tcp" }] })]
  await there.run(aPayload({ containers }))
  await there.run(aPayload({ arn: arnOf("second"), containers }))
  await there.run(aPayload({ arn: arnOf("third") }))
  expect(there.task(arnOf("second")).knownStatus).toBe("NONE")
  expect(there.task(arnOf("third")).knownStatus).toBe("NONE")
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  expect(there.task(arnOf("second")).knownStatus).toBe("RUNNING")
  expect(there.task(arnOf("third")).knownStatus).toBe("RUNNING")
})

test("a task that is stopped while it waits makes room for those behind it", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ cpu: 9, arn: arnOf("large") }))
  await there.run(aPayload())
  expect(there.task().knownStatus).toBe("NONE")
  there.tasks.stop(arnOf("large"))
  await there.world.settle()
  expect(there.task(arnOf("large")).knownStatus).toBe("STOPPED")
  expect(there.task().knownStatus).toBe("RUNNING")
})

test("linked containers know each other's address", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ containers: [aContainer({ links: ["db:database"] }), aContainer({ name: "db" })] }))
  const [address] = there.container("db").addresses
  expect(there.fake().spec.extraHosts).toEqual(expect.arrayContaining([`database:${address}`, `db:${address}`]))
})

test("volumes of a task go with it, shared ones stay, and what an image keeps apart can be taken from it", async () => {
  const image = { reference: "postgres:1", config: { volumes: ["/data"] } }
  const there = await new TaskWorld([image]).begin()
  const payload = aPayload({
    volumes: [
      { name: "own", type: "host", host: {} },
      { name: "all", type: "docker", dockerVolumeConfiguration: { scope: "shared", autoprovision: true } },
      { name: "etc", type: "host", host: { sourcePath: "/etc" } },
    ],
    containers: [
      aContainer({
        image: "postgres:1",
        mountPoints: [
          { sourceVolume: "own", containerPath: "/own", readOnly: false },
          { sourceVolume: "all", containerPath: "/all", readOnly: true },
        ],
      }),
      aContainer({
        name: "side",
        mountPoints: [{ sourceVolume: "etc", containerPath: "/own", readOnly: true }],
        volumesFrom: [{ sourceContainer: "app", readOnly: true }],
      }),
    ],
  })
  await there.run(payload)
  const data = "ecs-9f00-app-data"
  expect(there.fake("side").spec.mounts).toEqual([
    { kind: "bind", source: "/etc", target: "/own", readOnly: true },
    { kind: "volume", volume: "all", target: "/all", readOnly: true },
    { kind: "volume", volume: data, target: "/data", readOnly: true },
  ])
  expect([...there.machine.volumes.keys()].sort()).toEqual(["all", data, "ecs-web-3-own-9f00"])
  there.tasks.stop(payload.arn)
  await there.world.settle()
  there.confirm()
  await there.world.advance(3 * 3_600_000 + 30_000)
  expect([...there.machine.volumes.keys()]).toEqual(["all"])
})

test("a shared volume that should be there and is not ends the task", async () => {
  const there = await new TaskWorld().begin()
  const volumes = [{ name: "all", type: "docker" as const, dockerVolumeConfiguration: { scope: "shared" } }]
  const mountPoints = [{ sourceVolume: "all", containerPath: "/all", readOnly: false }]
  await there.run(aPayload({ volumes, containers: [aContainer({ mountPoints })] }))
  expect(there.task()).toMatchObject({
    knownStatus: "STOPPED",
    reason: expect.stringContaining("CannotCreateVolumeError: "),
  })
})

test.each([
  [
    "secrets",
    {
      secrets: [
        {
          name: "A",
          valueFrom: "/a",
          region: "us-east-1",
          provider: "ssm",
          type: "ENVIRONMENT_VARIABLE",
          target: "CONTAINER",
        },
      ],
    },
  ],
  ["environment files", { environmentFiles: [{ value: "arn:aws:s3:::b/a.env", type: "s3" }] }],
] as const)("%s that nobody can bring end the task before it began", async (_, container) => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ containers: [aContainer(container)] }))
  expect(there.task()).toMatchObject({
    knownStatus: "STOPPED",
    reason: expect.stringMatching(/^ResourceInitializationError: /),
  })
  expect(there.machine.containers).toEqual([])
})

test("an interface that no fabric brings ends the task", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ networkMode: "awsvpc" }))
  expect(there.task().reason).toMatch(/^ResourceInitializationError: unable to set up the network interface/)
})

test("credentials are known by their id, refreshed, and never on the disk", async () => {
  const given = {
    credentialsId: "id-1",
    accessKeyId: "A",
    secretAccessKey: "very-secret",
    sessionToken: "t",
    expiration: "e",
  }
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ roleCredentials: given }))
  expect(there.fake().spec.environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI).toBe("/v2/credentials/id-1")
  expect(there.tasks.credentials("id-1")).toEqual(given)
  expect(JSON.stringify([...there.state.tasks.values()])).not.toContain("very-secret")
  await there.restart()
  expect(there.tasks.credentials("id-1")).toBeUndefined()
  expect(there.tasks.refreshCredentials(there.task().arn, { ...given, accessKeyId: "B" })).toBe(true)
  expect(there.tasks.credentials("id-1")?.accessKeyId).toBe("B")
  expect(there.tasks.refreshCredentials(there.task().arn, { ...given, credentialsId: "other" })).toBe(false)
})

test("secrets are resolved with the execution role, and wait for it after a restart", async () => {
  const execution = { credentialsId: "x-1", accessKeyId: "A", secretAccessKey: "s", sessionToken: "t", expiration: "e" }
  const resolver: Resolver = {
    secrets: async (_task, _name, credentials) => ({ PASSWORD: `for ${credentials?.accessKeyId}` }),
    logSecrets: async () => ({}),
    environmentFiles: async () => ({}),
    login: async () => ({ username: "u", password: "p" }),
  }
  const secret = {
    name: "PASSWORD",
    valueFrom: "/p",
    region: "us-east-1",
    provider: "ssm",
    type: "ENVIRONMENT_VARIABLE",
    target: "CONTAINER",
  } as const
  const there = await new TaskWorld([{ reference: "slow:1", pullMs: 5_000 }], { resolver }).begin()
  await there.run(
    aPayload({ executionRoleCredentials: execution, containers: [aContainer({ image: "slow:1", secrets: [secret] })] }),
  )
  await there.restart()
  await there.world.advance(20_000)
  expect(there.container().knownStatus).toBe("PULLED")
  there.tasks.refreshCredentials(there.task().arn, execution)
  await there.world.settle()
  expect(there.fake().spec.environment.PASSWORD).toBe("for A")
})

test("endpoints are open before a container starts, again after a restart, and closed at the end", async () => {
  const said: string[] = []
  const endpoints: Endpoints = {
    open: async (_, { name, knownStatus }) => void said.push(`open ${name} ${knownStatus}`),
    close: async () => void said.push("close"),
  }
  const there = await new TaskWorld([], { endpoints }).begin()
  await there.run(aPayload())
  await there.restart()
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  expect(said).toEqual(["open app NONE", "open app RUNNING", "close"])
})

test("a stopped task gives its networks back at once, and the rest after it was told of and some time has passed", async () => {
  const there = await new TaskWorld([], { settings: { keepStoppedMs: 60_000 } }).begin()
  await there.run(aPayload())
  there.tasks.stop(there.task().arn)
  await there.world.settle()
  expect(there.machine.places.list()).toEqual([])
  await there.world.advance(3_600_000)
  expect(there.machine.containers).toHaveLength(1)
  there.confirm()
  await there.world.advance(30_000)
  expect(there.machine.containers).toEqual([])
  expect(there.machine.tasks.size).toBe(0)
  expect(there.state.tasks.size).toBe(0)
})

test("a runtime that goes away under its tasks delays them and costs nothing", async () => {
  const there = await new TaskWorld([{ reference: "job:1", behaviour: { exits: { afterMs: 5_000, code: 7 } } }]).begin()
  await there.run(aPayload({ arn: arnOf("job"), containers: [aContainer({ image: "job:1" })] }))
  there.machine.runtimeDown = true
  await there.run(aPayload())
  await there.world.advance(10_000)
  expect(there.task().knownStatus).not.toBe("STOPPED")
  expect(there.task(arnOf("job")).knownStatus).toBe("RUNNING")
  there.machine.runtimeDown = false
  await there.world.advance(10_000)
  expect(there.task().knownStatus).toBe("RUNNING")
  expect(there.container("app", arnOf("job"))).toMatchObject({ exitCode: 7, finishedAt: NOW + 5_000 })
})

test.each(["create", "start", "createNetwork", "createTask"] as const)(
  "%s is done once, although its answer was lost",
  async (operation) => {
    const there = await new TaskWorld().begin()
    there.machine.faults.add({ operation, error: new EngineError("unavailable", "gone away"), done: true })
    await there.run(aPayload())
    await there.world.advance(1_000)
    expect(there.task().knownStatus).toBe("RUNNING")
    expect(there.fake().starts).toBe(1)
  },
)

test("a container that starts only after its time was up does not stay", async () => {
  const there = await new TaskWorld([], { settings: { startMsMax: 1_000 } }).begin()
  there.machine.faults.delays.set("start", 1_500)
  await there.run(aPayload())
  await there.world.advance(10_000)
  expect(there.container()).toMatchObject({
    knownStatus: "STOPPED",
    reason: expect.stringMatching(/^DockerTimeoutError: /),
  })
  expect(there.machine.containers.filter(({ running }) => running)).toEqual([])
})

test("after a restart of the machine everything that ran is stopped, and nothing is started again", async () => {
  const there = await new TaskWorld().begin()
  there.state.putIdentity({ cluster: "shop", containerInstanceArn: "i", bootId: there.bootId })
  await there.run(aPayload({ containers: [aContainer({ restartPolicy: { enabled: true, restartAttemptPeriod: 0 } })] }))
  there.kill()
  there.machine.reboot()
  there.bootId = "boot-2"
  await there.restart()
  await there.world.advance(1_000)
  expect(there.task()).toMatchObject({ knownStatus: "STOPPED", desiredStatus: "STOPPED" })
  expect(there.container().exitCode).toBeUndefined()
  expect(there.container().reason).toContain("restarted")
  expect(there.fake().starts).toBe(1)
})

test("a container that is gone is told of as such", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload())
  there.kill()
  there.machine.remove(there.container().id)
  await there.restart()
  await there.world.settle()
  expect(there.container()).toMatchObject({
    knownStatus: "STOPPED",
    reason: expect.stringMatching(/^ContainerVanishedError: /),
  })
})

test("a container of no task is taken away", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload())
  there.kill()
  there.state.removeTask(aPayload().arn)
  await there.restart()
  expect(there.machine.containers).toEqual([])
  expect(there.machine.tasks.size).toBe(0)
})

test("a stop of a task that nobody knows is answered with its end", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload({ desiredStatus: "STOPPED" }))
  expect(there.told.at(-1)).toMatchObject({ arn: aPayload().arn, knownStatus: "STOPPED" })
  expect(there.machine.containers).toEqual([])
})

test("a known task that comes again is left as it is, and one that comes to stop is stopped", async () => {
  const there = await new TaskWorld().begin()
  await there.run(aPayload())
  const { id } = there.container()
  await there.run(aPayload())
  expect(there.container().id).toBe(id)
  expect(there.machine.containers).toHaveLength(1)
  await there.run(aPayload({ desiredStatus: "STOPPED" }))
  expect(there.task().knownStatus).toBe("STOPPED")
})
