import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { openDocker } from "../../src/node/engine/docker/docker.ts"
import { engineSuite } from "../../src/node/engine/suite.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"
import { startDockerd } from "./dockerd.ts"
import { askOver, loadSuiteImages } from "./engine-setting.ts"

const ABILITIES = { givenNetworks: false, sharedNamespaces: false, taskLimits: true }

engineSuite(
  "Docker",
  async () => {
    const world = realWorld({ logLevel: "warn" })
    const dockerd = await startDockerd()
    try {
      const host = await openHost({ world, stateFolder: join(dockerd.directory, "host") })
      const cgroup = `/homeport-e2e-dockerd-${process.pid}`
      const { networkNamespace } = dockerd
      const open = () => openDocker({ world, socketPath: dockerd.socket, host, networkNamespace, cgroup })
      let engine = await open()
      const images = await loadSuiteImages(engine)
      const directory = join(dockerd.directory, "shared")
      mkdirSync(directory)
      return {
        world,
        engine,
        async reopen() {
          await engine.close()
          engine = await open()
          return engine
        },
        images,
        host: { directory, ask: askOver(dockerd.enter) },
        async dispose() {
          await engine.close()
          await host.close()
          await dockerd.stop()
        },
      }
    } catch (error) {
      await dockerd.stop()
      throw error
    }
  },
  { realContainers: true, countsLoss: false, abilities: ABILITIES },
)
