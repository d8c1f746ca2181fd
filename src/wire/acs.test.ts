import { expect, test } from "vitest"
import { acsFromAgent, acsFromRegion } from "./acs.ts"

const CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/c1"
const INSTANCE = "arn:aws:ecs:us-east-1:111122223333:container-instance/c1/0123456789abcdef0123456789abcdef"
const TASK = "arn:aws:ecs:us-east-1:111122223333:task/c1/9f00"

// What the open-source agent puts on the wire, member by member and in its order.
const FROM_AGENT = {
  AckRequest: { cluster: CLUSTER, containerInstance: INSTANCE, messageId: "m-1" },
  NackRequest: { cluster: CLUSTER, containerInstance: INSTANCE, messageId: "m-2", reason: "Updates are disabled" },
  HeartbeatAckRequest: { messageId: "m-3" },
  IAMRoleCredentialsAckRequest: { credentialsId: "c-1", expiration: "2026-01-01T06:00:00Z", messageId: "m-4" },
  TaskStopVerificationMessage: {
    messageId: "m-5",
    stopCandidates: [{ desiredStatus: "STOPPED", taskArn: TASK, taskClusterArn: CLUSTER }],
  },
} as const

test("every message that an agent sends is understood, and written the same by our own agent", () => {
  expect(Object.keys(FROM_AGENT)).toEqual(Object.keys(acsFromAgent.vocabulary))
  for (const [type, message] of Object.entries(FROM_AGENT)) {
    expect(acsFromAgent.decode(JSON.stringify({ type, message }))).toEqual({ type, message })
    expect(JSON.parse(acsFromAgent.encode(type as "AckRequest", message))).toEqual({ type, message })
  }
})

test("an acknowledgement needs its message's id and nothing else", () => {
  expect(acsFromAgent.decode('{"type":"AckRequest","message":{"messageId":"m"}}')).toEqual({
    type: "AckRequest",
    message: { messageId: "m" },
  })
  expect(() => acsFromAgent.decode('{"type":"AckRequest","message":{"messageId":null}}')).toThrow(
    "AckRequest.messageId is missing",
  )
})

test("a message from the region names its type and what an agent must have", () => {
  const envelope = { messageId: "m-1", clusterArn: CLUSTER, containerInstanceArn: INSTANCE }
  const task = {
    arn: TASK,
    desiredStatus: "RUNNING",
    family: "web",
    version: "3",
    containers: [{ name: "app", image: "nginx", essential: true, cpu: 256, memory: 256 }],
  } as const
  expect(JSON.parse(acsFromRegion.encode("PayloadMessage", { ...envelope, seqNum: 1, tasks: [task] }))).toEqual({
    type: "PayloadMessage",
    message: { ...envelope, seqNum: 1, tasks: [task] },
  })
  const { essential: _, ...inessential } = task.containers[0]
  for (const broken of [
    { ...task, desiredStatus: undefined },
    { ...task, containers: [inessential] },
    { ...task, volumes: [{ type: "host" }] },
    { ...task, proxyConfiguration: { containerName: "envoy", properties: {} } },
    { ...task, attachments: [{ attachmentProperties: [] }] },
    { ...task, attachments: [{ attachmentType: "amazonebs", attachmentProperties: [{ name: "volumeId" }] }] },
  ]) {
    expect(() => acsFromRegion.encode("PayloadMessage", { ...envelope, seqNum: 1, tasks: [broken as never] })).toThrow(
      "is missing",
    )
  }
  expect(() =>
    acsFromRegion.encode("TaskManifestMessage", { ...envelope, timeline: 1, tasks: [{ taskArn: TASK } as never] }),
  ).toThrow("desiredStatus is missing")
})
