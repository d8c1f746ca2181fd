import { InvalidParameterException, LimitExceededException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld } from "../testing.ts"

async function startWithCluster() {
  const started = await startWorld()
  const { cluster } = await started.ecs.createCluster({ clusterName: "shop", tags: [{ key: "team", value: "a" }] })
  return { ...started, resourceArn: cluster!.clusterArn! }
}

test("tags are added, replaced and removed", async () => {
  const { ecs, resourceArn } = await startWithCluster()
  await ecs.tagResource({
    resourceArn,
    tags: [
      { key: "team", value: "b" },
      { key: "stage", value: "" },
    ],
  })
  expect((await ecs.listTagsForResource({ resourceArn })).tags).toEqual([
    { key: "team", value: "b" },
    { key: "stage", value: "" },
  ])
  await ecs.untagResource({ resourceArn, tagKeys: ["team", "unknown"] })
  expect((await ecs.listTagsForResource({ resourceArn })).tags).toEqual([{ key: "stage", value: "" }])
})

test("tags that AWS would refuse are refused, and nothing changes", async () => {
  const { ecs, resourceArn } = await startWithCluster()
  const refused = [
    [{ key: "aws:team", value: "a" }],
    [{ key: "team" }],
    [{ value: "a" }],
    [{ key: "x".repeat(129), value: "" }],
    [{ key: "x", value: "y".repeat(257) }],
    [{ key: "a?", value: "" }],
    [
      { key: "twice", value: "1" },
      { key: "twice", value: "2" },
    ],
  ]
  for (const tags of refused) {
    await expect(ecs.tagResource({ resourceArn, tags })).rejects.toThrow(InvalidParameterException)
    await expect(ecs.createCluster({ clusterName: "other", tags })).rejects.toThrow(InvalidParameterException)
  }
  expect((await ecs.listTagsForResource({ resourceArn })).tags).toEqual([{ key: "team", value: "a" }])
  expect((await ecs.listClusters({})).clusterArns).toHaveLength(1)
})

test("a resource has at most fifty tags", async () => {
  const { ecs, resourceArn } = await startWithCluster()
  const tags = Array.from({ length: 50 }, (_, index) => ({ key: `key ${index}`, value: "" }))
  await ecs.tagResource({ resourceArn, tags: tags.slice(0, 49) })
  await expect(ecs.tagResource({ resourceArn, tags: tags.slice(49) })).rejects.toThrow(LimitExceededException)
})

test("what is not there or no longer alive cannot be tagged", async () => {
  const { ecs, resourceArn } = await startWithCluster()
  const nowhere = resourceArn.replace("shop", "nowhere")
  await expect(ecs.tagResource({ resourceArn: nowhere, tags: [] })).rejects.toThrow(
    "The specified cluster does not exist.",
  )
  await expect(ecs.listTagsForResource({ resourceArn: "shop" })).rejects.toThrow(InvalidParameterException)
  await ecs.deleteCluster({ cluster: "shop" })
  await expect(ecs.listTagsForResource({ resourceArn })).rejects.toThrow(
    "The specified cluster is inactive. Specify an active cluster and try again.",
  )
})
