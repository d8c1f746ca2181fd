import { join } from "node:path"
import { type ContainerdOptions, openContainerd } from "../../node/engine/containerd/containerd.ts"
import { containerdImages } from "../../node/engine/containerd/images/images.ts"
import { superviseContainerd } from "../../node/engine/containerd/supervised.ts"
import type { EngineChoice } from "../../node/engine/detect.ts"
import { openDocker } from "../../node/engine/docker/docker.ts"
import type { Engine } from "../../node/engine/engine.ts"
import { NodeFabric } from "../../node/fabric/fabric.ts"
import type { Host } from "../../node/linux/host.ts"
import { type LinuxHost, openHost } from "../../node/linux/open-host.ts"
import { openRegistry } from "../../node/registry/registry.ts"
import type { World } from "../../world/world.ts"
import type { NodeDirectory } from "./node-directory.ts"
import type { Underlay } from "./underlay.ts"

export interface OpenedEngine {
  readonly engine: Engine

  /** Undefined where the kernel is not ours to work with: without root, or where Docker has a machine of its own. */
  readonly host: Host | undefined

  /** The machine's VPCs; undefined where the engine takes no networks that somebody else has made. */
  readonly fabric: NodeFabric | undefined

  /** Lets go of all; containers run on. The containerd that we started ends as well, and is found again. */
  close(): Promise<void>
}

export interface EngineOrder {
  readonly world: World
  readonly directory: NodeDirectory
  readonly choice: Exclude<EngineChoice, { readonly engine: undefined }>

  /** Of a containerd that runs already. */
  readonly containerd?: string
  readonly ownNamespace: (instance: string) => boolean

  /** Where other machines reach this one, as far as it is known yet. */
  readonly underlay?: Pick<Underlay, "address">
}

export function openEngine(order: EngineOrder): Promise<OpenedEngine> {
  const { choice } = order
  return choice.engine === "docker" ? openWithDocker(order, choice.socketPath) : openWithContainerd(order)
}

async function openWithDocker({ world, directory }: EngineOrder, socketPath: string): Promise<OpenedEngine> {
  const isOurs = process.platform === "linux" && process.geteuid?.() === 0
  const host = isOurs ? await openHost({ world, stateFolder: join(directory.machine, "docker") }) : undefined
  try {
    const engine = await openDocker({ world, socketPath, cgroup: directory.cgroup, ...(host && { host }) })
    return { engine, host, fabric: undefined, close: () => engine.close().then(() => host?.close()) }
  } catch (error) {
    await host?.close()
    throw error
  }
}

async function openWithContainerd(order: EngineOrder): Promise<OpenedEngine> {
  const { world, directory, containerd: socket, ownNamespace, underlay } = order
  const own = socket === undefined ? await superviseContainerd({ world, folder: directory.containerd }) : undefined
  const registry = openRegistry({ world })
  let host: LinuxHost | undefined
  try {
    // A containerd with mounts of its own sees only what lies below its folder.
    host = await openHost({ world, stateFolder: join(directory.containerd, "machine") })
    const images: ContainerdOptions["images"] = (client) =>
      containerdImages({ world, client, registry, platform: PLATFORM, snapshotter: SNAPSHOTTER })
    const engine = await openContainerd({
      world,
      address: own?.address ?? socket!,
      namespace: "homeport",
      stateFolder: join(directory.containerd, "containers"),
      host,
      images,
      cgroupRoot: directory.cgroup,
      ownMounts: own?.ownMounts ?? false,
      ...(own && { runtime: own.runtime }),
      ownNamespace,
      snapshotter: SNAPSHOTTER,
    })
    const opened = host
    const fabricOptions = {
      world,
      host: opened,
      get underlayAddress() {
        return underlay?.address
      },
    }
    const fabric = engine.abilities.givenNetworks ? new NodeFabric(fabricOptions) : undefined
    return {
      engine,
      host: opened,
      fabric,
      async close() {
        await fabric?.close()
        await engine.close()
        registry.close()
        await opened.close()
        await own?.stop()
      },
    }
  } catch (error) {
    registry.close()
    await host?.close()
    // Without the host another node works with it, and goes on.
    if (host === undefined) own?.close()
    else await own?.stop()
    throw error
  }
}

const SNAPSHOTTER = "overlayfs"
const PLATFORM = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" } as const
