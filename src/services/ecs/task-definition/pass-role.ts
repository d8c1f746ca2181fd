import { globalArnOf } from "../../../aws/arn.ts"
import type { Call } from "../../../aws/operations.ts"

export interface Roles {
  readonly taskRoleArn?: string | undefined
  readonly executionRoleArn?: string | undefined
}

/** A definition may name a role as IAM does; what it means is the account's own. */
export function roleArn(owner: Parameters<typeof globalArnOf>[1], role: string): string {
  return role.startsWith("arn:") ? role : globalArnOf("iam", owner, `role/${role}`)
}

/** Whoever hands roles to tasks acts as them before long, so policies are asked about each. */
export function authorizePassingToTasks(call: Call, roles: Roles): void {
  for (const role of new Set([roles.taskRoleArn, roles.executionRoleArn])) {
    if (role !== undefined && role !== "") authorizePassing(call, role, TASKS)
  }
}

/** The same for a role that one of AWS's services is to act as. */
export function authorizePassing(call: Call, role: string, service: string): void {
  call.authorizeAlso("iam:PassRole", roleArn(call, role), { "iam:PassedToService": service })
}

/** Who assumes the roles of tasks. */
export const TASKS = "ecs-tasks.amazonaws.com"

/** Who assumes the role with which a service speaks to its load balancers. */
export const SERVICES = "ecs.amazonaws.com"
