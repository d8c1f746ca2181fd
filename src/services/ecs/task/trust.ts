import { arnOf, globalArnOf, parseArn } from "../../../aws/arn.ts"
import { accountOf, regionOf } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import { isTrustedWith } from "../../sts/index.ts"
import { type Roles, roleArn, TASKS } from "../task-definition/pass-role.ts"

/** Whether tasks of an account and region may take a role, by what the role itself says. */
export function isTrustedByTasks(tx: Tx, arn: string): boolean {
  const owner = { account: accountOf(tx.scope), region: regionOf(tx.scope) }
  // A role elsewhere may trust everybody's tasks; it means those of its own account. And policies guard its one ARN here.
  if (arn !== globalArnOf("iam", owner, parseArn(arn)?.resource ?? "")) return false
  const conditions = { "aws:SourceAccount": owner.account, "aws:SourceArn": arnOf("ecs", owner, "*") }
  return isTrustedWith(tx, arn, TASKS, conditions)
}

/** The first role that tasks are to have and cannot: it is not there, or does not trust them. */
export function untrustingRole(tx: Tx, { taskRoleArn, executionRoleArn }: Roles): string | undefined {
  const owner = { account: accountOf(tx.scope), region: regionOf(tx.scope) }
  return [executionRoleArn, taskRoleArn]
    .flatMap((role) => (role ? [roleArn(owner, role)] : []))
    .find((arn) => !isTrustedByTasks(tx, arn))
}

export function unassumable(arn: string): string {
  return `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`
}
