import { expect, test } from "vitest"
import { startStore } from "../../../store/testing.ts"
import { acsFromRegion } from "../../../wire/acs.ts"
import { read } from "../../../wire/shape.ts"
import { task as taskShape } from "../../../wire/task.ts"
import type { Task, TaskAttachment } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { owed } from "./owed.ts"
import { type TaskCredentials, taskPayload } from "./payload.ts"

const OWNER = "111122223333"
const CLUSTER = `arn:aws:ecs:us-east-1:${OWNER}:cluster/shop`

const { store } = await startStore([])

type Container = NonNullable<TaskDefinition["definition"]["containerDefinitions"]>[number]

function payloadOf(
  container: Container,
  {
    definition = {},
    task = {},
    credentials = {},
  }: {
    readonly definition?: Partial<TaskDefinition["definition"]>
    readonly task?: Partial<Task>
    readonly credentials?: TaskCredentials
  } = {},
) {
  const found: TaskDefinition = {
    arn: `arn:aws:ecs:us-east-1:${OWNER}:task-definition/web:3`,
    family: "web",
    revision: 3,
    status: "ACTIVE",
    definition: { containerDefinitions: [{ name: "app", image: "nginx", ...container }], ...definition },
    registeredAt: 0,
    registeredBy: "",
  }
  const payload = store.transact(`${OWNER}/us-east-1`, (tx) =>
    taskPayload(tx, aTask({ ...task }, container), found, "RUNNING", credentials),
  )
  // As the agent gets it.
  return read(taskShape, JSON.parse(JSON.stringify(payload)))
}

function aTask(
  task: Partial<Task>,
  { name = "app", image = "nginx", memory, memoryReservation, cpu = 0 }: Container = {},
) {
  return {
    arn: `arn:aws:ecs:us-east-1:${OWNER}:task/shop/9f00`,
    clusterArn: CLUSTER,
    instanceArn: `arn:aws:ecs:us-east-1:${OWNER}:container-instance/shop/1`,
    launchType: "EC2",
    group: "family:web",
    lastStatus: "PENDING",
    desiredStatus: "RUNNING",
    overrides: { containerOverrides: [] },
    attachments: [],
    containers: [
      {
        arn: `arn:aws:ecs:us-east-1:${OWNER}:container/shop/9f00/1`,
        name,
        image,
        essential: true,
        cpu,
        ...(memory !== undefined && { memory }),
        ...(memoryReservation !== undefined && { memoryReservation }),
      },
    ],
    ...task,
  } as Task
}

const configOf = (container: Container) => JSON.parse(payloadOf(container).containers[0]!.dockerConfig!.config!)
const hostConfigOf = (container: Container) => JSON.parse(payloadOf(container).containers[0]!.dockerConfig!.hostConfig!)

test("a plain task is told with all that an agent takes for granted", () => {
  expect(
    payloadOf({ cpu: 256, memory: 512, portMappings: [{ containerPort: 80, hostPort: 0, protocol: "tcp" }] }),
  ).toEqual({
    arn: `arn:aws:ecs:us-east-1:${OWNER}:task/shop/9f00`,
    taskClusterArn: CLUSTER,
    desiredStatus: "RUNNING",
    family: "web",
    version: "3",
    taskDefinitionAccountId: OWNER,
    networkMode: "bridge",
    launchType: "EC2",
    group: "family:web",
    volumes: [],
    containers: [
      {
        name: "app",
        image: "nginx",
        containerArn: `arn:aws:ecs:us-east-1:${OWNER}:container/shop/9f00/1`,
        cpu: 256,
        memory: 512,
        essential: true,
        environment: { AWS_EXECUTION_ENV: "AWS_ECS_EC2" },
        portMappings: [{ containerPort: 80, hostPort: 0, protocol: "tcp" }],
        mountPoints: [],
        volumesFrom: [],
        dockerConfig: { version: "1.21", config: "{}", hostConfig: "{}" },
        overrides: "{}",
      },
    ],
  })
})

