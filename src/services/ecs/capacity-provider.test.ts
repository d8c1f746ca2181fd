import { ClientException, InvalidParameterException, ResourceInUseException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld, type TestWorld } from "../testing.ts"
import { anInstanceIn, RESOURCES } from "./container-instance/testing.ts"
import { capacityProviders } from "./tables/capacity-provider.ts"
import { resourceTags } from "./tables/tag.ts"

const GROUP =
  "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:0f3e7d8c-2f6d-4c68-9a51-3c1c1d0e6a11:autoScalingGroupName/rack"

async function create({ ecs }: Pick<TestWorld, "ecs">, name = "rack", changes: object = {}) {
  const autoScalingGroupProvider = { autoScalingGroupArn: name === "rack" ? GROUP : `${name}-group`, ...changes }
  return (await ecs.createCapacityProvider({ name, autoScalingGroupProvider })).capacityProvider!
}

test("a capacity provider shows AWS's defaults for what its maker leaves out", async () => {
  const started = await startWorld()
  expect(await create(started)).toEqual({
    capacityProviderArn: `arn:aws:ecs:us-east-1:${started.account}:capacity-provider/rack`,
    name: "rack",
    status: "ACTIVE",
    type: "EC2_AUTOSCALING",
    autoScalingGroupProvider: {
      autoScalingGroupArn: GROUP,
      managedScaling: {
        status: "DISABLED",
        targetCapacity: 100,
        minimumScalingStepSize: 1,
        maximumScalingStepSize: 10_000,
        instanceWarmupPeriod: 300,
      },
      managedTerminationProtection: "DISABLED",
      managedDraining: "ENABLED",
    },
    updateStatus: "CREATE_COMPLETE",
    tags: [],
  })
})

test("an update changes what it names and leaves the rest", async () => {
  const started = await startWorld()
  const { ecs } = started
  await create(started, "rack", { managedScaling: { targetCapacity: 80, minimumScalingStepSize: 2 } })
  const { capacityProvider } = await ecs.updateCapacityProvider({
    name: "rack",
    autoScalingGroupProvider: { managedScaling: { targetCapacity: 90 }, managedDraining: "DISABLED" },
  })
  expect(capacityProvider).toMatchObject({
    autoScalingGroupProvider: {
      managedScaling: { status: "ENABLED", targetCapacity: 90, minimumScalingStepSize: 2 },
      managedDraining: "DISABLED",
      managedTerminationProtection: "DISABLED",
    },
    updateStatus: "UPDATE_COMPLETE",
  })
  expect((await ecs.describeCapacityProviders({ capacityProviders: ["rack"] })).capacityProviders).toEqual([
    capacityProvider,
  ])
})

test("every account has Fargate's providers; they are shown among the others, and cannot be changed", async () => {
  const started = await startWorld()
  const { ecs, account } = started
  await create(started)
  const { capacityProviders, failures } = await ecs.describeCapacityProviders({})
  expect(capacityProviders!.map(({ name, type }) => [name, type])).toEqual([
    ["FARGATE", "FARGATE"],
    ["FARGATE_SPOT", "FARGATE_SPOT"],
    ["rack", "EC2_AUTOSCALING"],
  ])
  expect(failures).toEqual([])
  const spot = `arn:aws:ecs:us-east-1:${account}:capacity-provider/FARGATE_SPOT`
  const asked = await ecs.describeCapacityProviders({ capacityProviders: [spot, "nobody", "rack"] })
  expect(asked.capacityProviders!.map(({ name }) => name)).toEqual(["FARGATE_SPOT", "rack"])
  expect(asked.failures).toEqual([
    { arn: `arn:aws:ecs:us-east-1:${account}:capacity-provider/nobody`, reason: "MISSING" },
  ])
  await expect(ecs.deleteCapacityProvider({ capacityProvider: spot })).rejects.toThrow(ClientException)
  await expect(ecs.updateCapacityProvider({ name: "FARGATE" })).rejects.toThrow(ClientException)
})

