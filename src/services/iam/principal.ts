import { partitionOf } from "../../aws/arn.ts"
import type { Principal } from "../../aws/principal.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import type { AccessKey } from "../accounts/index.ts"
import { arnOfNamed, roleKind, userKind } from "./kind.ts"
import { type Role, type User, users } from "./tables.ts"

/** The user whose id this is; undefined once it is gone. */
export function userWithId({ anywhere }: Tx, account: string, id: string): User | undefined {
  const [user] = anywhere.in(regionScope(account, "*")).where(users, "id", id)
  return user
}

/** The user whose key this is; nobody in a partition that the key is not for. */
export function userPrincipalOf(
  tx: Tx,
  { id, account, user, partition = "aws" }: AccessKey,
  region: string,
): Principal | undefined {
  const found = user === undefined ? undefined : userWithId(tx, account, user)
  if (found === undefined || partitionOf(region) !== partition) return undefined
  const arn = userArn({ account, region }, found)
  return { account, arn, userId: found.id, accessKeyId: id, identity: arn }
}

export function userArn(home: { readonly account: string; readonly region: string }, user: User): string {
  return arnOfNamed(home, userKind, user)
}

export function roleArn(home: { readonly account: string; readonly region: string }, role: Role): string {
  return arnOfNamed(home, roleKind, role)
}
