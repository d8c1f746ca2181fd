import { codec, type MessageOf } from "./frame.ts"
import { choice, flag, id, list, type Of, optional, struct, text, whole } from "./shape.ts"
import { credentials, networkInterface, task, taskAttachment } from "./task.ts"

// The agent communication service: the region tells an agent what to run. Each message is acknowledged by its id, in
// no particular order; what an agent says of its tasks comes through the API instead. Field names are the protocol's.

const desired = struct({ taskArn: id, taskClusterArn: optional(text), desiredStatus: choice("RUNNING", "STOPPED") })
export type DesiredTask = Of<typeof desired>

/** In an envelope that lacks one of these the agent drops the message without a word. */
const envelope = { messageId: id, clusterArn: id, containerInstanceArn: id }
const sent = { ...envelope, generatedAt: optional(whole) }

const payload = struct({ ...sent, seqNum: whole, timeline: optional(whole), tasks: list(task) })
export type Payload = Of<typeof payload>

const taskInterfaces = struct({
  ...sent,
  taskArn: id,
  taskClusterArn: optional(text),
  waitTimeoutMs: whole,
  elasticNetworkInterfaces: list(networkInterface),
})
const instanceInterfaces = struct({ ...sent, waitTimeoutMs: whole, elasticNetworkInterfaces: list(networkInterface) })
const confirmAttachment = struct({
  ...sent,
  taskArn: id,
  taskClusterArn: optional(text),
  waitTimeoutMs: optional(whole),
  attachment: taskAttachment,
})

const roleCredentials = struct({
  messageId: id,
  taskArn: id,
  taskClusterArn: optional(text),
  roleType: choice("TaskApplication", "TaskExecution"),
  roleCredentials: credentials,
})
export type RoleCredentials = Of<typeof roleCredentials>

const manifest = struct({ ...sent, timeline: whole, tasks: list(desired) })
const stopVerificationAck = struct({ messageId: id, generatedAt: optional(whole), stopTasks: list(desired) })
const update = struct({ ...envelope, updateInfo: optional(struct({ location: text, signature: text })) })
const notice = struct({ message: optional(text) })

/** From the region to an agent. */
export const acsFromRegion = codec({
  HeartbeatMessage: struct({ messageId: id, healthy: flag }),
  PayloadMessage: payload,
  IAMRoleCredentialsMessage: roleCredentials,
  AttachTaskNetworkInterfacesMessage: taskInterfaces,
  AttachInstanceNetworkInterfacesMessage: instanceInterfaces,
  ConfirmAttachmentMessage: confirmAttachment,
  TaskManifestMessage: manifest,
  TaskStopVerificationAck: stopVerificationAck,
  StageUpdateMessage: update,
  PerformUpdateMessage: update,
  CloseMessage: notice,
  ErrorMessage: notice,
  ServerException: notice,
  BadRequestException: notice,
  InvalidClusterException: notice,
  InvalidInstanceException: notice,
  AccessDeniedException: notice,
  InactiveInstanceException: notice,
})
export type AcsFromRegion = MessageOf<typeof acsFromRegion.vocabulary>

/** Cluster and instance repeat what the acknowledged message says; it is the id alone that counts. */
const answered = { messageId: id, cluster: optional(text), containerInstance: optional(text) }

/** From an agent to the region. */
export const acsFromAgent = codec({
  AckRequest: struct(answered),
  NackRequest: struct({ ...answered, reason: optional(text) }),
  HeartbeatAckRequest: struct({ messageId: id }),
  IAMRoleCredentialsAckRequest: struct({
    messageId: id,
    expiration: optional(text),
    credentialsId: optional(text),
  }),
  TaskStopVerificationMessage: struct({ messageId: id, stopCandidates: list(desired) }),
})
export type AcsFromAgent = MessageOf<typeof acsFromAgent.vocabulary>
