import type { World } from "../../../world/world.ts"
import { EngineError } from "../../engine/engine-error.ts"
import type { Image, Images, Login } from "../../engine/image.ts"
import type { AgentState } from "../records.ts"
import type { Gate } from "./gate.ts"
import type { PullBehavior } from "./options.ts"

export interface Brought {
  readonly image: Image

  /** Of its manifest; unknown for an image that never came from a registry. */
  readonly digest?: string
}

export interface BringOptions {
  readonly login?: Login | undefined
  readonly signal: AbortSignal

  /** The registry is about to be asked for it. */
  readonly pulling: () => void

  /** The registry said which manifest it is; what it names is still to come. */
  readonly resolved: (digest: string) => void
}

interface Parts {
  readonly world: World
  readonly images: Images
  readonly state: AgentState
  readonly behavior: PullBehavior
  readonly pulls: Gate
}

/** Finds or brings images, as the pull behaviour says. */
export class ImageSource {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async bring(reference: string, options: BringOptions): Promise<Brought> {
    const { images, state, behavior } = this.#parts
    const cached = behavior === "always" ? undefined : await images.get(reference)
    const isTrusted = behavior === "prefer-cached" || (behavior === "once" && state.images.has(reference))
    // One that somebody brought by hand is known to no registry: asking there would only take time.
    const isByHand = behavior === "default" && cached?.repositoryDigests.length === 0
    if (cached !== undefined && (isTrusted || isByHand)) return broughtBefore(reference, cached)

    options.pulling()
    try {
      return await this.#pull(reference, options, cached !== undefined)
    } catch (error) {
      if (behavior !== "default" || options.signal.aborted || isUnavailable(error)) throw error
      const copy = await images.get(reference)
      // The registry's words, not that there is no copy, say what is wrong.
      if (copy === undefined) throw error
      return broughtBefore(reference, copy)
    }
  }

  async #pull(reference: string, { login, signal, resolved }: BringOptions, hasCopy: boolean): Promise<Brought> {
    const { world, images, state, pulls } = this.#parts
    // Who has a copy to go on with does not wait for a registry that is away.
    const resolve = (limited: AbortSignal) => images.resolve(reference, login, limited, ...(hasCopy ? [1] : []))
    const digest = digestIn(reference) ?? (await limit(world, signal, MANIFEST_MS_MAX, resolve))
    resolved(digest)
    const image = await pulls.enter(() =>
      withinReason(world, signal, (limited, progress) =>
        images.pull(reference, { ...(login && { login }), digest, signal: limited, progress }),
      ),
    )
    const now = world.now()
    state.putImage({ reference, imageId: image.id, pulledAt: now, usedAt: now })
    return { image, digest }
  }
}

/** An image by its id; the reference that it was asked for by mostly still stands for it. */
export async function imageById(images: Images, reference: string, id: string | undefined): Promise<Image | undefined> {
  const current = await images.get(reference)
  return current?.id === id ? current : (await images.list()).find((image) => image.id === id)
}

function broughtBefore(reference: string, image: Image): Brought {
  const repository = reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "")
  const known = image.repositoryDigests.find((name) => name.startsWith(`${repository}@`)) ?? image.repositoryDigests[0]
  const digest = digestIn(reference) ?? (known && digestIn(known))
  return { image, ...(digest !== undefined && { digest }) }
}

function digestIn(reference: string): string | undefined {
  const at = reference.indexOf("@")
  return at < 0 ? undefined : reference.slice(at + 1)
}

function isUnavailable(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "unavailable"
}

/** A pull may be slow; one that has stopped is given up. */
async function withinReason<T>(
  world: World,
  signal: AbortSignal,
  pull: (signal: AbortSignal, progress: () => void) => Promise<T>,
): Promise<T> {
  return await limit(world, signal, PULL_MS_MAX, async (limited) => {
    const idle = new AbortController()
    const watch = (ms: number) => world.after(ms, () => idle.abort(tooSlow(`no data for ${ms / 60_000} min`)))
    let cancel = watch(FIRST_DATA_MS_MAX)
    try {
      return await pull(AbortSignal.any([limited, idle.signal]), () => {
        cancel()
        cancel = watch(IDLE_MS_MAX)
      })
    } finally {
      cancel()
    }
  })
}

async function limit<T>(
  world: World,
  signal: AbortSignal,
  msMax: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancel = world.after(msMax, () => late.abort(tooSlow(`no end within ${msMax / 60_000} min`)))
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    cancel()
  }
}

function tooSlow(words: string): EngineError {
  return new EngineError("registry failed", `the registry is too slow: ${words}`)
}

const MANIFEST_MS_MAX = 60_000
const FIRST_DATA_MS_MAX = 5 * 60_000
const IDLE_MS_MAX = 60_000
const PULL_MS_MAX = 2 * 3_600_000
