import { execFileSync } from "node:child_process"
import { expect } from "vitest"
import { startDockerd } from "./dockerd.ts"
import { startStackOn } from "./stack.ts"

/** All of Homeport with its containers in a Docker of the test's own. */
export async function startStackOnDocker(...args: readonly string[]) {
  let docker = (..._: readonly string[]): string => ""
  let restartDocker = async () => {}
  const stack = await startStackOn({
    args: ["--engine", "docker", ...args],
    async prepare() {
      const dockerd = await startDockerd({ ownNetwork: false })
      process.env.DOCKER_HOST = `unix://${dockerd.socket}`
      restartDocker = async () => {
        await dockerd.kill()
        await dockerd.start()
      }
      docker = (...words) => execFileSync("docker", words, { encoding: "utf8" }).trim()
      // The first network brings rules that stay as long as the daemon.
      docker("network", "create", "first")
      docker("network", "rm", "first")
      return async () => {
        try {
          expect(docker("ps", "--all", "--quiet")).toBe("")
          expect(docker("volume", "ls", "--quiet")).toBe("")
          expect(docker("network", "ls", "--format", "{{.Name}}").split("\n").sort()).toEqual(["host", "none"])
        } finally {
          await dockerd.stop()
        }
      }
    },
    cgroupName: (runtimeId) =>
      docker("ps", "--all", "--no-trunc", "--quiet", "--filter", `label=homeport.id=${runtimeId}`) || runtimeId,
  })
  return { ...stack, docker, restartDocker }
}
