import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { RegionError } from "../region.ts"
import { handleEndpoint } from "./handler.ts"
import { ARN, aContainer, aContainerRecord, anAgent, aRegion, aRequest, askAs, aTaskRecord } from "./testing.ts"

const LABELS = {
  "com.amazonaws.ecs.cluster": "default",
  "com.amazonaws.ecs.container-name": "app",
  "com.amazonaws.ecs.task-arn": ARN,
  "com.amazonaws.ecs.task-definition-family": "web",
  "com.amazonaws.ecs.task-definition-version": "3",
}

test("version 4 describes a bridged container as Amazon's agent does", async () => {
  const task = aTaskRecord(undefined, {
    payload: {
      containers: [
        aContainer({
          containerArn: "arn:aws:ecs:us-west-2:111122223333:container/1",
          mountPoints: [{ sourceVolume: "data", containerPath: "/data", readOnly: false }],
          restartPolicy: { enabled: true },
          healthCheckType: "docker",
          dockerConfig: {
            config: '{"Labels":{"team":"shop"}}',
            hostConfig: '{"LogConfig":{"Type":"awslogs","Config":{"awslogs-group":"/ecs/web"}}}',
          },
        }),
      ],
      volumes: [{ name: "data", type: "host", host: { sourcePath: "/srv/data" } }],
    },
    containers: [
      aContainerRecord({
        bindings: [{ containerPort: 80, hostPort: 32768, protocol: "tcp" }],
        restartCount: 2,
        health: { status: "HEALTHY", since: Date.UTC(2026, 0, 1), exitCode: 0, output: "fine" },
      }),
    ],
  })

  expect(await askAs("/v4/endpoint-1", task)).toEqual({
    status: 200,
    body: {
      DockerId: "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66",
      Name: "app",
      DockerName: "ecs-web-3-app-cca48e8dcadd97805600",
      Image: "busybox:latest",
      ImageID: "sha256:d691691e9652791a60114e67b365688d20d19940dde7c4736ea30e660d8d3553",
      Ports: [{ ContainerPort: 80, Protocol: "tcp", HostPort: 32768, HostIp: "0.0.0.0" }],
      Labels: { team: "shop", ...LABELS },
      DesiredStatus: "RUNNING",
      KnownStatus: "RUNNING",
      Limits: { CPU: 10, Memory: 128 },
      CreatedAt: "2026-01-01T00:00:07.620Z",
      StartedAt: "2026-01-01T00:00:08.000Z",
      Type: "NORMAL",
      Health: { status: "HEALTHY", statusSince: "2026-01-01T00:00:00.000Z", exitCode: 0, output: "fine" },
      Volumes: [{ Source: "/srv/data", Destination: "/data" }],
      LogDriver: "awslogs",
      LogOptions: { "awslogs-group": "/ecs/web" },
      ContainerARN: "arn:aws:ecs:us-west-2:111122223333:container/1",
      Networks: [{ NetworkMode: "bridge", IPv4Addresses: ["172.17.0.2"] }],
      RestartCount: 2,
    },
  })
})

const AWSVPC = {
  networkMode: "awsvpc",
  launchType: "FARGATE",
  serviceName: "shop",
  cpu: 0.25,
  memory: 512,
  taskClusterArn: "arn:aws:ecs:us-west-2:111122223333:cluster/default",
  elasticNetworkInterfaces: [
    {
      ec2Id: "eni-1",
      macAddress: "0a:de:f6:10:51:e5",
      attachmentArn: "arn:aws:ecs:us-west-2:111122223333:attachment/1",
      ipv4Addresses: [{ privateAddress: "10.0.2.100", primary: true }],
      subnetGatewayIpv4Address: "10.0.2.1/24",
      domainNameServers: ["10.0.0.2"],
      domainName: ["us-west-2.compute.internal"],
      privateDnsName: "ip-10-0-2-100.us-west-2.compute.internal",
    },
  ],
} as const

