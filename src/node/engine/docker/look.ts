import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import type { Findings } from "../detect.ts"
import { Daemon } from "./daemon.ts"

export interface Surroundings {
  /** As in `PATH`. */
  readonly searchPath: string

  /** As in `DOCKER_HOST`. */
  readonly dockerHost?: string
  readonly home?: string
}

/** What there is on this machine that could run containers. */
export async function lookForEngines(surroundings: Surroundings): Promise<Findings> {
  return {
    platform: process.platform,
    isRoot: process.geteuid?.() === 0,
    programs: ["containerd", "crun", "runc"].filter((name) => isProgram(name, surroundings.searchPath)),
    docker: await findDocker(surroundings),
  }
}

async function findDocker({ dockerHost, home }: Surroundings): Promise<Findings["docker"]> {
  if (dockerHost !== undefined && !dockerHost.startsWith("unix://")) {
    return { problem: `Docker at ${dockerHost} cannot be used, only one with a unix socket` }
  }
  const ofHome = home === undefined ? [] : [join(home, ".docker/run/docker.sock")]
  const places = dockerHost === undefined ? ["/var/run/docker.sock", ...ofHome] : [dockerHost.slice("unix://".length)]
  let problem = ""
  for (const socketPath of places) {
    const daemon = new Daemon(socketPath)
    try {
      await daemon.open()
      return { socketPath }
    } catch (error) {
      // The first place is the usual one: what is wrong there is what a person can mend.
      problem ||= (error as Error).message
    } finally {
      daemon.close()
    }
  }
  return { problem }
}

function isProgram(name: string, searchPath: string): boolean {
  // Not everyone's path has the folders of an administrator's programs.
  return [...searchPath.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
