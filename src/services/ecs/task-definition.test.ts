import {
  ClientException,
  type ContainerDefinition,
  type ECS,
  InvalidParameterException,
  LimitExceededException,
  paginateListTaskDefinitionFamilies,
  paginateListTaskDefinitions,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld } from "../testing.ts"

const app: ContainerDefinition = { name: "app", image: "nginx", memory: 128 }
const MISSING = "The specified task definition does not exist. Specify a valid account, family, revision and try again."

/** Registers one after the other, so that each has its number. */
async function register(ecs: ECS, ...names: string[]): Promise<string[]> {
  const arns: string[] = []
  for (const family of names) {
    const { taskDefinition } = await ecs.registerTaskDefinition({ family, containerDefinitions: [app] })
    arns.push(taskDefinition!.taskDefinitionArn!)
  }
  return arns
}

test("a definition is shown with AWS's defaults, and without what nobody gave", async () => {
  const { ecs, account, world } = await startWorld()
  const { taskDefinition, tags } = await ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [
      {
        ...app,
        portMappings: [{ containerPort: 80 }, { containerPortRange: "8000-8009" }],
        healthCheck: { command: ["CMD", "true"] },
      },
    ],
    volumes: [{ name: "data", host: {} }],
  })
  expect(tags).toBeUndefined()
  expect(taskDefinition).toEqual({
    taskDefinitionArn: `arn:aws:ecs:us-east-1:${account}:task-definition/web:1`,
    family: "web",
    revision: 1,
    status: "ACTIVE",
    containerDefinitions: [
      {
        name: "app",
        image: "nginx",
        cpu: 0,
        memory: 128,
        essential: true,
        environment: [],
        mountPoints: [],
        portMappings: [
          { containerPort: 80, hostPort: 0, protocol: "tcp" },
          { containerPortRange: "8000-8009", protocol: "tcp" },
        ],
        systemControls: [],
        volumesFrom: [],
        healthCheck: { command: ["CMD", "true"], interval: 30, timeout: 5, retries: 3 },
      },
    ],
    volumes: [{ name: "data", host: {} }],
    placementConstraints: [],
    compatibilities: ["EXTERNAL", "EC2"],
    requiresAttributes: [
      { name: "ecs.capability.container-health-check" },
      { name: "com.amazonaws.ecs.capability.docker-remote-api.1.24" },
      { name: "ecs.capability.network.container-port-range" },
    ],
    registeredAt: new Date(world.now()),
    registeredBy: `arn:aws:iam::${account}:root`,
  })
})

test("in awsvpc and host mode a container's port is its host's", async () => {
  const { ecs } = await startWorld()
  for (const networkMode of ["awsvpc", "host"] as const) {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: "web",
      networkMode,
      containerDefinitions: [{ ...app, portMappings: [{ containerPort: 80, hostPort: 0 }, { containerPort: 81 }] }],
    })
    expect(taskDefinition!.containerDefinitions![0]!.portMappings).toEqual([
      { containerPort: 80, hostPort: 80, protocol: "tcp" },
      { containerPort: 81, hostPort: 81, protocol: "tcp" },
    ])
  }
})

test("sizes are shown as plain numbers, however they were written", async () => {
  const { ecs } = await startWorld()
  const sizes = [
    ["256", "512"],
    [".25 vCPU", "0.5GB"],
    ["0.25vcpu", "0.5 gb"],
    [" 256 ", "512"],
  ]
  for (const [cpu, memory] of sizes) {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: "web",
      containerDefinitions: [{ name: "app", image: "nginx" }],
      cpu: cpu!,
      memory: memory!,
    })
    expect(taskDefinition).toMatchObject({ cpu: "256", memory: "512" })
  }
})

test("a family alone means its latest ACTIVE revision, a number any that is kept", async () => {
  const { ecs } = await startWorld()
  const [first, second] = await register(ecs, "web", "web", "webs")
  const described = async (taskDefinition: string) => {
    return (await ecs.describeTaskDefinition({ taskDefinition })).taskDefinition!.taskDefinitionArn
  }
  expect(await described("web")).toBe(second)
  expect(await described("web:1")).toBe(first)
  expect(await described(second!)).toBe(second)

  await ecs.deregisterTaskDefinition({ taskDefinition: "web:2" })
  expect(await described("web")).toBe(first)
  expect(await described("web:2")).toBe(second)
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  await expect(described("web")).rejects.toThrow("Unable to describe task definition.")
})

