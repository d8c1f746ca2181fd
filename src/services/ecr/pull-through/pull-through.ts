import { isDigest } from "../blobs/blob-store.ts"
import { digestOf } from "../blobs/digest.ts"
import { RegistryRefusal, unavailable } from "../registry/refusal.ts"
import { isAllowed } from "./known.ts"
import { type Upstream, UpstreamFailed, type UpstreamManifest, type UpstreamPlace } from "./upstream.ts"

/** What is under way from other registries: who asks for the same meanwhile waits with those who asked before. */
export class PullThrough {
  readonly upstream: Upstream
  readonly #flights = new Map<string, Promise<unknown>>()

  constructor(upstream: Upstream) {
    this.upstream = upstream
  }

  /** What a tag or digest stands for there, with its manifest, unless that is `known` here already. */
  async manifest(place: UpstreamPlace, reference: string, isKnown: (digest: string) => boolean): Promise<Arrived> {
    const digest = isDigest(reference)
      ? reference
      : await this.#told(place, ["resolve", place, reference], () => this.upstream.resolve(place, reference))
    if (isKnown(digest)) return { digest, content: undefined }
    const content = await this.#told(place, ["manifest", place, digest], () => this.upstream.manifest(place, digest))
    if (digestOf(content.bytes) === digest) return { digest, content }
    throw new RegistryRefusal(502, "UNKNOWN", `The registry ${place.host} sent another manifest than it named.`)
  }

  /** Does once what several ask for at the same time. It goes on when they have gone: others will ask for it too. */
  once<T>(key: readonly unknown[], work: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(key)
    const known = this.#flights.get(name)
    if (known !== undefined) return known as Promise<T>
    if (this.#flights.size >= FLIGHTS_MAX) throw unavailable("Homeport is fetching as much as it can. Try again.")
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    // Those who waited may all have gone before it fails.
    flight.catch(() => {})
    return flight
  }

  async #told<T>(place: UpstreamPlace, key: readonly unknown[], work: () => Promise<T>): Promise<T> {
    if (!isAllowed(place.host, this.upstream.hosts)) {
      throw new UpstreamFailed("refused", `The operator does not allow ${place.host} any more.`)
    }
    return this.once(key, work)
  }
}

export interface Arrived {
  readonly digest: string

  /** Undefined where it was known. */
  readonly content: UpstreamManifest | undefined
}

/** What whoever pulls is told of a registry that has not given what it was asked for. */
export function refusalOf({ reason }: UpstreamFailed, host: string): RegistryRefusal {
  if (reason === "absent")
    return new RegistryRefusal(404, "MANIFEST_UNKNOWN", `The registry ${host} has no such image.`)
  if (reason === "away") return unavailable(`The registry ${host} does not answer. Try again.`)
  return new RegistryRefusal(
    403,
    "DENIED",
    `The registry ${host} does not let this one in. Check the pull through cache rule with ValidatePullThroughCacheRule.`,
  )
}

const FLIGHTS_MAX = 256
