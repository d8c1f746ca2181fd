import {
  AttributeLimitExceededException,
  InvalidParameterException,
  paginateListAttributes,
  TargetNotFoundException,
} from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld, type TestWorld } from "../testing.ts"
import { anInstanceIn } from "./container-instance/testing.ts"

async function startWithInstance() {
  const started = await startWorld()
  await started.ecs.createCluster({})
  const { containerInstanceArn } = await anInstanceIn(started, { attributes: [{ name: "ecs.capability.a" }] })
  return { ...started, arn: containerInstanceArn! }
}

const GONE = "0".repeat(32)

test("attributes are put by ARN or by id, replaced, listed and deleted", async () => {
  const { ecs, arn } = await startWithInstance()
  const put = await ecs.putAttributes({
    attributes: [
      { name: "rack", value: "7", targetId: arn },
      { name: "lit", targetId: arn.split("/").at(-1)!, targetType: "container-instance" },
    ],
  })
  expect(put.attributes).toEqual([
    { name: "rack", value: "7", targetId: arn },
    { name: "lit", targetId: arn },
  ])
  await ecs.putAttributes({ attributes: [{ name: "rack", value: "8", targetId: arn }] })

  const list = async (by: object) => (await ecs.listAttributes({ targetType: "container-instance", ...by })).attributes!
  expect((await list({})).map(({ name }) => name)).toEqual([
    "ecs.availability-zone",
    "ecs.capability.a",
    "ecs.os-type",
    "lit",
    "rack",
  ])
  expect(await list({ attributeName: "rack" })).toEqual([{ name: "rack", value: "8", targetId: arn }])
  expect(await list({ attributeName: "rack", attributeValue: "7" })).toEqual([])

  const { attributes } = await ecs.deleteAttributes({ attributes: [{ name: "rack", targetId: arn }] })
  expect(attributes).toEqual([{ name: "rack", targetId: arn }])
  expect(await list({ attributeName: "rack" })).toEqual([])
  await expect(ecs.deleteAttributes({ attributes: [{ name: "rack", targetId: arn }] })).resolves.toBeDefined()
})

test("pages go through all attributes of all instances, also when one ends in the middle of an instance", async () => {
  const started = await startWithInstance()
  await anInstanceIn(started, { attributes: [{ name: "x", value: "1" }] })
  await anInstanceIn(started)
  const whole = (await started.ecs.listAttributes({ targetType: "container-instance" })).attributes!
  expect(whole).toHaveLength(3 + 3 + 2)
  for (const pageSize of [1, 2, 3, 5]) {
    const paged = []
    const paginator = paginateListAttributes({ client: started.ecs, pageSize }, { targetType: "container-instance" })
    for await (const page of paginator) paged.push(...page.attributes!)
    expect(paged).toEqual(whole)
  }
})

test("an instance has at most ten attributes that somebody has put, whatever its agent has brought", async () => {
  const started = await startWithInstance()
  const { ecs, arn } = started
  const ten = Array.from({ length: 10 }, (_, index) => ({ name: `own-${index}`, targetId: arn }))
  await ecs.putAttributes({ attributes: ten })
  await expect(ecs.putAttributes({ attributes: [{ name: "one-more", targetId: arn }] })).rejects.toThrow(
    AttributeLimitExceededException,
  )
  await expect(
    ecs.putAttributes({ attributes: [{ name: "own-3", value: "new", targetId: arn }] }),
  ).resolves.toBeDefined()

  const eleven = Array.from({ length: 11 }, (_, index) => ({ name: `brought-${index}`, value: "old" }))
  const { containerInstanceArn } = await anInstanceIn(started, { attributes: eleven })
  const put = (name: string) =>
    ecs.putAttributes({ attributes: [{ name, value: "new", targetId: containerInstanceArn }] })
  await expect(put("brought-3")).resolves.toBeDefined()
  await expect(put("one-more")).rejects.toThrow(AttributeLimitExceededException)
})

test.each<[string, { name: string; value?: string; targetId?: string }, typeof InvalidParameterException, string]>([
  ["no target", { name: "a", targetId: "" }, InvalidParameterException, "target ID"],
  ["an id without its kind", { name: "a", targetId: GONE }, InvalidParameterException, "targetType should be one of"],
  ["a name with a space", { name: "a b" }, InvalidParameterException, "name of an attribute"],
  ["a value with a quote", { name: "a", value: "'" }, InvalidParameterException, "value of an attribute"],
  ["a value that ends in a space", { name: "a", value: "b " }, InvalidParameterException, "value of an attribute"],
  [
    "a name of AWS's",
    { name: "ecs.instance-type", value: "b" },
    InvalidParameterException,
    "for agents and Amazon ECS",
  ],
])("an attribute with %s is refused", async (_, attribute, type, sentence) => {
  const { ecs, arn } = await startWithInstance()
  const refused = await ecs.putAttributes({ attributes: [{ targetId: arn, ...attribute }] }).catch((error) => error)
  expect(refused).toBeInstanceOf(type)
  expect(refused.message).toContain(sentence)
})

test.each<[string, (started: TestWorld) => Promise<unknown>, string]>([
  ["nothing", ({ ecs }) => ecs.putAttributes({ attributes: [] }), "Attributes cannot be empty."],
  [
    "eleven at once",
    ({ ecs, account }) => {
      const targetId = `arn:aws:ecs:us-east-1:${account}:container-instance/default/${GONE}`
      return ecs.putAttributes({ attributes: Array(11).fill({ name: "a", targetId }) })
    },
    "Attributes cannot have more than 10 elements",
  ],
  [
    "a value without a name",
    ({ ecs }) => ecs.listAttributes({ targetType: "container-instance", attributeValue: "7" }),
    "You must specify an attribute name",
  ],
  ["another kind of target", ({ ecs }) => ecs.listAttributes({ targetType: "task" as never }), "targetType should be"],
])("%s is refused", async (_, call, sentence) => {
  await expect(call(await startWithInstance())).rejects.toThrow(sentence)
})

test("what is not there, or not any more, cannot have attributes, and nothing of the request is done", async () => {
  const { ecs, arn } = await startWithInstance()
  const gone = arn.replace(/.{32}$/, GONE)
  const attributes = [
    { name: "rack", targetId: arn },
    { name: "rack", targetId: gone },
  ]
  await expect(ecs.putAttributes({ attributes })).rejects.toThrow(TargetNotFoundException)
  await expect(ecs.deleteAttributes({ attributes })).rejects.toThrow(TargetNotFoundException)
  const left = await ecs.listAttributes({ targetType: "container-instance", attributeName: "rack" })
  expect(left.attributes).toEqual([])
  await ecs.deregisterContainerInstance({ containerInstance: arn })
  await expect(ecs.putAttributes({ attributes: [{ name: "rack", targetId: arn }] })).rejects.toThrow(
    TargetNotFoundException,
  )
})