test("limits of the whole task are in vCPU and MiB, and those of overrides win", () => {
  const definition = { cpu: "512", memory: "1024" }
  expect(payloadOf({}, { definition })).toMatchObject({ cpu: 0.5, memory: 1024 })
  const overrides = { containerOverrides: [], cpu: "2048", memory: "4096" }
  expect(payloadOf({}, { definition, task: { overrides } })).toMatchObject({ cpu: 2, memory: 4096 })
})

test("what a task overrides is merged in before its agent sees it", () => {
  const overrides = {
    containerOverrides: [
      {
        name: "app",
        command: ["serve", "--now"],
        environment: [{ name: "MODE", value: "loud" }],
        environmentFiles: [{ value: "arn:aws:s3:::bucket/more.env", type: "s3" as const }],
      },
    ],
  }
  const container: Container = {
    command: ["serve"],
    environment: [
      { name: "MODE", value: "quiet" },
      { name: "PLACE", value: "here" },
    ],
    environmentFiles: [{ value: "arn:aws:s3:::bucket/app.env", type: "s3" }],
  }
  expect(payloadOf(container, { task: { overrides } }).containers[0]).toMatchObject({
    command: ["serve", "--now"],
    environment: { AWS_EXECUTION_ENV: "AWS_ECS_EC2", MODE: "loud", PLACE: "here" },
    environmentFiles: [
      { value: "arn:aws:s3:::bucket/app.env", type: "s3" },
      { value: "arn:aws:s3:::bucket/more.env", type: "s3" },
    ],
    overrides: "{}",
  })
})

test("what Docker is to know goes as texts of Docker's own objects, times in nanoseconds and sizes in bytes", () => {
  const container: Container = {
    memory: 128,
    memoryReservation: 64,
    user: "www",
    workingDirectory: "/srv",
    hostname: "web",
    pseudoTerminal: true,
    interactive: true,
    dockerLabels: { team: "shop" },
    healthCheck: { command: ["CMD-SHELL", "true"], interval: 30, timeout: 5, retries: 3, startPeriod: 10 },
    privileged: true,
    readonlyRootFilesystem: true,
    dnsServers: ["10.0.0.2"],
    dnsSearchDomains: ["local"],
    extraHosts: [{ hostname: "db", ipAddress: "10.0.0.9" }],
    dockerSecurityOptions: ["no-new-privileges"],
    ulimits: [{ name: "nofile", softLimit: 1024, hardLimit: 4096 }],
    systemControls: [{ namespace: "net.core.somaxconn", value: "1024" }],
    logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "web" } },
    linuxParameters: {
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      devices: [{ hostPath: "/dev/fuse", permissions: ["read", "write"] }],
      initProcessEnabled: true,
      sharedMemorySize: 16,
      tmpfs: [{ containerPath: "/run", size: 8, mountOptions: ["noexec"] }],
      maxSwap: 64,
      swappiness: 10,
    },
  }
  expect(configOf(container)).toEqual({
    User: "www",
    WorkingDir: "/srv",
    Hostname: "web",
    Tty: true,
    OpenStdin: true,
    Labels: { team: "shop" },
    Healthcheck: {
      Test: ["CMD-SHELL", "true"],
      Interval: 30_000_000_000,
      Timeout: 5_000_000_000,
      Retries: 3,
      StartPeriod: 10_000_000_000,
    },
  })
  expect(hostConfigOf(container)).toEqual({
    LogConfig: { Type: "awslogs", Config: { "awslogs-group": "web" } },
    MemoryReservation: 67_108_864,
    Privileged: true,
    ReadonlyRootfs: true,
    Dns: ["10.0.0.2"],
    DnsSearch: ["local"],
    ExtraHosts: ["db:10.0.0.9"],
    SecurityOpt: ["no-new-privileges"],
    Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 4096 }],
    Sysctls: { "net.core.somaxconn": "1024" },
    CapAdd: ["NET_ADMIN"],
    CapDrop: ["ALL"],
    Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rw" }],
    Init: true,
    ShmSize: 16_777_216,
    Tmpfs: { "/run": "size=8m,noexec" },
    MemorySwap: 201_326_592,
    MemorySwappiness: 10,
  })
  expect(payloadOf(container).containers[0]!.healthCheckType).toBe("docker")
  expect(payloadOf({}).containers[0]!.healthCheckType).toBeUndefined()
})