test("the tenth revision is later than the ninth", async () => {
  const { ecs } = await startWorld()
  await register(ecs, ...Array.from({ length: 11 }, () => "web"))
  expect((await ecs.describeTaskDefinition({ taskDefinition: "web" })).taskDefinition!.revision).toBe(11)
  const { taskDefinitionArns } = await ecs.listTaskDefinitions({ sort: "DESC" })
  expect(taskDefinitionArns!.map((arn) => Number(arn.split(":").at(-1)))).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test("what cannot be described has AWS's sentence", async () => {
  const { ecs, account, as } = await startWorld()
  const [arn] = await register(ecs, "web")
  const sentences = {
    nowhere: "Unable to describe task definition.",
    "web:2": "Unable to describe task definition.",
    "web:": "Invalid task definition: Invalid revision number.",
    "web:first": "Invalid task definition: Invalid revision number.",
    "web:0": "Invalid task definition: Invalid revision number.",
    "a b": "Unable to describe task definition.",
    [`arn:aws:ecs:us-east-1:${account}:cluster/web`]: "Unable to describe task definition.",
    [arn!.replace("us-east-1", "eu-west-1")]: "Unable to describe task definition.",
  }
  for (const [taskDefinition, sentence] of Object.entries(sentences)) {
    const refused = await ecs.describeTaskDefinition({ taskDefinition }).catch((error) => error)
    expect(refused).toBeInstanceOf(ClientException)
    expect(refused.message).toBe(sentence)
  }
  await expect(as({ account: "another" }).ecs.describeTaskDefinition({ taskDefinition: arn })).rejects.toThrow(
    "Unable to describe task definition.",
  )
  await expect(ecs.describeTaskDefinition({ taskDefinition: "web", include: ["BOGUS" as never] })).rejects.toThrow(
    "BOGUS is not a valid value for include. The value must be one of [[TAGS]]",
  )
})

test("a number is never given twice, whatever has become of its revision", async () => {
  const { ecs, world } = await startWorld()
  await register(ecs, "web", "web")
  for (const taskDefinition of ["web:1", "web:2"]) await ecs.deregisterTaskDefinition({ taskDefinition })
  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1", "web:2"] })
  await world.advance(60_000)
  await expect(ecs.describeTaskDefinition({ taskDefinition: "web:2" })).rejects.toThrow("Unable to describe")
  expect(await register(ecs, "web")).toEqual([expect.stringMatching(/web:3$/)])
})

test("deregistering keeps a revision to look at, and only those who ask later see when it was", async () => {
  const { ecs, world } = await startWorld()
  await register(ecs, "web")
  const first = await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  expect(first.taskDefinition).toMatchObject({ status: "INACTIVE", revision: 1 })
  expect(first.taskDefinition).not.toHaveProperty("deregisteredAt")

  const at = new Date(world.now())
  await world.advance(5_000)
  expect(await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })).toMatchObject({
    taskDefinition: first.taskDefinition,
  })
  expect((await ecs.describeTaskDefinition({ taskDefinition: "web:1" })).taskDefinition).toEqual({
    ...first.taskDefinition,
    deregisteredAt: at,
  })
})

test("what cannot be deregistered has AWS's sentence", async () => {
  const { ecs } = await startWorld()
  await register(ecs, "web")
  const family = ecs.deregisterTaskDefinition({ taskDefinition: "web" })
  await expect(family).rejects.toThrow(InvalidParameterException)
  await expect(family).rejects.toThrow("Revision is missing")
  await expect(ecs.deregisterTaskDefinition({ taskDefinition: "web:7" })).rejects.toThrow(MISSING)
  await expect(ecs.deregisterTaskDefinition({ taskDefinition: "web:x" })).rejects.toThrow("Invalid revision number.")
})

