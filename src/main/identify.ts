import type { KeyHolder, SentKey } from "../aws/front-door.ts"
import type { Keys } from "../aws/keys.ts"
import type { Principal } from "../aws/principal.ts"
import { activeKey, principalOf } from "../services/accounts/index.ts"
import { userPrincipalOf } from "../services/iam/index.ts"
import { SessionReader } from "../services/sts/index.ts"
import type { Tx } from "../store/transaction.ts"
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
  return sessions.principalOf(tx, { ...key, sessionToken }, now)
}

/** The root, machine or user whose key this is, or nobody; the key of a session is nothing without its token. */
function longLived(tx: Tx, { accessKeyId, region }: SentKey): Principal | undefined {
  const accessKey = activeKey(tx, accessKeyId)
  if (accessKey?.user !== undefined) return userPrincipalOf(tx, accessKey, region)
  return principalOf(tx, accessKeyId, region)
}
