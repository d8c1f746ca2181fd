import { existsSync, mkdirSync } from "node:fs"
import { hostname as machineName } from "node:os"
import { join, posix } from "node:path"
import type { ContainerSpec } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { ContainerdClient } from "./client.ts"
import { unlessGone, unlessThere } from "./grpc-error.ts"
import type { ImageFacts, ImageReader } from "./image-facts.ts"
import { type Facts, writeLabels } from "./labels.ts"
import { Layers } from "./layers.ts"
import { devicesOf } from "./machine/devices.ts"
import { ensureSource, writeFiles } from "./machine/files.ts"
import type { Runtime } from "./machine/runtime.ts"
import type { NetworkRecord, Networks } from "./networks.ts"
import type { ContainerPlace, Places } from "./places.ts"
import { pack, packJson } from "./proto.ts"
import type { ContainerdMount } from "./services.ts"
import type { Accounts } from "./spec/accounts.ts"
import type { OciSpec } from "./spec/oci.ts"
import { buildSpec, type Machine } from "./spec.ts"
import type { TaskParts } from "./tasks.ts"
import { fillFromImage } from "./volumes/fill.ts"
import type { LocalVolumes } from "./volumes/volumes.ts"

export interface PrepareOptions {
  readonly client: ContainerdClient
  readonly images: ImageReader
  readonly snapshotter: string
  readonly runtime: Runtime
  readonly machine: Machine
  readonly places: Places
  readonly networks: Networks
  readonly tasks: TaskParts
  readonly volumes: LocalVolumes
}

/** Makes containers: their files, their file system, and their specification, which containerd keeps. */
export class Preparation {
  readonly #options: PrepareOptions

  /** By the chain id: layers never change. */
  readonly #accounts = new Map<string, Accounts>()

  constructor(options: PrepareOptions) {
    this.#options = options
  }

  async create(
    container: ContainerSpec,
  ): Promise<{ readonly facts: Facts; readonly rootfs?: readonly ContainerdMount[] }> {
    const { client, images, snapshotter, places } = this.#options
    if (container.gpus.length > 0) throw new EngineError("invalid", "GPUs are not supported by this engine")
    const image = await images.read(container.imageId)
    const place = places.container(container.id)
    const facts = factsOf(container)
    // Its label keeps it from the garbage collection: until the container is there nothing else refers to it.
    const labels = { "containerd.io/gc.root": "homeport" }
    const preparing = unlessThere(
      client.snapshots.prepare({ snapshotter, key: container.id, parent: image.chainId, labels }),
    )
    try {
      const [prepared] = await Promise.all([preparing, this.#register(container, image, facts, place, preparing)])
      return prepared === undefined ? { facts } : { facts, rootfs: prepared.mounts }
    } catch (error) {
      await preparing.catch(() => {})
      await unlessGone(client.containers.delete({ id: container.id })).catch(() => {})
      await unlessGone(client.snapshots.remove({ snapshotter, key: container.id })).catch(() => {})
      throw error
    }
  }

  /** One that was made before the machine was started again has lost what was in memory. */
  renew(container: ContainerSpec): void {
    const { networks, places } = this.#options
    const place = places.container(container.id)
    if (existsSync(place.files)) return
    const network = networks.get(container.networkId)
    writeFiles(container, network, hostnameOf(container, network), place)
  }

  async #register(
    container: ContainerSpec,
    image: ImageFacts,
    facts: Facts,
    place: ContainerPlace,
    preparing: Promise<{ readonly mounts: readonly ContainerdMount[] } | undefined>,
  ): Promise<void> {
    const { client, snapshotter, runtime } = this.#options
    // Reading it from the disk has to wait for the snapshot; what is known already does not.
    const layers = async () => {
      const prepared = await preparing
      const { mounts } = prepared ?? (await client.snapshots.mounts({ snapshotter, key: container.id }))
      return new Layers(mounts, { withUpper: false })
    }
    const spec = await this.#specify(container, image, place, layers)
    await unlessThere(
      client.containers.create({
        container: {
          id: container.id,
          labels: writeLabels(facts),
          image: container.imageId,
          runtime: {
            name: "io.containerd.runc.v2",
            options: pack("containerd.runc.v1.Options", { binaryName: runtime.path, root: runtime.root ?? "" }),
          },
          spec: packJson("types.containerd.io/opencontainers/runtime-spec/1/Spec", spec),
          snapshotter,
          snapshotKey: container.id,
        },
      }),
    )
  }

  async #specify(
    container: ContainerSpec,
    { config: image, chainId }: ImageFacts,
    place: ContainerPlace,
    layers: () => Promise<Layers>,
  ): Promise<OciSpec> {
    const { networks, tasks, places, machine } = this.#options
    const network = networks.get(container.networkId)
    const hostname = hostnameOf(container, network)
    mkdirSync(place.folder, { recursive: true, mode: 0o711 })
    writeFiles(container, network, hostname, place)
    for (const mount of container.mounts) if (mount.kind === "bind") ensureSource(mount.source)

    const taskNamespaces =
      container.pid === "task" || container.ipc === "task"
        ? await tasks.namespaces(container.instance, container.taskId)
        : {}
    return buildSpec({
      container,
      image,
      hostname,
      accounts: await this.#accountsOf(chainId, layers),
      cgroupPath: posix.join(tasks.cgroupPath(container.instance, container.taskId), container.id),
      networkPath: network.path,
      taskNamespaces,
      sources: {
        hosts: place.hosts,
        resolvConf: place.resolvConf,
        hostname: place.hostname,
        volumes: await this.#useVolumes(container, layers),
        anonymousVolumes: await this.#makeAnonymousVolumes(container, image.volumes, place, layers),
        taskSharedMemory: places.sharedMemory(container.instance, container.taskId),
        init: "/usr/bin/tini-static",
      },
      devices: devicesOf(container),
      machine,
    })
  }

