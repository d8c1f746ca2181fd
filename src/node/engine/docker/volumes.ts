import type { VolumeSpec, Volumes } from "../engine.ts"
import { Daemon, filters, unlessGone } from "./daemon.ts"

/** Volumes are the whole Docker's. What is made here says whose it is, so that it can be told from a user's own. */
export function dockerVolumes(daemon: Daemon, owner: string): Volumes {
  return {
    async create({ name, driver, driverOptions, labels }) {
      const body = { Name: name, Driver: driver, DriverOpts: driverOptions, Labels: { ...labels, [OWNER]: owner } }
      await daemon.ask("POST", "/volumes/create", { body })
    },

    async inspect(name): Promise<VolumeSpec | undefined> {
      const found = await daemon.ask<Inspected>("GET", `/volumes/${encodeURIComponent(name)}`).catch(unlessGone)
      if (found === undefined) return undefined
      const { [OWNER]: _, ...labels } = found.Labels ?? {}
      return { name, driver: found.Driver, driverOptions: found.Options ?? {}, labels }
    },

    async remove(name) {
      await daemon.ask("DELETE", `/volumes/${encodeURIComponent(name)}`).catch(unlessGone)
    },
  }
}

/** Takes away all that an owner has made, once no container of theirs is left. */
export async function removeVolumesOf(socketPath: string, owner: string): Promise<void> {
  const daemon = new Daemon(socketPath)
  try {
    await daemon.open()
    const query = filters({ label: [`${OWNER}=${owner}`] })
    const { Volumes } = await daemon.ask<{ Volumes: readonly { Name: string }[] | null }>("GET", "/volumes", { query })
    for (const { Name } of Volumes ?? []) {
      await daemon.ask("DELETE", `/volumes/${encodeURIComponent(Name)}`).catch(unlessGone)
    }
  } finally {
    daemon.close()
  }
}

const OWNER = "homeport.owner"

interface Inspected {
  readonly Driver: string
  readonly Options: Readonly<Record<string, string>> | null
  readonly Labels: Readonly<Record<string, string>> | null
}
