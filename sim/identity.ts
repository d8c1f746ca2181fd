import type { Principal } from "../src/aws/principal.ts"
import { rootPrincipal } from "../src/services/accounts/index.ts"

/** The simulated region trusts what an access key says: `user-` or `agent-`, and the account. */
export type AccessKeyId = `${"user" | "agent"}-${string}`

export const REGION = "us-east-1"

/** The account whose clusters most of a simulation is about. */
export const ACCOUNT = "111122223333"

/** Owns the machines that are FARGATE. */
export const POOL_ACCOUNT = "000000000000"

export function principalBehind(accessKeyId: string, region: string): Principal {
  const [kind, account = ACCOUNT] = accessKeyId.split("-")
  return rootPrincipal({ account, region }, accessKeyId, kind === "agent" ? AGENT_ACTIONS : undefined)
}

/** What a machine's key is made for, as far as simulated agents go. */
const AGENT_ACTIONS = [
  "ecs:DiscoverPollEndpoint",
  "ecs:Poll",
  "ecs:RegisterContainerInstance",
  "ecs:StartTelemetrySession",
  "ecs:Submit*",
  "ecs:UpdateContainerInstancesState",
]

/** The header by which the front door finds service, region and caller. It is not verified here, so it is not signed. */
export function authorization(accessKeyId: AccessKeyId): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${REGION}/ecs/aws4_request, SignedHeaders=host, Signature=0`
}
