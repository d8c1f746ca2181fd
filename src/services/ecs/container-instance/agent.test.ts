import { ClientException, ClusterNotFoundException, InvalidParameterException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld } from "../../testing.ts"
import { AGENT_ACTIONS } from "./agent-actions.ts"
import { anInstanceIn, connect, RECORDED_REGISTRATION, RESOURCES, sendAsAgent } from "./testing.ts"

const DOCUMENT = {
  accountId: "111122223333",
  architecture: "arm64",
  availabilityZone: "us-east-1c",
  imageId: "ami-0abcdef1234567890",
  instanceId: "i-0123456789abcdef0",
  instanceType: "c7g.large",
  region: "us-east-1",
  version: "2017-09-30",
}

interface Sent {
  readonly name: string
  readonly value?: string
}

/** As the agent compares: an empty value is the same as none. */
function missingIn(answered: readonly Sent[], sent: readonly Sent[]): readonly Sent[] {
  const values = new Map(answered.map(({ name, value = "" }) => [name, value]))
  return sent.filter(({ name, value = "" }) => values.get(name) !== value)
}

test("the open-source agent's registration is answered so that the agent goes on", async () => {
  const started = await startWorld()
  const agent = started.as({ only: AGENT_ACTIONS })

  const early = await sendAsAgent(started, agent, "RegisterContainerInstance", RECORDED_REGISTRATION)
  expect(early).toEqual({
    status: 400,
    answer: { __type: "ClusterNotFoundException", message: "Cluster not found." },
  })
  expect(await sendAsAgent(started, agent, "CreateCluster", { clusterName: "default" })).toMatchObject({
    status: 200,
    answer: { cluster: { clusterName: "default" } },
  })

  const { status, answer } = await sendAsAgent(started, agent, "RegisterContainerInstance", RECORDED_REGISTRATION)
  expect(status).toBe(200)
  const { containerInstance } = answer
  expect(containerInstance.containerInstanceArn).toMatch(
    new RegExp(`^arn:aws:ecs:us-east-1:${started.account}:container-instance/default/[0-9a-f]{32}$`),
  )
  expect(RECORDED_REGISTRATION.attributes.length).toBeGreaterThan(40)
  expect(missingIn(containerInstance.attributes, RECORDED_REGISTRATION.attributes)).toEqual([])
  expect(missingIn(containerInstance.attributes, [{ name: "ecs.availability-zone", value: "us-east-1a" }])).toEqual([])
  expect(containerInstance).toMatchObject({
    status: "ACTIVE",
    agentConnected: false,
    version: 1,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    registeredResources: RECORDED_REGISTRATION.totalResources,
    remainingResources: RECORDED_REGISTRATION.totalResources,
  })

  const again = await sendAsAgent(started, agent, "RegisterContainerInstance", RECORDED_REGISTRATION)
  expect(again.answer.containerInstance.containerInstanceArn).toBe(containerInstance.containerInstanceArn)
  expect((await started.ecs.listContainerInstances({})).containerInstanceArns).toHaveLength(1)

  const poll = { cluster: "default", containerInstance: containerInstance.containerInstanceArn, zoneId: "" }
  expect((await sendAsAgent(started, agent, "DiscoverPollEndpoint", poll)).answer).toEqual({
    endpoint: "http://homeport.example:8443/acs/",
    telemetryEndpoint: "http://homeport.example:8443/tcs/",
  })
  const behindTls = await sendAsAgent(started, agent, "DiscoverPollEndpoint", poll, { "x-forwarded-proto": "https" })
  expect(behindTls.answer.endpoint).toBe("https://homeport.example:8443/acs/")
})

test("another start of an agent that has lost its data makes another instance", async () => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const register = (clientToken: string) =>
    sendAsAgent(started, started, "RegisterContainerInstance", { ...RECORDED_REGISTRATION, clientToken })
  await register("0f3e7d8c-2f6d-4c68-9a51-3c1c1d0e6a11")
  await register("1f3e7d8c-2f6d-4c68-9a51-3c1c1d0e6a11")
  expect((await started.ecs.listContainerInstances({})).containerInstanceArns).toHaveLength(2)
})

test("a token is good for one cluster, and until its instance is deregistered", async () => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  await started.ecs.createCluster({ clusterName: "other" })
  const register = async (cluster: string) => {
    const registration = { ...RECORDED_REGISTRATION, cluster }
    const { answer } = await sendAsAgent(started, started, "RegisterContainerInstance", registration)
    return answer.containerInstance.containerInstanceArn as string
  }
  const first = await register("default")
  expect(await register("other")).not.toBe(first)
  await started.ecs.deregisterContainerInstance({ containerInstance: first })
  expect(await register("default")).not.toBe(first)
})