test("secrets travel as what to ask for and whom, never as values", () => {
  const container: Container = {
    secrets: [
      { name: "PASSWORD", valueFrom: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf" },
      { name: "TOKEN", valueFrom: "/shop/token" },
    ],
    logConfiguration: {
      logDriver: "splunk",
      secretOptions: [{ name: "splunk-token", valueFrom: "arn:aws:ssm:us-east-1:111122223333:parameter/splunk" }],
    },
  }
  const common = { type: "ENVIRONMENT_VARIABLE" }
  expect(payloadOf(container).containers[0]!.secrets).toEqual([
    {
      ...common,
      name: "PASSWORD",
      valueFrom: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf",
      region: "eu-west-1",
      provider: "asm",
      target: "CONTAINER",
    },
    { ...common, name: "TOKEN", valueFrom: "/shop/token", region: "us-east-1", provider: "ssm", target: "CONTAINER" },
    {
      ...common,
      name: "splunk-token",
      valueFrom: "arn:aws:ssm:us-east-1:111122223333:parameter/splunk",
      region: "us-east-1",
      provider: "ssm",
      target: "LOG_DRIVER",
    },
  ])
})

test("private registries are named with the one who gives their password", () => {
  const ecr = `${OWNER}.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1`
  expect(payloadOf({ image: ecr }).containers[0]!.registryAuthentication).toEqual({
    type: "ecr",
    ecrAuthData: { registryId: OWNER, region: "eu-west-1", useExecutionRole: false },
  })
  const credentialsParameter = "arn:aws:secretsmanager:us-west-2:111122223333:secret:hub"
  const private_ = payloadOf({ image: "example.com/web", repositoryCredentials: { credentialsParameter } })
  expect(private_.containers[0]!.registryAuthentication).toEqual({
    type: "asm",
    asmAuthData: { credentialsParameter, region: "us-west-2" },
  })
  expect(payloadOf({}).containers[0]!.registryAuthentication).toBeUndefined()
})

test("only a task that was given an execution role's credentials lets its agent use them", () => {
  const execution = { credentialsId: "c", accessKeyId: "A", secretAccessKey: "s", sessionToken: "t", expiration: "e" }
  const image = `${OWNER}.dkr.ecr.eu-west-1.amazonaws.com/web`
  const container: Container = { image, logConfiguration: { logDriver: "awslogs" } }
  const payload = payloadOf(container, { credentials: { execution } })
  expect(payload).toMatchObject({
    executionRoleCredentials: execution,
    containers: [
      { logsAuthStrategy: "ExecutionRole", registryAuthentication: { ecrAuthData: { useExecutionRole: true } } },
    ],
  })
  expect(payload.roleCredentials).toBeUndefined()
  expect(payloadOf(container).containers[0]!.logsAuthStrategy).toBeUndefined()
})

test("volumes have the kind and the objects that agents look for", () => {
  const volumes = [
    { name: "own" },
    { name: "bound", host: { sourcePath: "/srv" } },
    { name: "named", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: true, driver: "local" } },
    { name: "net", efsVolumeConfiguration: { fileSystemId: "fs-1", transitEncryption: "ENABLED" as const } },
  ]
  expect(payloadOf({}, { definition: { volumes } }).volumes).toEqual([
    { name: "own", type: "host", host: {} },
    { name: "bound", type: "host", host: { sourcePath: "/srv" } },
    { name: "named", type: "docker", dockerVolumeConfiguration: volumes[2]!.dockerVolumeConfiguration },
    { name: "net", type: "efs", efsVolumeConfiguration: volumes[3]!.efsVolumeConfiguration },
  ])
})

