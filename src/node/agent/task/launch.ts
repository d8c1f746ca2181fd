import type { NetworkState } from "../../engine/engine.ts"
import type { Image } from "../../engine/image.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { AskedValues } from "./asked-values.ts"
import { containerSpec } from "./container-spec.ts"
import { type Brought, imageById } from "./image-source.ts"
import { planMounts } from "./mounts.ts"
import { containerOf, definitionOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { patiently, unlessAborted, within } from "./patience.ts"
import type { Places } from "./places.ts"
import { Failure, failureOf, type ReasonName } from "./reasons.ts"
import { mapContainers } from "./settle.ts"

/** What an operation makes of the record that there is when it is done. */
export type Change = (task: TaskRecord) => TaskRecord

/** Brings and makes the containers of one task. */
export class Launch {
  readonly #parts: Parts
  readonly #places: Places
  readonly #asked: AskedValues
  readonly #images = new Map<string, Image>()
  readonly #opened = new Map<string, Promise<NetworkState>>()

  constructor(parts: Parts, places: Places) {
    this.#parts = parts
    this.#places = places
    this.#asked = new AskedValues(parts)
  }

  /** Resolves when nothing is being made any more, whatever became of it. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#opened.values(), this.#places.idle()])
  }

  async pull(task: TaskRecord, name: string, signal: AbortSignal, change: (change: Change) => void): Promise<Change> {
    // The image and the place do not need each other.
    void this.#place(task, containerOf(task, name))
    const { world } = this.#parts
    let pullStartedAt: number | undefined
    const brought = await this.#bring(task, name, signal, {
      pulling: () => {
        pullStartedAt = world.now()
      },
      resolved: (digest) =>
        change((now) =>
          pullStarted(withContainer(now, name, { knownStatus: "MANIFEST_PULLED", imageDigest: digest }), pullStartedAt),
        ),
    })
    const { image, digest } = brought
    return (now) => {
      const found = { knownStatus: "PULLED" as const, imageId: image.id, ...(digest && { imageDigest: digest }) }
      const pulled = pullStarted(withContainer(now, name, found), pullStartedAt)
      return pullStartedAt === undefined ? pulled : { ...pulled, pullStoppedAt: world.now() }
    }
  }

  async create(task: TaskRecord, name: string, signal: AbortSignal): Promise<Change> {
    const { parts, places } = { parts: this.#parts, places: this.#places }
    const container = containerOf(task, name)
    const [image, network, variables, mounts] = await unlessAborted(
      signal,
      Promise.all([
        this.#image(task, name, signal),
        this.#place(task, container),
        this.#asked.variables(task, name),
        this.#mounts(task, name, signal),
        this.#prepareLog(task, container),
        places.task(task),
      ]),
    )
    signal.throwIfAborted()
    const { region, endpointUrl, instance, engine, settings, world } = parts
    const { logBytesMax, pidsMax } = settings
    const spec = containerSpec(task, container, {
      region,
      endpointUrl,
      instance,
      image,
      mounts,
      logBytesMax,
      pidsMax,
      ...variables,
    })
    await parts.launches.enter(async () => {
      const made = patiently(world, signal, () => engine.create(spec))
      await inTime(world, settings.createMsMax, "created", made, "CannotCreateContainerError")
    })
    const { address, address6, macAddress } = network
    const addresses = [address, address6].filter((given) => given !== undefined)
    const createdAt = world.now()
    return (now) =>
      withContainer(now, name, {
        knownStatus: "CREATED",
        createdAt,
        addresses,
        ...(macAddress !== undefined && { macAddress }),
      })
  }

  /** An image that is on the machine already; its own words on how to stop and check it are wanted, but not at any price. */
  async known(task: TaskRecord, name: string): Promise<Image | undefined> {
    const { images } = this.#parts.engine
    const found = this.#images.get(name)
    if (found !== undefined) return found
    const { imageId } = containerOf(task, name)
    const image = await imageById(images, definitionOf(task, name).image, imageId)
    if (image !== undefined) this.#images.set(name, image)
    return image
  }

  async #image(task: TaskRecord, name: string, signal: AbortSignal): Promise<Image> {
    const { world } = this.#parts
    const known = await patiently(world, signal, () => this.known(task, name))
    return known ?? (await this.#bring(task, name, signal, { pulling() {}, resolved() {} })).image
  }

  async #bring(
    task: TaskRecord,
    name: string,
    signal: AbortSignal,
    progress: { pulling(): void; resolved(digest: string): void },
  ): Promise<Brought> {
    const { world, imageSource } = this.#parts
    const { image: reference } = definitionOf(task, name)
    const login = await unlessAborted(signal, this.#asked.login(task, name))
    try {
      const brought = await patiently(world, signal, () => imageSource.bring(reference, { login, signal, ...progress }))
      this.#images.set(name, brought.image)
      return brought
    } catch (error) {
      throw failureOf(error, "CannotPullContainerError")
    }
  }

  async #mounts(task: TaskRecord, name: string, signal: AbortSignal) {
    const { world, engine } = this.#parts
    const named = new Map<string, readonly string[]>()
    await Promise.all(
      mountSources(task, name).map(async (source) => {
        const image = await this.#image(task, source, signal)
        named.set(source, image.config.volumes)
      }),
    )
    const { mounts, volumes, expected } = planMounts(task, name, (container) => named.get(container) ?? [])
    await Promise.all([
      ...volumes.map(async (volume) => {
        try {
          await patiently(world, signal, () => engine.volumes.create(volume))
        } catch (error) {
          throw failureOf(error, "CannotCreateVolumeError", "task")
        }
      }),
      ...expected.map(async (volume) => {
        const found = await patiently(world, signal, () => engine.volumes.inspect(volume))
        if (found !== undefined) return
        throw new Failure("task", "CannotCreateVolumeError", `the shared volume ${volume} is expected to be there`)
      }),
    ])
    return mounts
  }

  /** Its network, with its endpoints open in it; once. */
  #place(task: TaskRecord, container: ContainerRecord): Promise<NetworkState> {
    const known = this.#opened.get(container.id)
    if (known !== undefined) return known
    const opened = this.#places.network(task, container).then(async (network) => {
      await this.#open(task, container)
      return network
    })
    // Whoever needs it hears of the failure; until then nobody may be listening.
    opened.catch(() => {})
    this.#opened.set(container.id, opened)
    return opened
  }

  async #open(task: TaskRecord, container: ContainerRecord): Promise<void> {
    try {
      await this.#parts.endpoints?.open(task, container)
    } catch (error) {
      throw failureOf(error, "ResourceInitializationError", "task")
    }
  }

  async #prepareLog(task: TaskRecord, container: ContainerRecord): Promise<void> {
    try {
      await this.#parts.logs?.prepare(task, container)
    } catch (error) {
      const words = `failed to initialize logging driver: ${(error as Error).message}`
      throw new Failure("container", "CannotStartContainerError", words, { cause: error })
    }
  }
}

