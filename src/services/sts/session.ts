import { globalArnOf, partitionOf } from "../../aws/arn.ts"
import { newAccessKeyId } from "../../aws/credentials.ts"
import type { Keys } from "../../aws/keys.ts"
import type { Principal, Session } from "../../aws/principal.ts"
import { pack, type SessionTokens, sessionTokens, unpack } from "../../aws/session-token.ts"
import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"
import { accounts, rootPrincipal } from "../accounts/index.ts"
import { roleOf, userArn, userWithId } from "../iam/index.ts"

/** Temporary credentials, as whoever may have them gets them. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string

  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Who acts in a session. Ids tell whether that is still who it was when the session began. */
export type Holder =
  | { readonly kind: "role"; readonly arn: string; readonly id: string; readonly sessionName: string }
  | { readonly kind: "user"; readonly partition: string; readonly account: string; readonly id: string }
  | { readonly kind: "root"; readonly account: string }
  | {
      readonly kind: "federated"
      readonly partition: string
      readonly account: string
      readonly id: string | undefined
      readonly name: string
    }

/** All that a token says. */
interface Claims {
  readonly holder: Holder
  readonly session: Session
}

export function issue(
  keys: Keys,
  random: Random,
  claims: { readonly holder: Holder; readonly session: Session },
): Credentials {
  const accessKeyId = newAccessKeyId(random, "ASIA")
  return {
    accessKeyId,
    secretAccessKey: keys.secretOf(accessKeyId),
    sessionToken: tokensOf(keys).seal(accessKeyId, pack(claims), random),
    expiresAt: claims.session.expiresAt,
  }
}

/** What a session's key asks as; as tokens are long and come with each request, what the latest ones say is remembered. */
export class SessionReader {
  readonly #tokens: SessionTokens
  readonly #known = new Map<string, { readonly token: string; readonly claims: Claims }>()

  constructor(keys: Keys) {
    this.#tokens = tokensOf(keys)
  }

  /** Undefined for a token that is no good, and for a session whose holder is no more. */
  principalOf(
    tx: Tx,
    { accessKeyId, sessionToken, region }: SentSession,
    now: number,
  ): Principal | "expired" | undefined {
    const claims = this.#read(accessKeyId, sessionToken)
    if (claims === undefined) return undefined
    return claims.session.expiresAt <= now ? "expired" : principalOfClaims(tx, claims, accessKeyId, region)
  }

  #read(accessKeyId: string, token: string): Claims | undefined {
    const known = this.#known.get(accessKeyId)
    if (known?.token === token) return known.claims
    const packed = this.#tokens.open(accessKeyId, token)
    if (packed === undefined) return undefined
    const claims = unpack(packed) as Claims
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(accessKeyId, { token, claims })
    return claims
  }
}

export interface SentSession {
  readonly accessKeyId: string
  readonly sessionToken: string
  readonly region: string
}

const KNOWN_MAX = 4096

function tokensOf(keys: Keys): SessionTokens {
  return sessionTokens(keys.derive("session-token/v1"))
}

function principalOfClaims(
  tx: Tx,
  { holder, session }: Claims,
  accessKeyId: string,
  region: string,
): Principal | undefined {
  if (!isGoodIn(partitionOf(region), holder)) return undefined
  switch (holder.kind) {
    case "role": {
      const { arn, id, sessionName } = holder
      if (roleOf(tx, arn)?.id !== id) return undefined
      return {
        account: arn.split(":", 5)[4]!,
        arn: assumedRoleArn(arn, sessionName),
        userId: `${id}:${sessionName}`,
        accessKeyId,
        identity: arn,
        session,
      }
    }
    case "root": {
      const { account } = holder
      const isThere = tx.anywhere.installation.get(accounts, account) !== undefined
      return isThere ? { ...rootPrincipal({ account, region }, accessKeyId), session } : undefined
    }
    case "user": {
      const { account, id } = holder
      const user = userWithId(tx, account, id)
      if (user === undefined) return undefined
      const arn = userArn({ account, region }, user)
      return { account, arn, userId: id, accessKeyId, identity: arn, session }
    }
    case "federated": {
      const { account, id, name } = holder
      const user = id === undefined ? undefined : userWithId(tx, account, id)
      if (id !== undefined && user === undefined) return undefined
      return {
        account,
        arn: federatedUserArn({ account, region }, name),
        userId: `${account}:${name}`,
        accessKeyId,
        ...(user !== undefined && { identity: userArn({ account, region }, user) }),
        session,
      }
    }
  }
}

/** A session stays in the partition that it was made in, as the ARNs that policies guard are others in the next one. */
function isGoodIn(partition: string, holder: Holder): boolean {
  if (holder.kind === "root") return true
  return partition === (holder.kind === "role" ? holder.arn.split(":", 2)[1] : holder.partition)
}

/** `arn:aws:iam::…:role/path/deploy` is shown as `arn:aws:sts::…:assumed-role/deploy/…`. */
export function assumedRoleArn(roleArn: string, sessionName: string): string {
  const [, partition, , , account] = roleArn.split(":", 5)
  const name = roleArn.slice(roleArn.lastIndexOf("/") + 1)
  return `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}`
}

export function federatedUserArn(home: { readonly account: string; readonly region: string }, name: string): string {
  return globalArnOf("sts", home, `federated-user/${name}`)
}