test("GPUs go to the containers that were given them", () => {
  const [container] = aTask({}).containers
  const payload = payloadOf({}, { task: { containers: [{ ...container!, gpuIds: ["gpu-1", "gpu-2"] }] } })
  expect(payload.associations).toEqual(
    ["gpu-1", "gpu-2"].map((name) => ({
      name,
      type: "gpu",
      content: { encoding: "identity", value: "" },
      containers: ["app"],
    })),
  )
})

const INTERFACE = [
  { name: "subnetId", value: "subnet-1" },
  { name: "networkInterfaceId", value: "eni-1" },
  { name: "macAddress", value: "0a:00:00:00:00:01" },
  { name: "privateIPv4Address", value: "10.0.0.7" },
]
const LINK = { gateway: "10.0.0.1/24", nameServers: ["10.0.0.2"], searchDomains: ["ec2.internal"], until: 5 }

const attachment = (status: TaskAttachment["status"]) => ({
  attachments: [
    {
      id: "a-1",
      type: "ElasticNetworkInterface" as const,
      status,
      details: INTERFACE,
      ...(status !== "PRECREATED" && { link: LINK }),
    },
  ],
})

test("an interface goes with the task once it is described, under the name that the agent reports", () => {
  const payload = payloadOf({}, { definition: { networkMode: "awsvpc" }, task: attachment("ATTACHED") })
  expect(payload.networkMode).toBe("awsvpc")
  expect(payload.elasticNetworkInterfaces).toEqual([
    {
      attachmentArn: `arn:aws:ecs:us-east-1:${OWNER}:attachment/a-1`,
      ec2Id: "eni-1",
      macAddress: "0a:00:00:00:00:01",
      ipv4Addresses: [{ privateAddress: "10.0.0.7", primary: true }],
      subnetGatewayIpv4Address: "10.0.0.1/24",
      domainNameServers: ["10.0.0.2"],
      domainName: ["ec2.internal"],
      interfaceAssociationProtocol: "default",
    },
  ])
  expect(payloadOf({}, { task: attachment("PRECREATED") }).elasticNetworkInterfaces).toBeUndefined()
})

test("an agent is told to look out for an interface, then to run, then to stop", () => {
  const waiting = { lastStatus: "PROVISIONING" as const }
  expect(owed(aTask(waiting))).toBeUndefined()
  expect(owed(aTask({ ...waiting, ...attachment("PRECREATED") }))).toBeUndefined()
  expect(owed(aTask({ ...waiting, ...attachment("ATTACHING") }))).toBe("attach")
  expect(owed(aTask({ ...waiting, ...attachment("ATTACHED") }))).toBeUndefined()
  expect(owed(aTask({ lastStatus: "PENDING", ...attachment("ATTACHED") }))).toBe("run")
  expect(owed(aTask({ lastStatus: "RUNNING" }))).toBeUndefined()
  expect(owed(aTask({ lastStatus: "RUNNING" }), true)).toBe("run")
  expect(owed(aTask({ lastStatus: "RUNNING", desiredStatus: "STOPPED" }))).toBeUndefined()
  expect(owed(aTask({ lastStatus: "STOPPING", desiredStatus: "STOPPED" }), true)).toBe("stop")
  expect(owed(aTask({ lastStatus: "STOPPED", desiredStatus: "STOPPED" }), true)).toBeUndefined()
})

test("a whole message fits what agents understand", () => {
  const frame = acsFromRegion.encode("PayloadMessage", {
    messageId: "m",
    clusterArn: CLUSTER,
    containerInstanceArn: "i",
    seqNum: 1,
    tasks: [payloadOf({ image: "nginx" })],
  })
  expect(acsFromRegion.decode(frame)?.type).toBe("PayloadMessage")
  expect(frame).not.toContain("null")
})
