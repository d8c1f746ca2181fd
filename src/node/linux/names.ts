import { createHash } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileNameOf, idOf } from "./records.ts"
import { LINK_PREFIX } from "./rules.ts"

/**
 * What we call things in the kernel. Interfaces have 15 characters, so they are named by a hash of what they are for and
 * of where our state is: two of us on one machine never meet.
 */
export class Names {
  readonly #stateFolder: string

  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder
  }

  get namespacesFolder(): string {
    return join(this.#stateFolder, "netns")
  }

  networkPath(id: string): string {
    return join(this.namespacesFolder, "networks", fileNameOf(id))
  }

  /** Of all that have a name, by id. */
  networkPaths(): [id: string, path: string][] {
    const folder = join(this.namespacesFolder, "networks")
    if (!existsSync(folder)) return []
    return readdirSync(folder).map((file) => [idOf(file), join(folder, file)])
  }

  instancePath(instance: string): string {
    return join(this.namespacesFolder, "instances", fileNameOf(instance))
  }

  /** Of a VPC's router. */
  routerPath(vpcId: string): string {
    return join(this.namespacesFolder, "routers", fileNameOf(vpcId))
  }

  routerIds(): string[] {
    return idsIn(join(this.namespacesFolder, "routers"))
  }

  /** Of what is behind an elastic network interface. */
  elasticPath(interfaceId: string): string {
    return join(this.namespacesFolder, "elastics", fileNameOf(interfaceId))
  }

  elasticIds(): string[] {
    return idsIn(join(this.namespacesFolder, "elastics"))
  }

  /** Of the fabric in the host's namespace. */
  fabricTable(): string {
    return `homeport_${this.#hash("fabric", "")}`
  }

  /** The host's end of a container's, an instance's or a router's veth, or the instance's bridge. */
  link(kind: "bridge" | "instance" | "network" | "router", id: string): string {
    return LINK_PREFIX + this.#hash(kind, id)
  }

  table(instance: string): string {
    return `homeport_${this.#hash("instance", instance)}`
  }

  #hash(kind: string, id: string): string {
    return createHash("sha256").update(`${this.#stateFolder}\0${kind}\0${id}`).digest("hex").slice(0, HASH_LENGTH)
  }
}

const HASH_LENGTH = 10

function idsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map(idOf) : []
}

/** A locally administered one that follows from the address, so it is as unique as that is. */
export function macOf(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString(16).padStart(2, "0"))
  return `02:68:${bytes.join(":")}`
}
