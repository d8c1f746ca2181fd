import type { Principal } from "../aws/principal.ts"
import { accounts, principalOf, rootPrincipal } from "../services/accounts/index.ts"
import { POOL_ACCOUNT } from "../services/ecs/index.ts"
import type { Tx } from "../store/transaction.ts"
import { LOGS_OF } from "../wire/logs-of.ts"

export interface AskingKey {
  readonly accessKeyId: string
  readonly sessionToken: string | undefined
  readonly region: string
}

/**
 * Who an access key stands for. A machine of the pool runs tasks of every account: until roles have credentials of their
 * own, it may write the logs of any of them, and says by the session token whose they are.
 */
export function identify(tx: Tx, { accessKeyId, sessionToken, region }: AskingKey): Principal | undefined {
  const principal = principalOf(tx, accessKeyId, region)
  if (sessionToken === undefined || principal === undefined) return principal
  if (principal.account !== POOL_ACCOUNT || !sessionToken.startsWith(LOGS_OF)) return undefined
  const account = sessionToken.slice(LOGS_OF.length)
  if (tx.anywhere.installation.get(accounts, account) === undefined) return undefined
  return rootPrincipal({ account, region }, accessKeyId, LOG_ACTIONS)
}

const LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
