import { createHash } from "node:crypto"
import type { World } from "../../world/world.ts"
import { EngineError } from "../engine/engine-error.ts"
import type { Login } from "../engine/image.ts"
import { type Ask, type ExchangeOptions, exchange } from "./exchange.ts"
import { type Descriptor, MANIFEST_SIZE_MAX, MANIFEST_TYPES, manifestTypeIn, manifestTypeOf } from "./manifest.ts"
import { readWhole } from "./read-whole.ts"
import { formatReference, isDigest, type Reference } from "./reference.ts"
import { givenUp, pause, retrying, TRIES_MAX, TryFailed } from "./retry.ts"
import { httpTransport, type Transport, type TransportOptions } from "./transport.ts"

/** Image registries, as a pull needs them: what a name stands for, and content by digest. All of it throws `EngineError`. */
export interface Registry {
  /** What a reference stands for now. */
  resolve(reference: Reference, access: Access, triesMax?: number): Promise<Descriptor>

  /** A manifest or index by its digest, verified. */
  manifest(reference: Reference, digest: string, access: Access): Promise<Content>

  /**
   * A blob's bytes from a place on. A connection that breaks is made again where it broke. Read from the beginning it is
   * verified, and the last step throws when it was not what its digest says; from elsewhere that is left to the reader.
   */
  blob(reference: Reference, descriptor: Descriptor, from: number, access: Access): AsyncIterable<Buffer>
  close(): void
}

export interface Access {
  readonly login: Login | undefined
  readonly signal: AbortSignal
}

export interface Content {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

export interface RegistryOptions extends ExchangeOptions, TransportOptions {
  readonly world: World
  readonly transport?: Transport
}

export function openRegistry({ world, transport: given, ...options }: RegistryOptions): Registry {
  const transport = given ?? httpTransport(world, options)
  const { send } = exchange(world, transport, options)

  /** All of one that we can read; `name` is a tag or a digest. */
  async function fetchManifest(reference: Reference, name: string, access: Access): Promise<Content> {
    const path = `manifests/${name}`
    const answer = await send({ ...access, reference, path, method: "GET", headers: ACCEPT })
    const mediaType = manifestTypeOf(answer.header("content-type"))
    const bytes = await readWhole(answer, MANIFEST_SIZE_MAX)
    const digest = sha256(bytes)
    if (isDigest(name) && digest !== name) {
      throw new TryFailed("registry failed", `the registry served ${digest} instead of ${name}`)
    }
    return { descriptor: { mediaType: mediaType ?? manifestTypeIn(bytes), digest, size: bytes.length }, bytes }
  }

  async function resolve(reference: Reference, access: Access): Promise<Descriptor> {
    const name = reference.digest ?? reference.tag!
    const answer = await send({ ...access, reference, path: `manifests/${name}`, method: "HEAD", headers: ACCEPT })
    answer.discard()
    const [mediaType, size] = [manifestTypeOf(answer.header("content-type")), Number(answer.header("content-length"))]
    const digest = reference.digest ?? answer.header("docker-content-digest")
    if (mediaType !== undefined && digest !== undefined && isDigest(digest) && size > 0) {
      return { mediaType, digest, size }
    }
    // Not every registry says in the head of its answer what it is about.
    return (await fetchManifest(reference, name, access)).descriptor
  }

  return {
    async resolve(reference, access, triesMax) {
      const name = formatReference(reference)
      const ask = () => told(`failed to resolve ref ${name}`, name, () => resolve(reference, access))
      return retrying(world, "pull image manifest", access.signal, ask, triesMax)
    },

    async manifest(reference, digest, access) {
      return retrying(world, "pull image manifest", access.signal, () =>
        told(`failed to fetch manifest ${digest}`, digest, () => fetchManifest(reference, digest, access)),
      )
    },

    async *blob(reference, descriptor, from, access) {
      const { digest, size } = descriptor
      const ask = { ...access, reference, path: `blobs/${digest}`, method: "GET" } as const
      const hash = from === 0 ? createHash("sha256") : undefined
      let at = from
      let failures = 0
      let failedAt = from
      while (at < size) {
        try {
          for await (const chunk of part(ask, descriptor, at)) {
            hash?.update(chunk)
            at += chunk.length
            yield chunk
          }
          if (at < size) throw new TryFailed("registry failed", "unexpected EOF")
        } catch (error) {
          access.signal.throwIfAborted()
          if (!(error instanceof TryFailed)) throw error
          // Whoever gets on is not given up, however often it breaks.
          failures = at - failedAt >= PROGRESS_MIN ? 1 : failures + 1
          failedAt = at
          const whole = new TryFailed(error.kind, `failed to copy: ${digest}: ${error.message}`, error.waitMs)
          if (!error.mayPass || failures >= TRIES_MAX) throw givenUp("ref pull", failures, whole)
          await pause(world, failures, error, access.signal)
        }
      }
      if (hash !== undefined && `sha256:${hash.digest("hex")}` !== digest) throw new Spoiled(digest)
    },

    close: () => transport.close(),
  }

  /** What is left of a blob from `at` on, in one answer. */
  async function* part(ask: Omit<Ask, "headers">, { size, digest }: Descriptor, at: number): AsyncGenerator<Buffer> {
    const answer = await send({ ...ask, headers: at > 0 ? { range: `bytes=${at}-` } : {} })

    // A server that knows no ranges sends everything again.
    let skipped = answer.status === 206 ? at : 0
    let left = size - at
    const place = /^bytes (\d+)-/.exec(answer.header("content-range") ?? "")?.[1]
    if (answer.status === 206 && place !== String(at)) {
      answer.discard()
      throw new TryFailed("registry failed", `the registry served another part of ${digest}`)
    }
    for await (const chunk of answer.body) {
      const wanted = chunk.subarray(Math.min(at - skipped, chunk.length))
      skipped += chunk.length - wanted.length
      left -= wanted.length
      if (left < 0) throw new TryFailed("invalid", `the registry served more than the ${size} bytes of ${digest}`)
      if (wanted.length > 0) yield wanted
    }
  }
}

/** What came is not what its digest says; a new download from the beginning may be. */
export class Spoiled extends EngineError {
  constructor(digest: string) {
    super("registry failed", `failed to copy: unexpected content: it does not have the digest ${digest}`)
  }
}

async function told<Result>(what: string, subject: string, turn: () => Promise<Result>): Promise<Result> {
  try {
    return await turn()
  } catch (error) {
    if (!(error instanceof TryFailed)) throw error
    const reason = error.kind === "image not found" ? `${subject}: ${error.message}` : error.message
    throw new TryFailed(error.kind, `${what}: ${reason}`, error.waitMs)
  }
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`
}

const ACCEPT = { accept: MANIFEST_TYPES.join(", ") }
const PROGRESS_MIN = 256 * 1024
