import type { Tx } from "../../../store/transaction.ts"

/** A user or a role, as far as policies are concerned with it. */
export interface Identity {
  readonly arn: string
  readonly kind: "user" | "role"

  /** As in `AIDA…` and `AROA…`. */
  readonly id: string

  /**
   * The documents of all its policies: attached, inline and, for a user, those of its groups. Each is the very same
   * string while nobody changes it, so that what is compiled from it is found by it.
   */
  readonly policies: readonly string[]

  /** The document of its permissions boundary. */
  readonly boundary?: string
  readonly tags: Readonly<Record<string, string>>
}

/** What decisions are made from, as of now. */
export interface Identities {
  /** The user or role with this ARN, of whichever account; undefined when it is no more. */
  identityOf(tx: Tx, arn: string): Identity | undefined

  /** The document of a managed policy, of AWS or of an account, as its default version has it. */
  managedPolicyDocument(tx: Tx, arn: string): string | undefined
}

/** One policy of a user, a group or a role, as simulations name what has decided. */
export interface PolicySource {
  /** The name of an inline policy, and of a managed one too. */
  readonly id: string

  /** Whose inline policy it is, or who wrote the managed one. */
  readonly type: "user" | "group" | "role" | "aws-managed" | "user-managed"
  readonly document: string
}

/** All policies of one user, group or role, with where they come from. */
export interface PolicySources {
  readonly policies: readonly PolicySource[]
  readonly boundary?: string
}
