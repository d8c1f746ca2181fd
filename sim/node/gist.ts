import type { AcsFromRegion } from "../../src/wire/acs.ts"
import { shortArn } from "../transcript.ts"

/** What a transcript says of a message. */
export function gistOf(heard: AcsFromRegion): string {
  switch (heard.type) {
    case "PayloadMessage":
      return heard.message.tasks.map(({ arn, desiredStatus }) => `${shortArn(arn)} ${desiredStatus}`).join(", ")
    case "TaskManifestMessage": {
      const { timeline, tasks } = heard.message
      return `${timeline}: ${tasks.map(({ taskArn, desiredStatus }) => `${taskArn.slice(-6)} ${desiredStatus}`).join(", ")}`
    }
    case "TaskStopVerificationAck":
      return heard.message.stopTasks.map(({ taskArn }) => shortArn(taskArn)).join(", ")
    default:
      return ""
  }
}
