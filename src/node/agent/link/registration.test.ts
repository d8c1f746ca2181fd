import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import type { Identity } from "../records.ts"
import { type Registration, register } from "./registration.ts"
import { fault, ScriptedRegion } from "./scripted-region.testing.ts"

const registration: Registration = {
  cluster: "",
  attributes: [{ name: "ecs.capability.full-sync" }, { name: "ecs.os-type", value: "linux" }],
  customAttributes: [{ name: "rack", value: "7" }],
  tags: [],
  totalResources: [],
  platformDevices: [],
  clientToken: "token",
  bootId: "boot",
}
const known: Identity = { cluster: "default", containerInstanceArn: "arn:instance", bootId: "before" }

interface Input {
  readonly containerInstanceArn?: string
  readonly attributes: readonly { readonly name: string; readonly value?: string }[]
}

const echo = (_: string, { containerInstanceArn = "arn:new", attributes }: Input) => ({
  containerInstance: {
    containerInstanceArn,
    attributes: [...attributes, { name: "ecs.availability-zone", value: "us-east-1a" }],
  },
})

function start(answer: (operation: string, input: never) => object, given = registration, identity?: Identity) {
  const world = simulatedWorld()
  const region = new ScriptedRegion(answer)
  const stopping = new AbortController()
  const registered = register({ world, region, signal: stopping.signal }, given, identity)
  registered.catch(() => {})
  return { world, region, registered, stopping }
}

test("a new agent says all that its operator has put on it, and is given its name", async () => {
  const { region, registered } = start(echo)
  expect(await registered).toEqual({
    cluster: "default",
    containerInstanceArn: "arn:new",
    availabilityZone: "us-east-1a",
    bootId: "boot",
  })
  expect(region.calls).toHaveLength(1)
  expect(region.calls[0]!.input).toEqual({
    cluster: "default",
    attributes: [...registration.attributes, ...registration.customAttributes],
    clientToken: "token",
    instanceIdentityDocument: "",
    instanceIdentityDocumentSignature: "",
    platformDevices: [],
    tags: [],
    totalResources: [],
  })
})

test("one that comes back names itself, and says only what it can do", async () => {
  const { region, registered } = start(echo, registration, known)
  expect((await registered).containerInstanceArn).toBe("arn:instance")
  expect(region.calls[0]!.input).toMatchObject({
    containerInstanceArn: "arn:instance",
    attributes: registration.attributes,
  })
})

test("an attribute that does not come back as it was sent is the end", async () => {
  const { registered } = start((operation, input: Input) => {
    const attributes = input.attributes.map((one) => (one.name === "rack" ? { name: "rack", value: "8" } : one))
    return echo(operation, { ...input, attributes })
  })
  await expect(registered).rejects.toThrow(/rack/)
})

test.each(["ClientException", "InvalidParameterException"])("%s is the end", async (code) => {
  const { world, region, registered } = start(() => {
    throw fault(code)
  })
  await expect(registered).rejects.toMatchObject({ name: "NotRegistered" })
  await world.advance(3_600_000)
  expect(region.calls).toHaveLength(1)
})

test.each(["ThrottlingException", "AccessDeniedException", "Unreachable", "ServerException"])(
  "%s is tried again, each time as the same registration",
  async (code) => {
    let failures = 20
    const { world, region, registered } = start((operation, input: Input) => {
      if (failures-- > 0) throw fault(code)
      return echo(operation, input)
    })
    await world.advance(3_600_000)
    await registered
    expect(new Set(region.calls.map(({ input }) => input.clientToken))).toEqual(new Set(["token"]))
    expect(region.calls).toHaveLength(21)
  },
)

test("who is throttled waits three seconds at first", async () => {
  const { world, region } = start(() => {
    throw fault("ThrottlingException")
  })
  await world.advance(2_999)
  expect(region.calls).toHaveLength(1)
  await world.advance(700)
  expect(region.calls).toHaveLength(2)
})

test("without a cluster of its operator's choice an agent makes the default one", async () => {
  let isThere = false
  const { world, region, registered } = start((operation, input: Input) => {
    if (operation === "CreateCluster") isThere = true
    else if (!isThere) throw fault("ClusterNotFoundException", "Cluster not found.")
    return operation === "CreateCluster" ? {} : echo(operation, input)
  })
  await world.advance(1_000)
  await registered
  expect(region.calls.map(({ operation }) => operation)).toEqual([
    "RegisterContainerInstance",
    "CreateCluster",
    "RegisterContainerInstance",
  ])
})

test("a cluster that was chosen is not made", async () => {
  const { world, region } = start(
    () => {
      throw fault("ClusterNotFoundException", "Cluster not found.")
    },
    { ...registration, cluster: "shop" },
  )
  await world.advance(60_000)
  expect(new Set(region.calls.map(({ operation }) => operation))).toEqual(new Set(["RegisterContainerInstance"]))
})

test("an instance stays in its cluster, by whichever name that goes", async () => {
  const shop = { ...registration, cluster: "shop" }
  await expect(start(echo, shop, known).registered).rejects.toThrow(/belongs to cluster default/)
  await start(echo, shop, { ...known, cluster: "arn:aws:ecs:us-east-1:111122223333:cluster/shop" }).registered
})

test("who stops does not go on trying", async () => {
  const { world, region, registered, stopping } = start(() => {
    throw fault("Unreachable")
  })
  await world.advance(10_000)
  const tried = region.calls.length
  stopping.abort(new Error("enough"))
  await expect(registered).rejects.toThrow("enough")
  await world.advance(60_000)
  expect(region.calls).toHaveLength(tried)
})
