import type { Covered, PrincipalElement } from "./document.ts"

/** Who asks, as policies of resources name it. */
export type Requester =
  | {
      readonly kind: "identity"
      readonly account: string

      /** As GetCallerIdentity shows it. */
      readonly arn: string

      /** The user or role behind a session; the user itself; undefined for root. */
      readonly identity: string | undefined

      /** As in `AIDA…`; what the ARN was when a policy was written may be another's today. */
      readonly identityId: string | undefined
    }
  | { readonly kind: "Service" | "Federated"; readonly name: string }

/**
 * How a resource's policy means who asks. `direct`: itself, which needs nothing else in the resource's own account;
 * `identity`: the role or user behind its session, which is bounded as that one is; `account`: everyone there whom its own
 * policies allow it.
 */
export type Meant = "direct" | "identity" | "account"

export interface Principals {
  meant(requester: Requester): Meant | undefined
}

const ROOT = /^arn:[^:]+:iam::(\d{12}):root$/

export function principalsOf({ isExcept, listed }: Covered<PrincipalElement>, effect: "Allow" | "Deny"): Principals {
  const named = namedBy(listed)
  if (!isExcept) return named
  return { meant: (requester) => (isExcepted(named, requester, effect) ? undefined : "direct") }
}

/**
 * Each of a requester's names counts: to be spared by a denial, all of them have to be listed, its account too. And to
 * be left out of an allowance, one is enough.
 */
function isExcepted(named: Principals & Lists, requester: Requester, effect: "Allow" | "Deny"): boolean {
  if (requester.kind !== "identity" || effect === "Allow") return named.meant(requester) !== undefined
  const { account, arn, identity } = requester
  return named.isEveryone || (named.accounts.has(account) && [arn, identity ?? arn].every((name) => named.lists(name)))
}

interface Lists {
  readonly isEveryone: boolean
  readonly accounts: ReadonlySet<string>
  lists(name: string): boolean
}

function namedBy(listed: PrincipalElement): Principals & Lists {
  const { AWS = [], Service = [], Federated = [] } = listed === "*" ? { AWS: ["*"] } : listed
  const isEveryone = AWS.includes("*")
  const names = new Set(AWS)
  const accounts = new Set(AWS.flatMap((name) => accountNamed(name) ?? []))
  const others = { Service: new Set(Service), Federated: new Set(Federated) }
  return {
    isEveryone,
    accounts,
    lists: (name) => names.has(name) || accounts.has(accountNamed(name) ?? ""),
    meant(requester) {
      if (requester.kind !== "identity") {
        return isEveryone || others[requester.kind].has(requester.name) ? "direct" : undefined
      }
      const { account, arn, identity, identityId } = requester
      if (isEveryone || names.has(arn)) return "direct"
      // Root itself is its account; whom it has lent its powers to is bounded by the policies of that session.
      if (identity === undefined && accounts.has(account)) return ROOT.test(arn) ? "direct" : "identity"
      if (identity !== undefined && names.has(identity)) return "identity"
      if (identityId !== undefined && names.has(identityId)) return arn === identity ? "direct" : "identity"
      return accounts.has(account) ? "account" : undefined
    },
  }
}

/** Twelve digits are short for the account's root. */
function accountNamed(name: string): string | undefined {
  return /^\d{12}$/.test(name) ? name : ROOT.exec(name)?.[1]
}
