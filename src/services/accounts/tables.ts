import { table } from "../../store/table.ts"

/** An account exists from its creation on and is never removed; to look at, it is a new AWS account. */
export interface Account {
  /** Twelve digits. */
  readonly id: string
  readonly createdAt: number
}

export const accounts = table({
  name: "accounts/accounts",
  version: 1,
  belongsTo: "installation",
  key: (account: Account) => account.id,
})

/** An access key without its secret: that is derived from the installation's master key, so nothing here lets anyone in. */
export interface AccessKey {
  readonly id: string
  readonly account: string

  /** The id of the user whose it is; undefined for the account's root and for machines. */
  readonly user?: string

  /**
   * Where a user's key is good, if not in `aws`: an ARN that a policy guards is another one in the next partition. Root's
   * are good in all of them.
   */
  readonly partition?: string

  /** Undefined for users and the account's root; else the actions for which the key was made. */
  readonly only?: readonly string[]

  /** Set while whoever has it may not use it. */
  readonly isInactive?: true
  readonly createdAt: number
}

export const accessKeys = table({
  name: "accounts/access-keys",
  version: 1,
  belongsTo: "installation",
  key: (accessKey: AccessKey) => accessKey.id,
  indexes: { account: (accessKey) => accessKey.account, user: (accessKey) => accessKey.user },
})

/** What the installation must remember about itself: one record. */
export interface Installation {
  readonly key: "installation"

  /** Tells the right master key from a wrong one without telling what it is. */
  readonly masterKeyCheck: string

  /** The account that `homeport env` stands for and that unsigned local requests act in. */
  readonly firstAccount: string
  readonly createdAt: number
}

export const installations = table({
  name: "accounts/installation",
  version: 1,
  belongsTo: "installation",
  key: (installation: Installation) => installation.key,
})

/** Where a machine belongs: to a cluster, as its own or as one from elsewhere, or to the capacity that is FARGATE. */
export interface Place {
  readonly kind: "fargate" | "container-instance" | "external"
  readonly account: string
  readonly region: string
  readonly cluster: string
}

/** Lets one machine take a place. Who has a copy of the journal cannot use it: the secret is not in it. */
export interface JoinToken {
  readonly id: string

  /** SHA-256, in hexadecimal digits; the secret is as long as that, so it needs no more than this. */
  readonly secretDigest: string
  readonly place: Place
  readonly expiresAt: number
  readonly isUsed: boolean
}

export const joinTokens = table({
  name: "accounts/join-tokens",
  version: 1,
  belongsTo: "installation",
  key: (token: JoinToken) => token.id,
  retention: { until: ({ expiresAt }) => expiresAt },
})