test("version 4 describes a task with an interface of its own, and what only Fargate measures", async () => {
  const task = aTaskRecord(undefined, { payload: AWSVPC, containers: [aContainerRecord({ bindings: [PORT_80] })] })
  const agent = anAgent([task], {
    fargate: {
      clockDrift: () => ({ errorBound: 0.5, referenceAt: Date.UTC(2026, 0, 1), isSynchronized: true }),
      ephemeralStorage: () => ({ utilized: 261 * 2 ** 20 + 1, reserved: 20496 * 2 ** 20 }),
    },
  })

  const { status, body } = await askAs("/v4/endpoint-1/task", task, { agent })
  expect(status).toBe(200)
  expect(body).toEqual({
    Cluster: "arn:aws:ecs:us-west-2:111122223333:cluster/default",
    TaskARN: ARN,
    Family: "web",
    Revision: "3",
    ServiceName: "shop",
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    Limits: { CPU: 0.25, Memory: 512 },
    PullStartedAt: "2026-01-01T00:00:01.000Z",
    PullStoppedAt: "2026-01-01T00:00:06.000Z",
    AvailabilityZone: "us-west-2d",
    LaunchType: "FARGATE",
    Containers: [
      expect.objectContaining({
        Name: "app",
        Ports: [{ ContainerPort: 80, Protocol: "tcp", HostPort: 80 }],
        Networks: [
          {
            NetworkMode: "awsvpc",
            IPv4Addresses: ["10.0.2.100"],
            AttachmentIndex: 0,
            MACAddress: "0a:de:f6:10:51:e5",
            IPv4SubnetCIDRBlock: "10.0.2.0/24",
            DomainNameServers: ["10.0.0.2"],
            DomainNameSearchList: ["us-west-2.compute.internal"],
            PrivateDNSName: "ip-10-0-2-100.us-west-2.compute.internal",
            SubnetGatewayIpv4Address: "10.0.2.1/24",
          },
        ],
      }),
    ],
    ClockDrift: {
      ClockErrorBound: 0.5,
      ReferenceTimestamp: "2026-01-01T00:00:00.000Z",
      ClockSynchronizationStatus: "SYNCHRONIZED",
    },
    EphemeralStorageMetrics: { Utilized: 261, Reserved: 20496 },
    FaultInjectionEnabled: false,
  })
})

const PORT_80 = { containerPort: 80, hostPort: 80, protocol: "tcp" } as const

test.each(["/v3/endpoint-1/task", "/v2/metadata"])("%s has not what version 4 added", async (url) => {
  const { body } = await askAs(url, aTaskRecord(undefined, { payload: AWSVPC }))

  expect(body).not.toHaveProperty("LaunchType")
  expect(body).not.toHaveProperty("ServiceName")
  expect(body).not.toHaveProperty("FaultInjectionEnabled")
  expect(body).toMatchObject({
    TaskARN: ARN,
    Containers: [{ Name: "app", Networks: [{ NetworkMode: "awsvpc", IPv4Addresses: ["10.0.2.100"] }] }],
  })
})

test("version 2 gives a container by its id, and refuses one of another task", async () => {
  const task = aTaskRecord()
  const { id } = task.containers[0]!

  expect(await askAs(`/v2/metadata/${id}`, task)).toMatchObject({ status: 200, body: { DockerId: id } })
  expect(await askAs("/v2/metadata/abc", task)).toEqual({ status: 400, body: expect.stringContaining("'abc'") })
})

test("version 2 cannot tell which of several tasks asks", async () => {
  const agent = anAgent([])
  const scope = () => [
    { agent, task: aTaskRecord("1") },
    { agent, task: aTaskRecord("2") },
  ]

  const { status, body } = await handleEndpoint(aRequest("/v2/metadata"), scope, simulatedWorld())
  expect({ status, kind: typeof body }).toEqual({ status: 400, kind: "string" })
})

test("a container that was not created yet is not told of, one that was only pulled is", async () => {
  const task = aTaskRecord(undefined, {
    containers: [
      aContainerRecord({ knownStatus: "PULLED" }),
      aContainerRecord({ knownStatus: "NONE", endpointId: "endpoint-2" }),
    ],
  })

  const { body } = await askAs("/v4/endpoint-1/task", task)
  expect(body).toMatchObject({ Containers: [{ KnownStatus: "PULLED" }] })
})

