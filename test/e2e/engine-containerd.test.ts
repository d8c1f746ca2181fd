import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { openContainerd } from "../../src/node/engine/containerd/containerd.ts"
import { containerdImages } from "../../src/node/engine/containerd/images/images.ts"
import { engineSuite } from "../../src/node/engine/suite.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { openRegistry } from "../../src/node/registry/registry.ts"
import { realWorld } from "../../src/world/real.ts"
import { startContainerd } from "./containerd.ts"
import { askOver, loadSuiteImages } from "./engine-setting.ts"
import { enterPrivateNetwork } from "./private-network.ts"

enterPrivateNetwork()

engineSuite(
  "containerd",
  async () => {
    const world = realWorld({ logLevel: "warn" })
    const cgroupRoot = `/homeport-e2e-containerd-${process.pid}`
    const containerd = await startContainerd([cgroupRoot])
    try {
      const openMachine = () => openHost({ world, stateFolder: join(containerd.directory, "host") })
      let host = await openMachine()
      const registry = openRegistry({ world })
      const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" }
      const open = () =>
        openContainerd({
          world,
          address: containerd.socket,
          namespace: "homeport-suite",
          stateFolder: join(containerd.directory, "engine"),
          host,
          images: (client) => containerdImages({ world, client, registry, platform, snapshotter: "overlayfs" }),
          cgroupRoot,
          ownMounts: true,
        })
      let engine = await open()
      const images = await loadSuiteImages(engine)
      const directory = join(containerd.directory, "shared")
      mkdirSync(directory)
      return {
        world,
        engine,
        async reopen() {
          await engine.close()
          await host.close()
          host = await openMachine()
          engine = await open()
          return engine
        },
        images,
        host: {
          directory,
          ask: askOver([]),
          networkNamespace: async () => (await host.networks.createEmpty("given")).path,
        },
        async dispose() {
          await engine.close()
          registry.close()
          await host.close()
          await containerd.stop()
        },
      }
    } catch (error) {
      await containerd.stop()
      throw error
    }
  },
  {
    realContainers: true,
    countsLoss: true,
    abilities: { givenNetworks: true, sharedNamespaces: true, taskLimits: true, privileged: true },
  },
)
