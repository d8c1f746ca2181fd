import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import type { ContainerSpec } from "../../engine.ts"
import { EngineError } from "../../engine-error.ts"
import type { NetworkRecord } from "../networks.ts"
import type { ContainerPlace } from "../places.ts"
import { hostsFile, resolvConf } from "./resolver.ts"

/** What a container has of its own in `/etc`. */
export function writeFiles(
  container: ContainerSpec,
  network: NetworkRecord,
  hostname: string,
  place: ContainerPlace,
): void {
  const own = network.mode !== "host"
  mkdirSync(place.files, { recursive: true, mode: 0o711 })
  writeFileSync(place.hostname, `${hostname}\n`)
  writeFileSync(place.hosts, hostsFile(container, hostname, network.state))
  writeFileSync(place.resolvConf, resolvConf(container, machineResolvConf(own), own))
}

/** Where a resolver of the machine's own stands before the real ones, those are written elsewhere. */
function machineResolvConf(own: boolean): string {
  const text = readIfThere("/etc/resolv.conf")
  const stub = /^nameserver\s+127\.0\.0\.53\s*$/m.test(text)
  return own && stub ? readIfThere("/run/systemd/resolve/resolv.conf") || text : text
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/** Docker makes a folder where a source is missing. */
export function ensureSource(source: string): void {
  try {
    mkdirSync(source, { recursive: true })
  } catch (error) {
    // A file is there already.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return
    throw new EngineError("machine", `error while creating mount source path '${source}': ${(error as Error).message}`)
  }
}
