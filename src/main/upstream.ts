import { EngineError, type EngineErrorKind } from "../node/engine/engine-error.ts"
import type { Reference } from "../node/registry/reference.ts"
import { openRegistry, type RegistryOptions } from "../node/registry/registry.ts"
import { type Upstream, UpstreamFailed, type UpstreamPlace } from "../services/ecr/index.ts"

export interface OpenUpstream extends Upstream {
  /** Whoever waits for something is told that the registry is away. */
  close(): void
}

/** Other registries, asked by the client that nodes pull with. */
export function openUpstream(options: RegistryOptions, hosts: readonly string[]): OpenUpstream {
  const registry = openRegistry(options)
  const closing = new AbortController()

  function asked({ host, repository, login }: UpstreamPlace, digest: string) {
    const reference: Reference = { host, repository, digest }
    return { reference, access: { login, signal: closing.signal } }
  }

  return {
    hosts,

    async resolve(place, name) {
      const { reference, access } = asked(place, name)
      const named = name.includes(":") ? reference : { host: place.host, repository: place.repository, tag: name }
      return told(async () => (await registry.resolve(named, access, TRIES_MAX)).digest)
    },

    manifest(place, digest) {
      const { reference, access } = asked(place, digest)
      return told(async () => {
        const { descriptor, bytes } = await registry.manifest(reference, digest, access)
        return { mediaType: descriptor.mediaType, bytes }
      })
    },

    async *blob(place, digest, size) {
      const { reference, access } = asked(place, digest)
      try {
        yield* registry.blob(reference, { mediaType: "", digest, size }, 0, access)
      } catch (error) {
        throw failure(error)
      }
    },

    close() {
      closing.abort(new UpstreamFailed("away", "Homeport is stopping."))
      registry.close()
    },
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failure(error)
  }
}

function failure(error: unknown): unknown {
  return error instanceof EngineError ? new UpstreamFailed(REASONS[error.kind] ?? "away", error.message) : error
}

const REASONS: Partial<Record<EngineErrorKind, UpstreamFailed["reason"]>> = {
  "image not found": "absent",
  "registry refused": "refused",
}

/** Whoever pulls is waiting, and will try again by itself. */
const TRIES_MAX = 2
