import type { VolumeSpec, Volumes } from "../engine.ts"
import { type Daemon, unlessGone } from "./daemon.ts"

export function dockerVolumes(daemon: Daemon): Volumes {
  return {
    async create({ name, driver, driverOptions, labels }) {
      const body = { Name: name, Driver: driver, DriverOpts: driverOptions, Labels: labels }
      await daemon.ask("POST", "/volumes/create", { body })
    },

    async inspect(name): Promise<VolumeSpec | undefined> {
      const found = await daemon.ask<Inspected>("GET", `/volumes/${encodeURIComponent(name)}`).catch(unlessGone)
      if (found === undefined) return undefined
      return { name, driver: found.Driver, driverOptions: found.Options ?? {}, labels: found.Labels ?? {} }
    },

    async remove(name) {
      await daemon.ask("DELETE", `/volumes/${encodeURIComponent(name)}`).catch(unlessGone)
    },
  }
}

interface Inspected {
  readonly Driver: string
  readonly Options: Readonly<Record<string, string>> | null
  readonly Labels: Readonly<Record<string, string>> | null
}
