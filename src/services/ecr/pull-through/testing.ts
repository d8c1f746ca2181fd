import { digestOf } from "../blobs/digest.ts"
import { CONFIG, IMAGE, INDEX, LAYER, type TestDescriptor } from "../testing.ts"
import { type Upstream, UpstreamFailed, type UpstreamManifest, type UpstreamPlace } from "./upstream.ts"

/** Another registry as a test has it. */
export interface TestUpstream extends Upstream {
  /** Everything that it was asked, as in `resolve quay.io/team/app v1`. */
  readonly asked: string[]

  /** Who has asked last. */
  readonly login: () => UpstreamPlace["login"]

  /** Keeps an image of one layer; answers with its descriptor. */
  put(repository: string, tag: string, content: string): TestDescriptor

  /** Keeps an index of images that are there already. */
  putIndex(repository: string, tag: string, manifests: readonly TestDescriptor[]): TestDescriptor

  /** From now on it says only this. */
  fail(reason: UpstreamFailed["reason"] | undefined): void

  /** Blobs come no sooner than this. */
  hold(until: Promise<void>): void

  /** What a digest is answered with instead. */
  spoil(digest: string, bytes: Uint8Array): void
}

export function testUpstream(hosts: readonly string[] = []): TestUpstream {
  const asked: string[] = []
  const tags = new Map<string, string>()
  const manifests = new Map<string, UpstreamManifest>()
  const blobs = new Map<string, Uint8Array>()
  let failing: UpstreamFailed["reason"] | undefined
  let held: Promise<void> | undefined
  let login: UpstreamPlace["login"]

  function found<T>(what: string, place: UpstreamPlace, name: string, from: ReadonlyMap<string, T>): T {
    asked.push(`${what} ${place.host}/${place.repository} ${name}`)
    login = place.login
    if (failing !== undefined) throw new UpstreamFailed(failing, "as the test wants it")
    const content = from.get(`${place.repository} ${name}`)
    if (content === undefined) throw new UpstreamFailed("absent", "there is no such thing")
    return content
  }

  function keep(repository: string, tag: string, mediaType: string, content: object): TestDescriptor {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }))
    const digest = digestOf(bytes)
    manifests.set(`${repository} ${digest}`, { mediaType, bytes })
    for (const name of [tag, digest]) tags.set(`${repository} ${name}`, digest)
    return { mediaType, digest, size: bytes.length }
  }

  return {
    hosts,
    asked,
    login: () => login,
    resolve: async (place, name) => found("resolve", place, name, tags),
    manifest: async (place, digest) => found("manifest", place, digest, manifests),
    async *blob(place, digest) {
      const bytes = found("blob", place, digest, blobs)
      await held
      yield bytes
    },
    put(repository, tag, content) {
      const [config, layer] = [Buffer.from("{}"), Buffer.from(content)]
      const described = (mediaType: string, bytes: Buffer) => {
        blobs.set(`${repository} ${digestOf(bytes)}`, bytes)
        return { mediaType, digest: digestOf(bytes), size: bytes.length }
      }
      return keep(repository, tag, IMAGE, { config: described(CONFIG, config), layers: [described(LAYER, layer)] })
    },
    putIndex: (repository, tag, listed) => keep(repository, tag, INDEX, { manifests: listed }),
    fail(reason) {
      failing = reason
    },
    hold(until) {
      held = until
    },
    spoil(digest, bytes) {
      for (const key of blobs.keys()) if (key.endsWith(digest)) blobs.set(key, bytes)
    },
  }
}
