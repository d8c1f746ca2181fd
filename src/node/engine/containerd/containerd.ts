import { mkdirSync } from "node:fs"
import { arch } from "node:os"
import { join } from "node:path"
import type { World } from "../../../world/world.ts"
import type { Host } from "../../linux/host.ts"
import type { ContainerStats, Engine, EngineEvent, Images } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import { type ContainerdClient, containerdClient } from "./client.ts"
import { exec } from "./exec.ts"
import { isGone, unlessThere } from "./grpc-error.ts"
import { ImageReader } from "./image-facts.ts"
import { LastingLine } from "./lasting/lasting-line.ts"
import { Containers } from "./life/containers.ts"
import { followHappenings } from "./life/happenings.ts"
import { boundLogs, logSource } from "./log/source.ts"
import { inspectMachine } from "./machine/machine.ts"
import { findRuntime, type Runtime } from "./machine/runtime.ts"
import { hybridCgroupMount } from "./mounts.ts"
import { Networks } from "./networks.ts"
import { Places } from "./places.ts"
import { Preparation } from "./prepare.ts"
import { signalNumber } from "./signals.ts"
import { TaskParts } from "./tasks.ts"
import { LocalVolumes } from "./volumes/volumes.ts"

export interface ContainerdOptions {
  readonly world: World

  /** Of containerd's socket. */
  readonly address: string

  /** Of containerd: nobody else's containers are seen, nor ours by others. */
  readonly namespace: string

  /** For what containerd does not keep. */
  readonly stateFolder: string
  readonly host: Host
  readonly images: (client: ContainerdClient) => Images

  /** Below which cgroup all of ours are, as in `/homeport`. */
  readonly cgroupRoot?: string

  /**
   * containerd has mounts of its own, without cgroups of version 2 beside version 1. Of mounts that were made since its
   * start it sees only those in its folder: namespaces and volumes have to lie there.
   */
  readonly ownMounts?: boolean

  /** Whether an instance has a network namespace to itself; if not, it shares the machine's. */
  readonly ownNamespace?: (instance: string) => boolean
  readonly runtime?: Runtime
  readonly snapshotter?: string
}

/** Containers through containerd's API. */
export async function openContainerd(options: ContainerdOptions): Promise<Engine> {
  const { world, address, namespace, stateFolder, host, ownMounts = false } = options
  const { snapshotter = "overlayfs", cgroupRoot = "/homeport", ownNamespace = () => false } = options
  mkdirSync(stateFolder, { recursive: true, mode: 0o711 })
  const runtime = options.runtime ?? findRuntime(!ownMounts && hybridCgroupMount() !== undefined)
  const client = containerdClient({ world, address, namespace })
  const lasting = new LastingLine({ world, address, namespace })
  const closing = new AbortController()
  try {
    await client.connect(CONNECT_MS)
    lasting.open()
    const { version } = await client.version.version({})
    await unlessThere(client.namespaces.create({ namespace: { name: namespace } }))

    const places = new Places(stateFolder, (onDisk) => host.fleetingFolder(onDisk))
    mkdirSync(places.containers, { recursive: true, mode: 0o711 })
    const machine = inspectMachine({
      runtime,
      cgroupVersion: host.cgroups.version,
      architecture: arch(),
      scratch: join(stateFolder, "seccomp.bpf"),
    })
    const networks = new Networks(host, places, ownNamespace)
    const tasks = new TaskParts(host, places, cgroupRoot)
    const volumes = new LocalVolumes(places)
    const listeners = new Set<(event: EngineEvent) => void>()
    const emit = (event: EngineEvent) => {
      for (const listener of listeners) listener(event)
    }
    const containers = new Containers({
      world,
      client,
      lasting,
      address,
      namespace,
      snapshotter,
      places,
      host,
      tasks,
      emit,
    })
    const preparation = new Preparation({
      client,
      images: new ImageReader(client),
      snapshotter,
      runtime,
      machine,
      places,
      networks,
      tasks,
      volumes,
    })

    await containers.load()
    const following = Promise.withResolvers<void>()
    followHappenings({
      world,
      client,
      namespace,
      signal: closing.signal,
      listener: {
        heard: (happening) => containers.hear(happening),
        async following() {
          await containers.compare()
          following.resolve()
          emit({ kind: "resync" })
        },
      },
    })
    const cancel = world.after(CONNECT_MS, () =>
      following.reject(new EngineError("unavailable", `containerd at ${address} tells nothing of what happens`)),
    )
    await following.promise.finally(cancel)
    boundLogs(world, containers, closing.signal)

    return {
      name: "containerd",
      version,
      abilities: {
        givenNetworks: true,
        sharedNamespaces: true,
        taskLimits: true,
        privileged: true,
        apparmor: machine.apparmor,
        selinux: false,
        volumeDrivers: [],
        gpus: [],
      },
      images: options.images(client),
      volumes,

      createTask: (spec) => tasks.create(spec),
      async removeTask(instance, id) {
        const own = containers.ofTask(instance, id)
        await Promise.all(own.map((container) => containers.remove(container.id)))
        await Promise.all(networks.ofTask(instance, id).map((network) => networks.remove(network)))
        await tasks.remove(instance, id)
      },
      createNetwork: (spec) => networks.create(spec),
      async removeNetwork(id) {
        await containers.unmake(id)
        await networks.remove(id)
      },

      create: (spec) =>
        containers.turns.take(spec.id, async () => {
          if (containers.find(spec.id) !== undefined) return preparation.renew(spec)
          const { facts, rootfs } = await preparation.create(spec)
          containers.add(facts, rootfs)
        }),
      start: (id) => containers.start(id, ({ facts }) => volumes.mount(facts.volumes)),
      async signal(id, signal, all = false) {
        const number = signalNumber(signal)
        if (containers.find(id)?.status !== "running") return false
        try {
          await client.tasks.kill({ containerId: id, signal: number, all })
          return true
        } catch (error) {
          if (isGone(error)) return false
          throw error
        }
      },
      remove: (id) => containers.remove(id),
      exec: async (id, command, signal) => exec({ world, client, snapshotter }, containers.get(id), command, signal),

      async list(instance) {
        const own = containers.all().filter(({ facts }) => facts.instance === instance)
        return own.map((container) => container.state())
      },
      inspect: async (id) => containers.find(id)?.state(),
      watch(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      async stats(id): Promise<ContainerStats | undefined> {
        const container = containers.find(id)
        if (container?.status !== "running") return undefined
        const usage = await host.cgroups.usage(container.cgroupPath)
        if (usage === undefined) return undefined
        const network = networks.find(container.facts.networkId)
        const counted = network?.path !== undefined && (network.mode === "bridge" || network.mode === "given")
        const counters = counted ? await host.networks.counters(network.path) : undefined
        return { at: world.now(), ...usage, ...(counters !== undefined && { networks: counters }) }
      },
      logs: (id) => logSource(world, containers, id),
      serve: async (networkId, at, port, connected) =>
        host.networks.serve(networks.get(networkId).path, at, port, connected),
      async isWell() {
        try {
          await client.version.version({}, { timeoutMs: WELL_MS })
          return true
        } catch {
          return false
        }
      },
      async close() {
        closing.abort(new Error("the engine was closed"))
        listeners.clear()
        await containers.turns.rest()
        lasting.close()
        client.close()
      },
    }
  } catch (error) {
    closing.abort(error)
    lasting.close()
    client.close()
    throw error
  }
}

const CONNECT_MS = 20_000
const WELL_MS = 2_000
