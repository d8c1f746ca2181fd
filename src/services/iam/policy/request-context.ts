import { accountOfResource, type Question } from "../../../aws/authorizer.ts"
import type { Principal } from "../../../aws/principal.ts"
import { addressBytes } from "./address.ts"
import type { Context } from "./context.ts"
import type { Identity } from "./identity.ts"

/** The condition keys of a request: what its operation names, what its session was made with, and what every request has. */
export class RequestContext implements Context {
  readonly #question: Question
  readonly #identity: Identity | undefined
  #named: ReadonlyMap<string, readonly string[]> | undefined
  #tags: ReadonlyMap<string, string> | undefined

  constructor(question: Question, identity: Identity | undefined) {
    this.#question = question
    this.#identity = identity
  }

  valuesOf(key: string): readonly string[] | undefined {
    // Most policies ask for nothing, so nothing is prepared before one does.
    this.#named ??= namedBy(this.#question)
    const named = this.#named.get(key)
    if (named !== undefined) return named
    const value = key.startsWith(PRINCIPAL_TAG) ? this.#tag(key) : globalValue(key, this.#question)
    return value === undefined ? undefined : [value]
  }

  #tag(key: string): string | undefined {
    if (this.#tags === undefined) {
      // What a session was tagged with counts before the tags of its role or user.
      const tags = { ...lowered(this.#identity?.tags), ...lowered(this.#question.caller.principal.session?.tags) }
      this.#tags = new Map(Object.entries(tags))
    }
    return this.#tags.get(key.slice(PRINCIPAL_TAG.length))
  }
}

const PRINCIPAL_TAG = "aws:principaltag/"

function lowered(record: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]))
}

function namedBy({ conditions, caller }: Question): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, readonly string[]>()
  for (const [key, value] of Object.entries(caller.principal.session?.conditions ?? {})) {
    named.set(key.toLowerCase(), [value])
  }
  for (const [key, value] of Object.entries(conditions)) {
    if (value !== undefined) named.set(key.toLowerCase(), Array.isArray(value) ? value : [String(value)])
  }
  return named
}

function globalValue(key: string, { caller, resource, policy }: Question): string | undefined {
  const { principal } = caller
  const { session } = principal
  switch (key) {
    case "aws:currenttime":
      return isoOf(caller.now)
    case "aws:epochtime":
      return String(Math.floor(caller.now / 1000))
    case "aws:principalarn":
      return session?.isFederated ? principal.arn : (principal.identity ?? principal.arn)
    case "aws:principalaccount":
      return principal.account
    case "aws:principaltype":
      return principalType(principal)
    case "aws:userid":
      return principal.userId
    case "aws:username":
      return principalType(principal) === "User" ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1) : undefined
    case "aws:requestedregion":
      return caller.region
    case "aws:securetransport":
      return String(caller.origin.startsWith("https:"))
    case "aws:sourceip":
      return sourceIp(caller.sourceIp)
    case "aws:useragent":
      return caller.userAgent
    case "aws:tokenissuetime":
      return session && isoOf(session.issuedAt)
    // Long-lived keys do not have it at all; a session that was made with MFA says so among its own conditions.
    case "aws:multifactorauthpresent":
      return session && "false"
    case "aws:sourceidentity":
      return session?.sourceIdentity
    case "aws:resourceaccount":
      return (policy?.owner ?? accountOfResource(resource)) || undefined
    case "aws:viaawsservice":
    case "aws:principalisawsservice":
      return "false"
    default:
      return undefined
  }
}

function principalType({ arn, identity, session }: Principal): string {
  if (session?.isFederated) return "FederatedUser"
  if (identity === undefined) return "Account"
  return identity === arn ? "User" : "AssumedRole"
}

/** AWS's times have no fractions. */
function isoOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** As policies write it, whatever socket it came through. */
function sourceIp(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes(":")) return text
  const bytes = addressBytes(text)
  return bytes?.length === 4 ? bytes.join(".") : text
}
