import { createHash } from "node:crypto"
import { sleep, type World } from "../../../world/world.ts"
import { EngineError } from "../engine-error.ts"
import type { Image, PullOptions } from "../image.ts"
import type { FakeImage } from "./behaviour.ts"

/** The images on a fake machine, and the registry that they come from. */
export class FakeImages {
  readonly #world: World
  readonly #registry = new Map<string, FakeImage>()

  /** Of the machine, by the image's id. */
  readonly #present = new Map<string, Image>()

  /** By id, also of images whose reference stands for another one now. */
  readonly #scripts = new Map<string, FakeImage>()

  constructor(world: World) {
    this.#world = world
  }

  /** Puts an image into the registry; a second one of the same reference takes its place there. */
  publish(image: FakeImage): void {
    this.#registry.set(image.reference, image)
    if (image.present === true) this.#store(image)
  }

  script(id: string): FakeImage | undefined {
    return this.#scripts.get(id)
  }

  resolve(reference: string): string {
    return digestOf(this.#published(reference), "manifest")
  }

  async pull(reference: string, { digest, signal, progress }: PullOptions): Promise<Image> {
    signal.throwIfAborted()
    const image = this.#published(reference)
    if (digest !== undefined && digest !== digestOf(image, "manifest")) {
      throw new EngineError("image not found", `manifest unknown: ${digest}`)
    }
    const bytes = image.bytes ?? BYTES
    progress?.({ bytesDone: 0, bytesTotal: bytes })
    if (image.pullMs !== undefined) await sleep(this.#world, image.pullMs, signal)
    progress?.({ bytesDone: bytes, bytesTotal: bytes })
    return this.#store(image)
  }

  get(reference: string): Image | undefined {
    return [...this.#present.values()].find(({ references, repositoryDigests }) =>
      [...references, ...repositoryDigests].includes(reference),
    )
  }

  list(): readonly Image[] {
    return [...this.#present.values()]
  }

  byId(id: string): Image | undefined {
    return this.#present.get(id)
  }

  remove(id: string): void {
    this.#present.delete(id)
  }

  #published(reference: string): FakeImage {
    const image = this.#registry.get(reference)
    if (image?.pullFails !== undefined) throw image.pullFails
    if (image === undefined) throw new EngineError("image not found", `manifest for ${reference} not found`)
    return image
  }

  /** The reference leaves the image that it stood for until now. */
  #store(image: FakeImage): Image {
    const id = digestOf(image, "configuration")
    for (const other of this.list()) {
      if (other.id === id) continue
      this.#present.set(other.id, { ...other, references: other.references.filter((name) => name !== image.reference) })
    }
    const known = this.#present.get(id)
    const repository = image.reference.replace(/@.*$/, "").replace(/:[^/]*$/, "")
    const stored: Image = {
      id,
      references: union(known?.references, image.reference.includes("@") ? undefined : image.reference),
      repositoryDigests: union(known?.repositoryDigests, `${repository}@${digestOf(image, "manifest")}`),
      bytes: image.bytes ?? BYTES,
      config: {
        entryPoint: [],
        command: [],
        environment: [],
        workingDirectory: "",
        user: "",
        stopSignal: "",
        volumes: [],
        labels: {},
        ...image.config,
      },
    }
    this.#present.set(id, stored)
    this.#scripts.set(id, image)
    return stored
  }
}

const BYTES = 5_000_000

function digestOf({ reference, content = reference }: FakeImage, part: string): string {
  return `sha256:${createHash("sha256").update(`${part} ${content}`).digest("hex")}`
}

function union(known: readonly string[] = [], added: string | undefined): readonly string[] {
  return added === undefined || known.includes(added) ? known : [...known, added]
}