/** The container, and those it takes volumes from, and so on. */
function mountSources(task: TaskRecord, name: string): readonly string[] {
  const sources = new Set([name])
  for (const source of sources) {
    for (const { sourceContainer } of definitionOf(task, source).volumesFrom ?? []) {
      if (task.containers.some((container) => container.name === sourceContainer)) sources.add(sourceContainer)
    }
  }
  return [...sources]
}

/** AWS's words for an operation that took too long. */
export async function inTime<T>(
  world: Parts["world"],
  msMax: number,
  what: "created" | "started",
  work: Promise<T>,
  name: ReasonName,
): Promise<T> {
  try {
    const answer = await within(world, msMax, work)
    if (answer !== "late") return answer as T
  } catch (error) {
    throw failureOf(error, name)
  }
  // Nobody waits for it any more.
  work.catch(() => {})
  const waited = `timed out after waiting ${Math.floor(msMax / 60_000)}m${Math.floor(msMax / 1000) % 60}s`
  throw new Failure("container", "DockerTimeoutError", `Could not transition to ${what}; ${waited}`)
}

function withContainer(task: TaskRecord, name: string, patch: Partial<ContainerRecord>): TaskRecord {
  return mapContainers(task, (container) =>
    container.name === name && container.knownStatus !== "STOPPED" ? { ...container, ...patch } : container,
  )
}

function pullStarted(task: TaskRecord, at: number | undefined): TaskRecord {
  return at === undefined || task.pullStartedAt !== undefined ? task : { ...task, pullStartedAt: at }
}