test("an agent that comes back keeps its instance, and says anew what it can do", async () => {
  const started = await startWorld()
  const { ecs } = started
  await ecs.createCluster({})
  const first = await anInstanceIn(started, {
    attributes: [{ name: "ecs.capability.old" }, { name: "ecs.capability.kept" }, { name: "rack", value: "7" }],
    tags: [{ key: "team", value: "a" }],
  })
  const arn = first.containerInstanceArn!
  await ecs.putAttributes({ attributes: [{ name: "floor", value: "2", targetId: arn }] })
  await ecs.updateContainerInstancesState({ containerInstances: [arn], status: "DRAINING" })

  const { containerInstance } = await ecs.registerContainerInstance({
    containerInstanceArn: arn,
    attributes: [{ name: "ecs.capability.kept" }, { name: "ecs.capability.new", value: "1" }],
    totalResources: RESOURCES.map((resource) =>
      resource.name === "CPU" ? { ...resource, integerValue: 4096 } : resource,
    ),
    tags: [{ key: "stage", value: "b" }],
  })
  expect(containerInstance).toMatchObject({ containerInstanceArn: arn, status: "DRAINING" })
  expect(containerInstance!.attributes!.map(({ name }) => name).sort()).toEqual([
    "ecs.availability-zone",
    "ecs.capability.kept",
    "ecs.capability.new",
    "ecs.os-type",
    "floor",
    "rack",
  ])
  expect(containerInstance!.remainingResources![0]).toMatchObject({ name: "CPU", integerValue: 4096 })
  expect(containerInstance!.tags).toEqual([
    { key: "team", value: "a" },
    { key: "stage", value: "b" },
  ])
})

test("an instance that was taken out does not come back, and one cannot become another", async () => {
  const started = await startWorld()
  const { ecs } = started
  await ecs.createCluster({})
  await ecs.createCluster({ clusterName: "other" })
  const instanceIdentityDocument = JSON.stringify(DOCUMENT)
  const { containerInstanceArn } = await anInstanceIn(started, { instanceIdentityDocument })
  const back = (changes: object) =>
    ecs.registerContainerInstance({ containerInstanceArn: containerInstanceArn!, instanceIdentityDocument, ...changes })

  const larger = JSON.stringify({ ...DOCUMENT, instanceType: "c7g.xlarge" })
  await expect(back({ instanceIdentityDocument: larger })).rejects.toThrow(
    "Container instance type changes are not supported. Container instance",
  )
  await expect(back({ cluster: "other" })).rejects.toThrow(ClientException)
  await ecs.deregisterContainerInstance({ containerInstance: containerInstanceArn! })
  await expect(back({})).rejects.toThrow("The container instance is not registered any more.")
  await expect(back({ containerInstanceArn: containerInstanceArn!.replace(/.{32}$/, "0".repeat(32)) })).rejects.toThrow(
    ClientException,
  )
})

test("what EC2's document says of a machine becomes its id and attributes, unless the agent says otherwise", async () => {
  const { ecs } = await startWorld()
  await ecs.createCluster({})
  const { containerInstance } = await ecs.registerContainerInstance({
    instanceIdentityDocument: JSON.stringify(DOCUMENT),
    instanceIdentityDocumentSignature: "not checked",
    attributes: [{ name: "ecs.availability-zone", value: "us-east-1b" }],
    platformDevices: [
      { id: "GPU-1", type: "GPU" },
      { id: "GPU-2", type: "GPU" },
    ],
  })
  expect(containerInstance!.ec2InstanceId).toBe("i-0123456789abcdef0")
  expect(containerInstance!.attributes).toEqual([
    { name: "ecs.availability-zone", value: "us-east-1b" },
    { name: "ecs.os-type", value: "linux" },
    { name: "ecs.instance-type", value: "c7g.large" },
    { name: "ecs.ami-id", value: "ami-0abcdef1234567890" },
    { name: "ecs.cpu-architecture", value: "arm64" },
  ])
  expect(containerInstance!.registeredResources).toEqual([
    { name: "GPU", type: "STRINGSET", stringSetValue: ["GPU-1", "GPU-2"] },
  ])
})

