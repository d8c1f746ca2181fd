import type { Keys } from "../../aws/keys.ts"
import type { Session } from "../../aws/principal.ts"
import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"
import { contextOf, roleOf, trusts } from "../iam/index.ts"
import { assumedRoleArn, type Credentials, issue } from "./session.ts"

export interface RoleSession extends Credentials {
  readonly assumedRoleArn: string

  /** As GetCallerIdentity shows it: `AROA…:ci`. */
  readonly userId: string
}

export interface RoleSessionOptions extends Partial<Omit<Session, "issuedAt" | "expiresAt">> {
  readonly roleArn: string
  readonly sessionName: string
  readonly seconds: number
  readonly now: number
  readonly random: Random
}

/** Credentials for a role, whoever asks: who calls this has made sure that they may. Undefined where there is no such role. */
export function issueRoleSession(
  tx: Tx,
  keys: Keys,
  { roleArn: arn, sessionName, seconds, now, random, ...rest }: RoleSessionOptions,
): RoleSession | undefined {
  const role = roleOf(tx, arn)
  if (role === undefined) return undefined
  const session: Session = {
    policies: [],
    policyArns: [],
    tags: {},
    ...rest,
    issuedAt: now,
    expiresAt: now + seconds * 1000,
  }
  const credentials = issue(keys, random, { holder: { kind: "role", arn, id: role.id, sessionName }, session })
  return { ...credentials, assumedRoleArn: assumedRoleArn(arn, sessionName), userId: `${role.id}:${sessionName}` }
}

/** Whether a role may be taken by one of AWS's services, as in `ecs-tasks.amazonaws.com`; false where there is no such role. */
export function isTrustedWith(
  tx: Tx,
  roleArn: string,
  service: string,
  conditions: Readonly<Record<string, string>> = {},
): boolean {
  const role = roleOf(tx, roleArn)
  if (role === undefined) return false
  const values = Object.fromEntries(Object.entries(conditions).map(([key, value]) => [key, [value]]))
  const request = { action: "sts:AssumeRole", resource: roleArn, context: contextOf(values) }
  return trusts(role.trust, { kind: "Service", name: service }, request)
}
