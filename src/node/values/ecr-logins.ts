import type { Credentials, RegistryAuthentication } from "../../wire/task.ts"
import type { World } from "../../world/world.ts"
import type { Login } from "../engine/image.ts"
import type { Way } from "../registry/ecr.ts"
import type { Asking } from "./asking.ts"

export type EcrAuthentication = NonNullable<RegistryAuthentication["ecrAuthData"]>

/** Passwords that the region makes for its registry: each serves every pull of whoever it was made for, for a while. */
export class EcrLogins {
  readonly #world: Pick<World, "now">
  readonly #asking: Asking
  readonly #way: Way
  readonly #kept = new Map<string, { readonly login: Login; readonly until: number }>()

  constructor(world: Pick<World, "now">, asking: Asking, way: Way) {
    this.#world = world
    this.#asking = asking
    this.#way = way
  }

  /** With the instance's own key where the task has no execution role, as on EC2. */
  async get(authentication: EcrAuthentication, credentials: Credentials | undefined): Promise<Login> {
    const { registryId, region, useExecutionRole = false } = authentication
    const as = useExecutionRole ? credentials : undefined
    const key = `${registryId} ${region} ${as?.accessKeyId ?? ""}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#world.now() < kept.until) return kept.login
    const { login, expiresAt } = await this.#ask(authentication, as)
    const now = this.#world.now()
    this.#kept.delete(key)
    // One that runs out in the middle of a pull is of no use.
    this.#kept.set(key, { login, until: now + Math.min((expiresAt - now) / 2, KEPT_MS_MAX) })
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!)
    return login
  }

  async #ask({ registryId, region }: EcrAuthentication, credentials: Credentials | undefined) {
    const { authorizationData } = (await this.#asking.patiently(
      () =>
        this.#asking.call("ecr", "GetAuthorizationToken", registryId === "" ? {} : { registryIds: [registryId] }, {
          region,
          ...(credentials !== undefined && { credentials }),
        }),
      (retries) => `unable to retrieve ecr registry auth: service call has been retried ${retries} time(s)`,
    )) as { readonly authorizationData?: readonly AuthorizationData[] }
    const { authorizationToken = "", expiresAt = 0 } = authorizationData?.[0] ?? {}
    const decoded = Buffer.from(authorizationToken, "base64").toString()
    const end = decoded.indexOf(":")
    if (end === -1) throw new Error("unable to retrieve ecr registry auth: the answer holds no token")
    const login: Login = { username: decoded.slice(0, end), password: decoded.slice(end + 1), via: this.#way }
    return { login, expiresAt: expiresAt * 1000 }
  }
}

interface AuthorizationData {
  readonly authorizationToken?: string

  /** In seconds since 1970. */
  readonly expiresAt?: number
}

const KEPT_MS_MAX = 60 * 60 * 1000
const KEPT_MAX = 1_000