test.each([
  ["a document that is none", { instanceIdentityDocument: "[]" }, "The instance identity document is not valid."],
  ["text for a document", { instanceIdentityDocument: "i-1" }, "The instance identity document is not valid."],
  ["an attribute without a name", { attributes: [{ name: "" }] }, "must have 1 to 128 characters"],
  ["a long value", { attributes: [{ name: "a", value: "x".repeat(129) }] }, "cannot have more than 128 characters"],
  ["half a unit", { totalResources: [{ ...RESOURCES[0], integerValue: 0.5 }] }, "Resource CPU must be an INTEGER"],
  [
    "memory as text",
    { totalResources: [{ ...RESOURCES[1], type: "STRINGSET" }] },
    "Resource MEMORY must be an INTEGER",
  ],
  ["a resource twice", { totalResources: [RESOURCES[0]!, RESOURCES[0]!] }, "must have a name of its own"],
  [
    "a set without end",
    { totalResources: [{ name: "PORTS", type: "STRINGSET", stringSetValue: Array(1001).fill("1") }] },
    "Resource PORTS cannot have more than 1000 values",
  ],
  ["an id that is no id", { containerInstanceArn: "web" }, "containerInstanceId length should be one of [32,36]"],
])("a registration with %s is refused", async (_, request, sentence) => {
  const { ecs } = await startWorld()
  await ecs.createCluster({})
  const refused = await ecs.registerContainerInstance(request).catch((error) => error)
  expect(refused).toBeInstanceOf(InvalidParameterException)
  expect(refused.message).toContain(sentence)
  expect((await ecs.listContainerInstances({})).containerInstanceArns).toEqual([])
})

test("a machine says by an attribute in which capacity provider's group it is, and may change its mind", async () => {
  const started = await startWorld()
  const { ecs } = started
  await ecs.createCluster({})
  const attribute = { name: "homeport.capacity-provider", value: "rack" }
  const registered = await anInstanceIn(started, { attributes: [attribute] })
  expect(registered).toMatchObject({ capacityProviderName: "rack" })
  const targetId = registered.containerInstanceArn!
  const shown = async () =>
    (await ecs.describeContainerInstances({ containerInstances: [targetId] })).containerInstances![0]!
  await ecs.putAttributes({ attributes: [{ ...attribute, value: "shelf", targetId }] })
  expect(await shown()).toMatchObject({ capacityProviderName: "shelf" })
  await ecs.deleteAttributes({ attributes: [{ name: attribute.name, targetId }] })
  expect(await shown()).not.toHaveProperty("capacityProviderName")
})

test("the pool's cluster is there for the first machine with a key of the pool's account, and for no one else", async () => {
  const started = await startWorld()
  const pool = started.as({ account: "000000000000" })
  const { containerInstance } = await pool.ecs.registerContainerInstance({ cluster: "fargate" })
  expect(containerInstance!.containerInstanceArn).toContain(":000000000000:container-instance/fargate/")
  await expect(started.ecs.registerContainerInstance({ cluster: "fargate" })).rejects.toThrow(ClusterNotFoundException)
  await expect(pool.ecs.registerContainerInstance({})).rejects.toThrow(ClusterNotFoundException)
})

test("a key that was made for an agent does nothing but what agents do", async () => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const { containerInstanceArn } = await anInstanceIn(started)
  const { ecs } = started.as({ only: AGENT_ACTIONS })
  await expect(ecs.discoverPollEndpoint({})).resolves.toBeDefined()
  await expect(ecs.listTagsForResource({ resourceArn: containerInstanceArn! })).resolves.toBeDefined()
  await expect(ecs.deregisterContainerInstance({ containerInstance: containerInstanceArn! })).rejects.toThrow(
    "not authorized to perform: ecs:DeregisterContainerInstance",
  )
  await expect(ecs.runTask({ taskDefinition: "web" })).rejects.toThrow("not authorized to perform: ecs:RunTask")
})

test("a connection that comes or goes is told once, with what the agent says of itself", async () => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const { containerInstanceArn } = await anInstanceIn(started)
  const containerInstances = [containerInstanceArn!]
  const shown = async () =>
    (await started.ecs.describeContainerInstances({ containerInstances })).containerInstances![0]!
  expect(await shown()).toMatchObject({
    agentConnected: true,
    version: 2,
    versionInfo: { agentVersion: "1.105.1", agentHash: "a8b3e7d3", dockerVersion: "DockerVersion: 28.1.1" },
  })
  connect(started, containerInstanceArn!)
  expect((await shown()).version).toBe(2)
  connect(started, containerInstanceArn!, false)
  expect(await shown()).toMatchObject({ agentConnected: false, version: 3 })
  connect(started, "arn:aws:ecs:us-east-1:111122223333:container-instance/default/gone")
})