test.each([
  ["/v4/other", 404, "V4 container metadata handler: unable to get container ID from request: "],
  ["/v4/other/task", 404, "V4 task metadata handler: unable to get task arn from request: "],
  ["/v4/other/taskWithTags", 404, "V4 task metadata handler: unable to get task arn from request: "],
  ["/v4/other/stats", 404, "V4 container stats handler: unable to get task arn from request: "],
  ["/v4/other/task/stats", 404, "V4 task stats handler: unable to get task arn from request: "],
  ["/v4/other/associations/gpu", 404, "V4 container associations handler: unable to get container ID from request: "],
  ["/v3/other", 400, "V3 container metadata handler: unable to get container ID from request: "],
  ["/v3/other/task", 400, "V3 task metadata handler: unable to get task arn from request: "],
])("%s, which is nobody here, is answered with a text", async (url, status, start) => {
  const response = await askAs(url, aTaskRecord())
  expect(response.status).toBe(status)
  expect(response.body).toMatch(new RegExp(`^${start}.* from v3 endpoint ID: other$`))
})

test("a container of another task cannot be asked for, though its endpoint id is known", async () => {
  const other = aTaskRecord("2", { containers: [aContainerRecord({ endpointId: "endpoint-2" })] })
  const task = aTaskRecord("1")

  expect(await askAs("/v4/endpoint-2", task, { agent: anAgent([task, other]) })).toMatchObject({ status: 404 })
})

test.each(["/", "/v5/metadata", "/v4/endpoint-1/secrets", "/v2/nothing", "/api/endpoint-1/other/v1/state"])(
  "%s is no endpoint",
  async (url) => expect(await askAs(url, aTaskRecord())).toMatchObject({ status: 404 }),
)

test("metadata is only read", async () => {
  expect(await askAs("/v4/endpoint-1", aTaskRecord(), { request: { method: "POST" } })).toMatchObject({ status: 405 })
})

test("taskWithTags has the tags of task and machine, and says which could not be had", async () => {
  const task = aTaskRecord()
  const region = aRegion((_service, operation, input) => {
    const { resourceArn } = input as { resourceArn: string }
    if (resourceArn === ARN) return { tags: [{ key: "team", value: "shop" }, { key: "empty" }] }
    throw new RegionError("AccessDeniedException", 400, `not allowed to ${operation}`)
  })

  const { body } = await askAs("/v4/endpoint-1/taskWithTags", task, { agent: anAgent([task], { region }) })
  expect(body).toMatchObject({
    TaskARN: ARN,
    TaskTags: { team: "shop", empty: "" },
    Errors: [
      {
        ErrorField: "ContainerInstanceTags",
        ErrorCode: "AccessDeniedException",
        ErrorMessage: "not allowed to ListTagsForResource",
        StatusCode: 400,
        ResourceARN: "arn:aws:ecs:us-west-2:111122223333:container-instance/default/1",
      },
    ],
  })
  expect(body).not.toHaveProperty("ContainerInstanceTags")
})

test("associations are named by type, and their content is decoded", async () => {
  const task = aTaskRecord(undefined, {
    payload: {
      associations: [
        {
          name: "device",
          type: "elastic-inference",
          content: { value: Buffer.from('{"a":1}').toString("base64"), encoding: "base64" },
          containers: ["app"],
        },
        { name: "other", type: "gpu", content: { value: "x", encoding: "none" }, containers: ["sidecar"] },
      ],
    },
  })
  const at = "/v4/endpoint-1/associations"

  expect(await askAs(`${at}/elastic-inference`, task)).toEqual({ status: 200, body: { Associations: ["device"] } })
  expect(await askAs(`${at}/gpu`, task)).toEqual({ status: 200, body: { Associations: [] } })
  expect(await askAs(`${at}/elastic-inference/device`, task)).toEqual({ status: 200, text: '{"a":1}' })
  expect(await askAs(`${at}/elastic-inference/none`, task)).toMatchObject({ status: 404 })
})

test.each([
  ["other", {}, 404],
  ["endpoint-1", {}, 400],
  ["endpoint-1", { enableFaultInjection: true }, 400],
  ["endpoint-1", { enableFaultInjection: true, networkMode: "host" }, 501],
] as const)("a fault for %s of a task with %o is refused in words", async (endpointId, payload, status) => {
  const task = aTaskRecord(undefined, { payload })
  const url = `/api/${endpointId}/fault/v1/network-latency/start`
  expect(await askAs(url, task, { request: { method: "POST" } })).toEqual({
    status,
    body: { Error: expect.any(String) },
  })
})
