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

  /** Undefined for the account's root; else the actions for which the key was made. */
  readonly only?: readonly string[]
  readonly createdAt: number
}

export const accessKeys = table({
  name: "accounts/access-keys",
  version: 1,
  belongsTo: "installation",
  key: (accessKey: AccessKey) => accessKey.id,
  indexes: { account: (accessKey) => accessKey.account },
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
