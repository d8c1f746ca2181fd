import { createHmac } from "node:crypto"
import type { Keys } from "../../../aws/keys.ts"
import type { SocketHost } from "../../../aws/socket.ts"
import { accountOf, regionOf } from "../../../store/changes.ts"
import type { Credentials } from "../../../wire/task.ts"
import { issueRoleSession } from "../../sts/index.ts"
import type { Task } from "../tables/task.ts"
import { isTrustedByTasks } from "../task/trust.ts"
import { definitionByArn } from "../task-definition/find.ts"
import { roleArn } from "../task-definition/pass-role.ts"
import type { SessionHost } from "./session.ts"

/** Makes credentials for the roles of tasks. Nothing of them is kept: an agent that needs them again gets new ones. */
export function roleIssuer({ keys, world }: Pick<SocketHost, "keys" | "world">): SessionHost["issue"] {
  return (tx, task) => {
    const definition = definitionByArn(tx, task.definitionArn)?.definition
    const { taskRoleArn = definition?.taskRoleArn, executionRoleArn = definition?.executionRoleArn } = task.overrides
    const issued = (kind: Kind, role: string | undefined): Credentials | undefined => {
      const arn = role && roleArn({ account: accountOf(tx.scope), region: regionOf(tx.scope) }, role)
      if (!arn || !isTrustedByTasks(tx, arn)) return undefined
      const session = issueRoleSession(tx, keys, {
        roleArn: arn,
        sessionName: task.arn.slice(task.arn.lastIndexOf("/") + 1),
        seconds: LIFE_SECONDS,
        now: world.now(),
        random: world.random,
      })
      if (session === undefined) return undefined
      return {
        credentialsId: credentialsId(keys, task, kind),
        roleArn: arn,
        accessKeyId: session.accessKeyId,
        secretAccessKey: session.secretAccessKey,
        sessionToken: session.sessionToken,
        expiration: new Date(session.expiresAt).toISOString().replace(/\.\d+Z$/, "Z"),
      }
    }
    const ofTask = issued("task", taskRoleArn)
    const ofExecution = issued("execution", executionRoleArn)
    return { ...(ofTask && { task: ofTask }), ...(ofExecution && { execution: ofExecution }) }
  }
}

type Kind = "task" | "execution"

/** The same over all renewals, as it stands in the containers' environment; and nobody can work it out. */
function credentialsId(keys: Keys, { arn }: Task, kind: Kind): string {
  const digest = createHmac("sha256", keys.derive("task-credentials-id/v1")).update(`${kind}\0${arn}`).digest("hex")
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5")
}

/** As ECS has it. */
const LIFE_SECONDS = 6 * 3600
