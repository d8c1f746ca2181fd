import type { Duplex } from "node:stream"
import type { Cancel } from "../../world/world.ts"
import type { NetworkCounters, NetworkState, PublishedPort } from "../engine/engine.ts"

/**
 * What the kernel does for us, in the process and without commands: network namespaces, interfaces, cgroups, holes in
 * files. All of it is idempotent, and outlives this process.
 */
export interface Host {
  readonly networks: HostNetworks
  readonly cgroups: Cgroups

  /** Gives the room of a part of a file back to the file system; what is read there are zeros. */
  punchHole(fd: number, from: number, length: number): void

  /** A process that holds new namespaces open until it is told to end; it outlives this process. */
  hold(
    id: string,
    namespaces: { readonly pid: boolean; readonly ipc: boolean },
    cgroup: string,
  ): Promise<HeldNamespaces>
  release(id: string): Promise<void>

  /** Where in memory to keep what would be in a folder on the disk otherwise, and ends with the machine's present start. */
  fleetingFolder(onDisk: string): string
  close(): Promise<void>
}

/** Paths that other processes can join. */
export interface HeldNamespaces {
  readonly pid?: string
  readonly ipc?: string
}

export interface HostNetworks {
  /**
   * An instance's place: its own namespace with a bridge for containers, or, without `own`, a bridge in the host's.
   * From the host every container can be reached, and from containers the world, behind the host's address.
   */
  openInstance(instance: string, options: { readonly own: boolean }): Promise<void>

  /** Whether this process has opened it. */
  isOpen(instance: string): boolean

  /** Takes it away with everything in it. */
  closeInstance(instance: string): Promise<void>

  /** A namespace with an interface on the instance's bridge and its ports published in the instance's namespace. */
  createBridged(id: string, instance: string, ports: readonly PublishedPort[]): Promise<CreatedNetwork>

  /** A namespace with a loopback and nothing else. */
  createEmpty(id: string): Promise<CreatedNetwork>
  remove(id: string): Promise<void>

  /** What is there, also from before this process. */
  get(id: string): CreatedNetwork | undefined
  list(): readonly string[]

  /** The path of the instance's own namespace; undefined for the host's. */
  instancePath(instance: string): string | undefined

  /** Where the host and other instances reach what is published in the instance's own namespace; undefined for the host's. */
  instanceAddress(instance: string): string | undefined

  /** A listening socket inside of a namespace (undefined: the host's); the address is added to its loopback. */
  serve(path: string | undefined, address: string, port: number, connected: (socket: Duplex) => void): Promise<Cancel>
  counters(path: string): Promise<Readonly<Record<string, NetworkCounters>>>
}

export interface CreatedNetwork extends NetworkState {
  readonly path: string
}

/** Of version 1 and 2 alike. Paths are relative, as in `/homeport/local/4711`. */
export interface Cgroups {
  readonly version: 1 | 2

  /** Undefined limits are none. */
  create(path: string, limits: CgroupLimits): Promise<void>

  /** Kills what is left in it first. */
  remove(path: string): Promise<void>
  usage(path: string): Promise<CgroupUsage | undefined>

  /** Of how many processes the kernel has killed for want of memory in it or below. */
  outOfMemoryKills(path: string): Promise<number>
}

export interface CgroupLimits {
  /** In vCPU. */
  readonly cpu?: number
  readonly memory?: number
  readonly pidsMax?: number
}

export interface CgroupUsage {
  readonly cpuNanoseconds: number
  readonly cpuNanosecondsByProcessor?: readonly number[]
  readonly throttledNanoseconds?: number
  readonly memoryBytes: number
  readonly memoryCacheBytes: number
  readonly memoryLimitBytes?: number
  readonly memoryMaxBytes?: number
  readonly processes: number
  readonly readBytes: number
  readonly writtenBytes: number
}
