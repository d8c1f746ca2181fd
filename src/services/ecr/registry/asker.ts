import { timingSafeEqual } from "node:crypto"
import type { HttpRequest } from "../../../aws/http.ts"
import type { Principal } from "../../../aws/principal.ts"
import { INSTALLATION } from "../../../store/changes.ts"
import { identityOf } from "../../iam/index.ts"
import { homeInHost } from "../address.ts"
import { readToken, type TokenContent } from "../authorization-token.ts"
import { RegistryRefusal } from "./refusal.ts"
import type { Registry } from "./registry.ts"

/** Who asks, and the region in which a repository is that is named without one. */
export interface Asker {
  readonly principal: Principal
  readonly region: string

  /** What it has shown, if that is a token: it needs no other one. */
  readonly shown?: { readonly token: string; readonly expiresAt: number }
}

/** Who has brought nothing to be known by: may see what is public. */
export const ANYONE: Asker = {
  principal: { account: "anonymous", arn: "anonymous", userId: "anonymous", accessKeyId: "" },
  region: "us-east-1",
}

/**
 * Finds out who asks: by a token of GetAuthorizationToken, as Docker sends it, or by an access key with its secret. Undefined for
 * what was never good; a token that is good no longer is refused with a word.
 */
export function askerOf(registry: Registry, { headers }: Pick<HttpRequest, "headers">): Asker | undefined {
  const [scheme = "", shown = ""] = (headers.authorization ?? "").trim().split(/\s+/, 2)
  switch (scheme.toLowerCase()) {
    case "":
      return ANYONE
    case "bearer":
      return shown === ANONYMOUS_TOKEN ? ANYONE : ofToken(registry, shown)
    case "basic": {
      const pair = Buffer.from(shown, "base64").toString("utf8")
      const colon = pair.indexOf(":")
      const [name, password] = [pair.slice(0, Math.max(0, colon)), pair.slice(colon + 1)]
      return name === "AWS" ? ofToken(registry, password) : ofKey(registry, name, password, headers.host)
    }
    default:
      return undefined
  }
}

/** What a token server gives to those who show nothing. */
export const ANONYMOUS_TOKEN = "anonymous"

function ofToken(registry: Registry, token: string): Asker | undefined {
  const content = readToken(registry.keys, token)
  if (content === undefined) return undefined
  const { principal, region, expiresAt } = content
  if (expiresAt <= registry.world.now()) {
    throw new RegistryRefusal(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
  }
  const shown = { token, expiresAt }
  if (principal.session !== undefined) return isStillThere(registry, content) ? { principal, region, shown } : undefined
  const now = holderOf(registry, principal.accessKeyId, region)?.principal
  return now && { principal: now, region, shown }
}

/** Temporary credentials are what their token says until they run out, unless their user or role is gone before. */
function isStillThere({ store }: Registry, { principal: { identity }, identityId }: TokenContent): boolean {
  if (identity === undefined) return true
  return store.transact(INSTALLATION, (tx) => identityOf(tx, identity)?.id) === identityId
}

/** For people and tools that have a key but not the AWS CLI. */
function ofKey(registry: Registry, accessKeyId: string, secret: string, host: string | undefined): Asker | undefined {
  const region = homeInHost(host)?.region ?? "us-east-1"
  const holder = holderOf(registry, accessKeyId, region)
  if (holder === undefined) return undefined
  if (holder.secret !== undefined && !isSame(holder.secret, secret)) return undefined
  return { principal: holder.principal, region }
}

function holderOf(
  { store, identify, trustAnyone }: Registry,
  accessKeyId: string,
  region: string,
): { readonly principal: Principal; readonly secret?: string } | undefined {
  if (trustAnyone !== undefined) return { principal: trustAnyone(accessKeyId, region) }
  const found = store.attempt(INSTALLATION, (tx) => identify(tx, { accessKeyId, sessionToken: undefined, region }))
  if (!found.ok) throw found.error
  return found.value === "expired" ? undefined : found.value
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
