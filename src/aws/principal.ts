/** Who asks: found from the access key that signed the request. */
export interface Principal {
  readonly account: string

  /** As GetCallerIdentity shows it: `arn:aws:iam::…:user/ann`, `arn:aws:sts::…:assumed-role/deploy/ci`. */
  readonly arn: string
  readonly userId: string
  readonly accessKeyId: string

  /** The ARN of the user or the role whose policies say what it may; undefined for an account's root, which may everything there. */
  readonly identity?: string

  /** The actions that a key made for one purpose may use, as in `ecs:Poll` or `ecs:Submit*`. */
  readonly only?: readonly string[]

  /** What its session token says of it; undefined for long-lived keys. */
  readonly session?: Session
}

/** Who has no key: it has no account either, and may only what is open to all. */
export const ANYBODY: Principal = {
  account: "anonymous",
  arn: "anonymous",
  userId: "anonymous",
  accessKeyId: "",
  only: [],
}

/** Everything about temporary credentials that decides what they may. */
export interface Session {
  readonly issuedAt: number
  readonly expiresAt: number

  /** Documents that were handed over when the credentials were made: only what they allow as well is allowed. */
  readonly policies: readonly string[]

  /** The same of managed policies, by ARN: what they say when they are asked counts. */
  readonly policyArns: readonly string[]
  readonly tags: Readonly<Record<string, string>>

  /** The keys of those tags that a session inherits which this one makes. */
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string

  /** Condition keys of its making that stay with it, as in `{ "aws:FederatedProvider": "…" }`. */
  readonly conditions?: Readonly<Record<string, string>>

  /** Made by GetFederationToken: without policies of its own it may nothing. */
  readonly isFederated?: boolean
}