test("pages of ten go through all providers", async () => {
  const started = await startWorld()
  const names = Array.from({ length: 13 }, (_, index) => `group-${String(index).padStart(2, "0")}`)
  for (const name of names) await create(started, name)
  const first = await started.ecs.describeCapacityProviders({})
  const second = await started.ecs.describeCapacityProviders({ nextToken: first.nextToken! })
  expect(first.capacityProviders).toHaveLength(10)
  expect([...first.capacityProviders!, ...second.capacityProviders!].map(({ name }) => name)).toEqual([
    "FARGATE",
    "FARGATE_SPOT",
    ...names,
  ])
  expect(second).not.toHaveProperty("nextToken")
})

test("a deleted provider stays to look at as INACTIVE for a day, and can be made anew", async () => {
  const started = await startWorld()
  const { ecs, world, store } = started
  const { capacityProviderArn } = await create(started)
  await ecs.tagResource({ resourceArn: capacityProviderArn!, tags: [{ key: "team", value: "a" }] })
  const { capacityProvider } = await ecs.deleteCapacityProvider({ capacityProvider: capacityProviderArn! })
  expect(capacityProvider).toMatchObject({ status: "INACTIVE", updateStatus: "DELETE_COMPLETE" })
  const shown = await ecs.describeCapacityProviders({ capacityProviders: ["rack"], include: ["TAGS"] })
  expect(shown.capacityProviders).toMatchObject([{ status: "INACTIVE", tags: [{ key: "team", value: "a" }] }])
  expect((await ecs.describeCapacityProviders({})).capacityProviders).toHaveLength(2)
  await expect(ecs.updateCapacityProvider({ name: "rack", autoScalingGroupProvider: {} })).rejects.toThrow(
    "The capacity provider could not be updated because it has been deleted.",
  )
  await expect(ecs.tagResource({ resourceArn: capacityProviderArn!, tags: [] })).rejects.toThrow("is inactive")
  await expect(ecs.deleteCapacityProvider({ capacityProvider: "rack" })).resolves.toBeDefined()

  expect(await create(started)).toMatchObject({ status: "ACTIVE", tags: [] })
  await ecs.deleteCapacityProvider({ capacityProvider: "rack" })
  await world.advance(25 * 60 * 60 * 1000)
  expect(store.size(capacityProviders)).toBe(0)
  expect(store.size(resourceTags)).toBe(0)
})

test("a provider is in use while a cluster has it, and a cluster keeps one that its tasks use", async () => {
  const started = await startWorld()
  const { ecs } = started
  await ecs.createCluster({})
  await create(started)
  const put = (...names: string[]) =>
    ecs.putClusterCapacityProviders({
      cluster: "default",
      capacityProviders: names,
      defaultCapacityProviderStrategy: names.map((capacityProvider) => ({ capacityProvider, weight: 1 })),
    })
  await put("rack")
  await expect(ecs.deleteCapacityProvider({ capacityProvider: "rack" })).rejects.toThrow(ResourceInUseException)

  await anInstanceIn(started, {
    totalResources: RESOURCES,
    attributes: [{ name: "homeport.capacity-provider", value: "rack" }],
  })
  await ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "web", image: "web", cpu: 1, memory: 16 }],
  })
  const { tasks } = await ecs.runTask({ taskDefinition: "web" })
  const task = tasks![0]!.taskArn!
  expect(tasks).toMatchObject([{ capacityProviderName: "rack" }])
  await expect(put()).rejects.toThrow("The specified capacity provider is in use and cannot be removed.")
  await started.world.settle()
  await ecs.submitTaskStateChange({
    task,
    status: "STOPPED",
    containers: [{ containerName: "web", status: "STOPPED" }],
  })
  await started.world.settle()
  await put()
  await expect(ecs.deleteCapacityProvider({ capacityProvider: "rack" })).resolves.toBeDefined()
})