test("deleting answers for each revision by itself", async () => {
  const { ecs, world, account } = await startWorld()
  await register(ecs, "web", "web")
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  const { taskDefinitions, failures } = await ecs.deleteTaskDefinitions({
    taskDefinitions: ["web:1", "web:2", "web:3", "web", "web:x", `arn:aws:ecs:us-east-1:${account}:cluster/web`],
  })
  expect(taskDefinitions).toMatchObject([
    { revision: 1, status: "DELETE_IN_PROGRESS", deleteRequestedAt: new Date(world.now()) },
  ])
  const invalid = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
  expect(failures).toEqual([
    {
      arn: "web:2",
      reason: "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
    },
    { arn: "web:3", reason: MISSING },
    { arn: "web", reason: invalid },
    { arn: "web:x", reason: invalid },
    { arn: `arn:aws:ecs:us-east-1:${account}:cluster/web`, reason: invalid },
  ])
})

test("at most ten revisions are deleted at once, and those of another account by nobody else", async () => {
  const { ecs, as } = await startWorld()
  const [arn] = await register(ecs, "web")
  const taskDefinitions = Array.from({ length: 11 }, (_, index) => `web:${index + 1}`)
  await expect(ecs.deleteTaskDefinitions({ taskDefinitions })).rejects.toThrow(InvalidParameterException)
  await expect(ecs.deleteTaskDefinitions({ taskDefinitions: [] })).rejects.toThrow("cannot be empty")
  await expect(as({ account: "another" }).ecs.deleteTaskDefinitions({ taskDefinitions: [arn!] })).rejects.toThrow(
    "is not authorized to perform: ecs:DeleteTaskDefinitions",
  )
})

test("definitions are listed by family and number, page by page, both ways", async () => {
  const { ecs } = await startWorld()
  const arns = await register(ecs, "a", "a", "b", "a-b", "a", "B")
  const inOrder = [arns[5], arns[0], arns[1], arns[4], arns[3], arns[2]]
  const listed: string[] = []
  for await (const page of paginateListTaskDefinitions({ client: ecs, pageSize: 4 }, {})) {
    listed.push(...page.taskDefinitionArns!)
  }
  expect(listed).toEqual(inOrder)
  const backwards: string[] = []
  for await (const page of paginateListTaskDefinitions({ client: ecs, pageSize: 1 }, { sort: "DESC" })) {
    backwards.push(...page.taskDefinitionArns!)
  }
  expect(backwards).toEqual(inOrder.toReversed())
})

test("definitions are listed of one family and one status", async () => {
  const { ecs } = await startWorld()
  const [first, second, other] = await register(ecs, "web", "web", "web-two")
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  const list = async (input: Parameters<typeof ecs.listTaskDefinitions>[0]) => {
    return (await ecs.listTaskDefinitions(input)).taskDefinitionArns
  }
  expect(await list({})).toEqual([second, other])
  expect(await list({ familyPrefix: "web" })).toEqual([second])
  expect(await list({ familyPrefix: "we" })).toEqual([])
  expect(await list({ status: "INACTIVE" })).toEqual([first])
  expect(await list({ status: "DELETE_IN_PROGRESS" })).toEqual([])
  await expect(list({ status: "GONE" as never })).rejects.toThrow(InvalidParameterException)
  await expect(list({ sort: "UP" as never })).rejects.toThrow("sort should be one of [ASC,DESC]")
})

test("families are listed by how they begin and whether any revision is ACTIVE", async () => {
  const { ecs, world } = await startWorld()
  await register(ecs, "web", "web-two", "worker", "web")
  await ecs.deregisterTaskDefinition({ taskDefinition: "web-two:1" })
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  const list = async (input: Parameters<typeof ecs.listTaskDefinitionFamilies>[0]) => {
    return (await ecs.listTaskDefinitionFamilies(input)).families
  }
  expect(await list({})).toEqual(["web", "web-two", "worker"])
  expect(await list({ status: "ACTIVE" })).toEqual(["web", "worker"])
  expect(await list({ status: "INACTIVE" })).toEqual(["web-two"])
  expect(await list({ status: "ALL", familyPrefix: "we" })).toEqual(["web", "web-two"])
  expect(await list({ familyPrefix: "web-" })).toEqual(["web-two"])
  expect(await list({ familyPrefix: "x" })).toEqual([])
  await expect(list({ status: "GONE" as never })).rejects.toThrow(InvalidParameterException)

  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web-two:1"] })
  await world.advance(60_000)
  expect(await list({})).toEqual(["web", "worker"])
})

