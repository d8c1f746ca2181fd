import type { KeyHolder, SentKey } from "../aws/front-door.ts"
import type { Keys } from "../aws/keys.ts"
import type { Principal } from "../aws/principal.ts"
import { accounts, activeKey, principalOf, rootPrincipal } from "../services/accounts/index.ts"
import { POOL_ACCOUNT } from "../services/ecs/index.ts"
import { userPrincipalOf } from "../services/iam/index.ts"
import { SessionReader } from "../services/sts/index.ts"
import type { Tx } from "../store/transaction.ts"
import { LOGS_OF } from "../wire/logs-of.ts"
import type { World } from "../world/world.ts"

/** Finds who an access key, with the session token beside it, stands for. */
export type Identify = (tx: Tx, key: SentKey) => KeyHolder | "expired" | undefined

export function identifyBy(keys: Keys, world: Pick<World, "now">): Identify {
  const sessions = new SessionReader(keys)
  return (tx, key) => {
    const found = holderOf(tx, key, sessions, world.now())
    if (found === undefined || found === "expired") return found
    return { principal: found, secret: keys.secretOf(key.accessKeyId) }
  }
}

function holderOf(tx: Tx, key: SentKey, sessions: SessionReader, now: number): Principal | "expired" | undefined {
  const { sessionToken } = key
  if (sessionToken === undefined) return longLived(tx, key)
  if (sessionToken.startsWith(LOGS_OF)) return writerOfLogs(tx, key, sessionToken.slice(LOGS_OF.length))
  return sessions.principalOf(tx, { ...key, sessionToken }, now)
}

/** The root, machine or user whose key this is, or nobody; the key of a session is nothing without its token. */
function longLived(tx: Tx, { accessKeyId, region }: SentKey): Principal | undefined {
  const accessKey = activeKey(tx, accessKeyId)
  if (accessKey?.user !== undefined) return userPrincipalOf(tx, accessKey, region)
  return principalOf(tx, accessKeyId, region)
}

/**
 * A machine of the pool runs tasks of every account: until roles have credentials of their own, it may write the logs of
 * any of them, and says by the session token whose they are.
 */
function writerOfLogs(tx: Tx, { accessKeyId, region }: SentKey, account: string): Principal | undefined {
  if (principalOf(tx, accessKeyId, region)?.account !== POOL_ACCOUNT) return undefined
  if (tx.anywhere.installation.get(accounts, account) === undefined) return undefined
  return rootPrincipal({ account, region }, accessKeyId, LOG_ACTIONS)
}

const LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