test("a strategy is of groups or of Fargate's providers, not of both", async () => {
  const started = await startWorld()
  await started.ecs.createCluster({})
  await create(started)
  const capacityProviders = ["rack", "FARGATE"]
  const put = started.ecs.putClusterCapacityProviders({
    cluster: "default",
    capacityProviders,
    defaultCapacityProviderStrategy: capacityProviders.map((capacityProvider) => ({ capacityProvider, weight: 1 })),
  })
  await expect(put).rejects.toThrow("cannot contain a mix of capacity providers using Auto Scaling groups and Fargate")
})

const NAME_RULE = "The specified capacity provider name is invalid."
const STEP_RULE = "The minimum or maximum scaling step size value is invalid."

test.each<[string, string, object, typeof ClientException | typeof InvalidParameterException, string]>([
  ["a name of AWS's", "awsome", {}, InvalidParameterException, NAME_RULE],
  ["a name of ECS's", "ECS-rack", {}, InvalidParameterException, NAME_RULE],
  ["a name of Fargate's", "fargate2", {}, InvalidParameterException, NAME_RULE],
  ["a name with a space", "a b", {}, InvalidParameterException, NAME_RULE],
  ["a long name", "x".repeat(256), {}, InvalidParameterException, NAME_RULE],
  [
    "an ARN of something else for a group",
    "a",
    { autoScalingGroupArn: "arn:aws:ecs:us-east-1:111122223333:cluster/shop" },
    InvalidParameterException,
    "The specified Auto Scaling group ARN is invalid.",
  ],
  [
    "steps the wrong way round",
    "a",
    { managedScaling: { minimumScalingStepSize: 5, maximumScalingStepSize: 4 } },
    InvalidParameterException,
    STEP_RULE,
  ],
  [
    "a target above all",
    "a",
    { managedScaling: { targetCapacity: 101 } },
    InvalidParameterException,
    "Specify a value between 1 and 100",
  ],
  [
    "a long warm-up",
    "a",
    { managedScaling: { instanceWarmupPeriod: 10_001 } },
    InvalidParameterException,
    "Specify a value between 0 and 10000",
  ],
  ["half a switch", "a", { managedDraining: "HALF" }, InvalidParameterException, "managedDraining should be one of"],
  [
    "protection without scaling",
    "a",
    { managedTerminationProtection: "ENABLED" },
    ClientException,
    "The managed termination protection setting for the capacity provider is invalid.",
  ],
  ["a name that is taken", "rack", {}, ClientException, "The specified capacity provider already exists."],
  [
    "a group that is taken",
    "other",
    { autoScalingGroupArn: GROUP },
    ClientException,
    "The specified Auto Scaling group ARN is already being used by another capacity provider.",
  ],
])("a provider with %s is refused", async (_, name, changes, type, sentence) => {
  const started = await startWorld()
  await create(started)
  const refused = await create(started, name, changes).catch((error) => error)
  expect(refused).toBeInstanceOf(type)
  expect((refused as Error).message).toContain(sentence)
})

test("what is not there cannot be changed, and managed instances are refused by name", async () => {
  const { ecs } = await startWorld()
  const calls = [
    () => ecs.updateCapacityProvider({ name: "nobody", autoScalingGroupProvider: {} }),
    () => ecs.deleteCapacityProvider({ capacityProvider: "nobody" }),
  ]
  for (const call of calls) {
    await expect(call()).rejects.toThrow(
      "The specified capacity provider does not exist. Specify a valid name or ARN and try again.",
    )
  }
  const managed = ecs.createCapacityProvider({
    name: "managed",
    cluster: "default",
    managedInstancesProvider: {
      infrastructureRoleArn: "role",
      instanceLaunchTemplate: { ec2InstanceProfileArn: "profile", networkConfiguration: {} },
    },
  })
  await expect(managed).rejects.toThrow("managed instances")
  await expect(ecs.createCapacityProvider({ name: "none" })).rejects.toThrow("autoScalingGroupProvider is required.")
})