  async #accountsOf(chainId: string, layers: () => Promise<Layers>): Promise<Accounts> {
    const known = this.#accounts.get(chainId)
    if (known !== undefined) return known
    const read = await layers()
    const accounts = { passwd: read.read("/etc/passwd"), group: read.read("/etc/group") }
    if (this.#accounts.size >= ACCOUNTS_MAX) this.#accounts.clear()
    this.#accounts.set(chainId, accounts)
    return accounts
  }

  async #useVolumes({ mounts }: ContainerSpec, layers: () => Promise<Layers>): Promise<ReadonlyMap<string, string>> {
    const folders = new Map<string, string>()
    for (const mount of mounts) {
      if (mount.kind !== "volume") continue
      folders.set(mount.volume, await this.#options.volumes.use(mount.volume, mount.target, await layers()))
    }
    return folders
  }

  /** What an image declares as a volume is a folder of the container's own, and goes with it. */
  async #makeAnonymousVolumes(
    { mounts }: ContainerSpec,
    targets: readonly string[],
    place: ContainerPlace,
    layers: () => Promise<Layers>,
  ): Promise<ReadonlyMap<string, string>> {
    const folders = new Map<string, string>()
    for (const [index, target] of targets.entries()) {
      if (mounts.some((mount) => posix.normalize(mount.target) === posix.normalize(target))) continue
      const folder = join(place.anonymousVolumes, String(index))
      mkdirSync(folder, { recursive: true })
      await fillFromImage(await layers(), target, folder)
      folders.set(target, folder)
    }
    return folders
  }
}

function hostnameOf({ id, hostname }: ContainerSpec, { mode }: NetworkRecord): string {
  return hostname || (mode === "host" ? machineName() : id.slice(0, 12))
}

function factsOf(container: ContainerSpec): Facts {
  const { id, instance, taskId, networkId, name, terminal, openStdin, logBytesMax, mounts } = container
  const volumes = mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : []))
  return { id, instance, taskId, networkId, name, terminal, openStdin, logBytesMax, volumes }
}

const ACCOUNTS_MAX = 1_000
