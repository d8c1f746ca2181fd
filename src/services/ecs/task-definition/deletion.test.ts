import type { ECS } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { regionScope } from "../../../store/changes.ts"
import { startWorld } from "../../testing.ts"
import { type ServiceRevision, serviceRevisions } from "../tables/revision.ts"
import { type Service, services } from "../tables/service.ts"
import { resourceTags } from "../tables/tag.ts"
import { type Task, tasks } from "../tables/task.ts"

/** A deregistered revision with a tag. */
async function startWithDefinition() {
  const started = await startWorld()
  const { taskDefinition } = await started.ecs.registerTaskDefinition({
    family: "web",
    containerDefinitions: [{ name: "app", image: "nginx", memory: 64 }],
    tags: [{ key: "team", value: "a" }],
  })
  await started.ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })
  return { ...started, arn: taskDefinition!.taskDefinitionArn!, scope: regionScope(started.account, "us-east-1") }
}

/** Its status, or undefined once it is gone. */
async function status(ecs: ECS): Promise<string | undefined> {
  const described = await ecs.describeTaskDefinition({ taskDefinition: "web:1" }).catch(() => undefined)
  return described?.taskDefinition?.status
}

const aTask = (definitionArn: string, lastStatus: Task["lastStatus"]) =>
  ({ arn: "task", clusterArn: "cluster", definitionArn, lastStatus, desiredStatus: "RUNNING" }) as Task

const aService = (status: Service["status"]) => ({ arn: "service", clusterArn: "cluster", status }) as Service

const aRevision = (definitionArn: string) =>
  ({ arn: "revision", serviceArn: "service", definitionArn }) as ServiceRevision

test("a definition that nothing uses is gone soon after it is deleted, tags and all", async () => {
  const { ecs, world, store, scope, arn } = await startWithDefinition()
  const { taskDefinitions } = await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })
  expect(taskDefinitions).toMatchObject([{ status: "DELETE_IN_PROGRESS" }])
  await world.advance(60_000)
  expect(await status(ecs)).toBeUndefined()
  expect(store.transact(scope, (tx) => tx.get(resourceTags, arn))).toBeUndefined()
})

test("a definition that is not deleted stays, used or not", async () => {
  const { ecs, world, store, scope, arn } = await startWithDefinition()
  store.transact(scope, (tx) => tx.put(tasks, aTask(arn, "STOPPED")))
  await world.advance(60_000)
  expect(await status(ecs)).toBe("INACTIVE")
})

test("a deleted definition stays until its last task has stopped", async () => {
  const { ecs, world, store, scope, arn } = await startWithDefinition()
  store.transact(scope, (tx) => tx.put(tasks, aTask(arn, "RUNNING")))
  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })
  await world.advance(60_000)
  expect(await status(ecs)).toBe("DELETE_IN_PROGRESS")
  expect((await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })).failures).toEqual([])
  expect((await ecs.listTaskDefinitionFamilies({ status: "INACTIVE" })).families).toEqual(["web"])
  await expect(ecs.deregisterTaskDefinition({ taskDefinition: "web:1" })).rejects.toThrow(
    "The task definition could not be deregistered because it is in the process of being deleted.",
  )

  store.transact(scope, (tx) => tx.put(tasks, aTask(arn, "STOPPED")))
  await world.advance(60_000)
  expect(await status(ecs)).toBeUndefined()
})

test("a deleted definition stays while a service could come back to it", async () => {
  const { ecs, world, store, scope, arn } = await startWithDefinition()
  store.transact(scope, (tx) => {
    tx.put(services, aService("ACTIVE"))
    tx.put(serviceRevisions, aRevision(arn))
  })
  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })
  await world.advance(60_000)
  expect(await status(ecs)).toBe("DELETE_IN_PROGRESS")

  store.transact(scope, (tx) => tx.put(services, aService("INACTIVE")))
  await world.advance(60_000)
  expect(await status(ecs)).toBeUndefined()
})

test("a definition is let go with the last revision that names it", async () => {
  const { ecs, world, store, scope, arn } = await startWithDefinition()
  store.transact(scope, (tx) => {
    tx.put(services, aService("ACTIVE"))
    tx.put(serviceRevisions, aRevision(arn))
  })
  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })
  await world.advance(60_000)
  store.transact(scope, (tx) => tx.delete(serviceRevisions, "revision"))
  await world.advance(60_000)
  expect(await status(ecs)).toBeUndefined()
})

test("a deletion that a restart interrupted goes on", async () => {
  const { ecs, restart } = await startWithDefinition()
  await ecs.deleteTaskDefinitions({ taskDefinitions: ["web:1"] })
  const after = await restart()
  await after.world.advance(60_000)
  expect(await status(after.ecs)).toBeUndefined()
})
