import { expect, test } from "vitest"
import type { TaskPayload } from "../../../wire/task.ts"
import type { Image } from "../../engine/image.ts"
import { containerSpec } from "./container-spec.ts"
import { aContainer, aPayload, aTask } from "./testing.ts"

const IMAGE: Image = {
  id: "sha256:1",
  references: [],
  repositoryDigests: [],
  bytes: 0,
  config: {
    entryPoint: [],
    command: [],
    environment: [],
    workingDirectory: "",
    user: "",
    stopSignal: "",
    volumes: [],
    labels: {},
  },
}

function specOf(container: Parameters<typeof aContainer>[0], payload: Partial<TaskPayload> = {}) {
  const task = aTask(aPayload({ containers: [aContainer(container)], ...payload }))
  return containerSpec(task, task.containers[0]!, {
    instance: "local",
    image: IMAGE,
    mounts: [],
    logBytesMax: 1,
    region: "eu-west-1",
    endpointUrl: "http://169.254.170.3",
    files: { A: "file", B: "file" },
    secrets: { S: "secret" },
  })
}

test("limits are Docker's: shares within its bounds, memory in bytes and enough to come up", () => {
  expect(specOf({ cpu: 0, memory: 0 }).limits).toEqual({ cpuShares: 2 })
  expect(specOf({ cpu: 1_000_000, memory: 2 }).limits).toEqual({ cpuShares: 262_144, memory: 4 * 2 ** 20 })
  const hostConfig = JSON.stringify({ MemoryReservation: 1, MemorySwap: -1, PidsLimit: 9, CpuShares: 7 })
  expect(specOf({ memory: 64, dockerConfig: { hostConfig } }).limits).toEqual({
    cpuShares: 7,
    memory: 64 * 2 ** 20,
    memoryReservation: 1,
    memorySwap: -1,
    pidsMax: 9,
  })
})

test("a definition's environment wins over files and defaults, and the agent's own names over all", () => {
  const { environment } = specOf({
    environment: { A: "definition", AWS_REGION: "mine", AWS_ENDPOINT_URL: "http://mine", ECS_AGENT_URI: "x" },
  })
  expect(environment).toMatchObject({
    A: "definition",
    B: "file",
    S: "secret",
    AWS_REGION: "mine",
    AWS_DEFAULT_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: "http://mine",
    ECS_AGENT_URI: "http://169.254.170.2/api/app-endpoint",
    ECS_CONTAINER_METADATA_URI: "http://169.254.170.2/v3/app-endpoint",
  })
  expect(environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI).toBeUndefined()
})

test("a task's labels cannot be taken by its containers", () => {
  const config = JSON.stringify({ Labels: { mine: "1", "com.amazonaws.ecs.task-arn": "other" } })
  expect(specOf({ dockerConfig: { config } }).labels).toEqual({
    mine: "1",
    "com.amazonaws.ecs.cluster": "arn:aws:ecs:us-east-1:111122223333:cluster/shop",
    "com.amazonaws.ecs.container-name": "app",
    "com.amazonaws.ecs.task-arn": aPayload().arn,
    "com.amazonaws.ecs.task-definition-family": "web",
    "com.amazonaws.ecs.task-definition-version": "3",
  })
})

test("a command comes from the override before the definition, and from the image when neither says one", () => {
  expect(specOf({ command: ["a"], overrides: '{"command":["b"]}' }).command).toEqual(["b"])
  expect(specOf({ command: ["a"], overrides: "{}" }).command).toEqual(["a"])
  expect(specOf({ command: [] }).command).toBeUndefined()
})

test("namespaces are shared as the task says", () => {
  expect(specOf({}, { pidMode: "task", ipcMode: "none" })).toMatchObject({ pid: "task", ipc: "none" })
  expect(specOf({}, { pidMode: "host", ipcMode: "host" })).toMatchObject({ pid: "host", ipc: "host" })
  expect(specOf({})).toMatchObject({ pid: "private", ipc: "private" })
})

test("GPUs go to the containers they were given to", () => {
  const content = { encoding: "identity", value: "" }
  const gpu = (name: string, containers: string[]) => ({ name, type: "gpu" as const, content, containers })
  const spec = specOf({}, { associations: [gpu("gpu-1", ["app"]), gpu("gpu-2", ["other"])] })
  expect(spec.gpus).toEqual(["gpu-1"])
  expect(spec.environment.NVIDIA_VISIBLE_DEVICES).toBe("gpu-1")
})