test("families are listed page by page", async () => {
  const { ecs } = await startWorld()
  const names = Array.from({ length: 7 }, (_, index) => `family-${index}`)
  await register(ecs, ...names, "other")
  const pages: string[][] = []
  for await (const page of paginateListTaskDefinitionFamilies({ client: ecs, pageSize: 3 }, { familyPrefix: "fam" })) {
    pages.push(page.families!)
  }
  expect(pages).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)])
})

test("tags are a revision's own, and are shown beside it when asked for", async () => {
  const { ecs } = await startWorld()
  const tags = [{ key: "team", value: "a" }]
  const registered = await ecs.registerTaskDefinition({ family: "web", containerDefinitions: [app], tags })
  expect(registered.tags).toEqual(tags)
  await register(ecs, "web")
  expect((await ecs.describeTaskDefinition({ taskDefinition: "web:1" })).tags).toEqual([])
  expect((await ecs.describeTaskDefinition({ taskDefinition: "web:1", include: ["TAGS"] })).tags).toEqual(tags)
  expect((await ecs.describeTaskDefinition({ taskDefinition: "web:2", include: ["TAGS"] })).tags).toEqual([])
})

test("a revision can be tagged whatever its status", async () => {
  const { ecs } = await startWorld()
  const [resourceArn] = await register(ecs, "web")
  await ecs.tagResource({ resourceArn: resourceArn!, tags: [{ key: "team", value: "a" }] })
  await ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  await ecs.tagResource({ resourceArn: resourceArn!, tags: [{ key: "stage", value: "b" }] })
  await ecs.untagResource({ resourceArn: resourceArn!, tagKeys: ["team"] })
  expect((await ecs.listTagsForResource({ resourceArn: resourceArn! })).tags).toEqual([{ key: "stage", value: "b" }])
})

test("tags of a task definition are refused in words of its own", async () => {
  const { ecs, account } = await startWorld()
  const [resourceArn] = await register(ecs, "web")
  const bad = ecs.tagResource({ resourceArn: resourceArn!, tags: [{ key: "team" }] })
  await expect(bad).rejects.toThrow(ClientException)
  await expect(bad).rejects.toThrow("Tag value can not be null.")
  for (const name of ["web:2", "web", "nowhere:1"]) {
    const missing = ecs.listTagsForResource({ resourceArn: `arn:aws:ecs:us-east-1:${account}:task-definition/${name}` })
    await expect(missing).rejects.toThrow(ClientException)
    await expect(missing).rejects.toThrow(MISSING)
  }
  const tags = Array.from({ length: 51 }, (_, index) => ({ key: `key ${index}`, value: "" }))
  await expect(ecs.tagResource({ resourceArn: resourceArn!, tags })).rejects.toThrow(LimitExceededException)
})

test("accounts and regions see nothing of each other's definitions", async () => {
  const { ecs, as } = await startWorld()
  const [arn] = await register(ecs, "web")
  for (const other of [as({ account: "another" }), as({ region: "eu-central-1" })]) {
    expect((await other.ecs.listTaskDefinitions({})).taskDefinitionArns).toEqual([])
    await expect(other.ecs.deregisterTaskDefinition({ taskDefinition: arn! })).rejects.toThrow(MISSING)
    expect(await register(other.ecs, "web")).toEqual([expect.stringMatching(/web:1$/)])
  }
})

test("definitions survive a restart, and so do their numbers", async () => {
  const before = await startWorld()
  await register(before.ecs, "web")
  const { taskDefinition } = await before.ecs.describeTaskDefinition({ taskDefinition: "web" })
  const after = await before.restart()
  expect((await after.ecs.describeTaskDefinition({ taskDefinition: "web" })).taskDefinition).toEqual(taskDefinition)
  expect(await register(after.ecs, "web")).toEqual([expect.stringMatching(/web:2$/)])
})

test("a key made for other actions registers nothing", async () => {
  const { as } = await startWorld()
  const agent = as({ only: ["ecs:Describe*"] })
  await expect(register(agent.ecs, "web")).rejects.toThrow(
    `is not authorized to perform: ecs:RegisterTaskDefinition on resource: arn:aws:ecs:us-east-1:${agent.account}:task-definition/web:*`,
  )
})
