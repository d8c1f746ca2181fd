import type { Duplex } from "node:stream"
import type { Cancel } from "../../world/world.ts"
import type { Image, Images } from "./image.ts"
import type { LogSource } from "./log-source.ts"

/**
 * How containers run on this machine. The agent decides and the engine carries out: it knows nothing of task
 * definitions, dependencies or the region. Whatever it makes outlives this process, has an id that the caller chose,
 * and is made again without harm: a second `create` of what is there is answered as the first was. What is gone may be
 * removed again as well. Every implementation passes `suite.ts`.
 */
export interface Engine {
  readonly name: "containerd" | "docker" | "fake"

  /** Of what runs the containers, as in `1.6.20`. */
  readonly version: string
  readonly abilities: Abilities
  readonly images: Images
  readonly volumes: Volumes

  /** The task's part of the machine: its cgroup with limits, and namespaces that its containers share. */
  createTask(spec: TaskSpec): Promise<void>

  /** Takes it away with all that is left of its containers and networks. */
  removeTask(instance: string, id: string): Promise<void>

  /** A network namespace, or a place in one that is there already. It stays while containers in it come and go. */
  createNetwork(spec: NetworkSpec): Promise<NetworkState>
  removeNetwork(id: string): Promise<void>

  /** Makes a container that does not run yet. Throws `EngineError`. */
  create(spec: ContainerSpec): Promise<void>

  /** Starts what was created, or starts it again after its end, with the same file system. */
  start(id: string): Promise<void>

  /** True when the signal reached a process. `all` reaches every process of the container and is used with SIGKILL. */
  signal(id: string, signal: string, all?: boolean): Promise<boolean>
  remove(id: string): Promise<void>

  /** Runs a command in a running container and waits for its end; what it says is cut at `outputLengthMax`. */
  exec(id: string, command: ExecSpec, signal?: AbortSignal): Promise<ExecResult>

  /** Every container that was made for an instance, running or not: what an agent compares with after its start. */
  list(instance: string): Promise<readonly ContainerState[]>
  inspect(id: string): Promise<ContainerState | undefined>

  /**
   * Tells of what happens from now on. After a gap, when something may have been missed, it says `resync`: the listener
   * then asks `list`.
   */
  watch(listener: (event: EngineEvent) => void): Cancel

  /** What a running container uses right now; undefined when it does not run. */
  stats(id: string): Promise<ContainerStats | undefined>
  logs(id: string): LogSource

  /**
   * Takes connections to an address and port from inside of a network, and from nowhere else: who connects is known by
   * where it comes from. After a restart of this process it has to be asked for again.
   */
  serve(networkId: string, address: string, port: number, connected: (socket: Duplex) => void): Promise<Cancel>

  /** Whether the containers' runtime answers. */
  isWell(): Promise<boolean>
  close(): Promise<void>
}

/** What the engine can do, so that an agent claims what is true and nothing more. */
export interface Abilities {
  /** Networks of the kind `given`, which the task-eni capability stands on. */
  readonly givenNetworks: boolean

  /** Tasks whose containers share process ids or System V memory. */
  readonly sharedNamespaces: boolean
  readonly taskLimits: boolean
  readonly privileged: boolean
  readonly apparmor: boolean
  readonly selinux: boolean

  /** Of volumes, beside `local`. */
  readonly volumeDrivers: readonly string[]

  /** Device ids as an operator's tools name them. */
  readonly gpus: readonly string[]
}

/** A machine may host several instances; names of one never meet those of another. */
export interface TaskSpec {
  readonly instance: string
  readonly id: string

  /** In vCPU and bytes, for all of its containers together. */
  readonly cpu?: number
  readonly memory?: number
  readonly pidsMax?: number
  readonly sharesPids: boolean
  readonly sharesIpc: boolean
}

export type NetworkSpec = {
  readonly id: string
  readonly instance: string
  readonly taskId: string
} & (
  | { readonly mode: "bridge"; readonly ports: readonly PublishedPort[] }
  | { readonly mode: "host" | "none" }

  /** Made by the fabric; the path names the namespace. */
  | { readonly mode: "given"; readonly path: string }
)

export interface PublishedPort {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: "tcp" | "udp"
}

export interface NetworkState {
  /** Where the containers in it are reached, from the host and from their neighbours. */
  readonly address?: string
  readonly address6?: string
  readonly gateway?: string
  readonly macAddress?: string

  /** The length of the prefix, as in 16. */
  readonly prefixLength?: number
}

export interface ContainerSpec {
  readonly id: string
  readonly instance: string
  readonly taskId: string
  readonly networkId: string

  /** As people see it, as in `ecs-web-3-app-c0ffee`. */
  readonly name: string

  /** The id that `Images` gave it. */
  readonly imageId: string

  /** Undefined takes what the image says. */
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory?: string
  readonly user?: string
  readonly hostname?: string
  readonly labels: Readonly<Record<string, string>>
  readonly terminal: boolean
  readonly openStdin: boolean

  /** An init process that passes on signals and reaps. */
  readonly init: boolean
  readonly mounts: readonly Mount[]
  readonly readonlyRoot: boolean
  readonly privileged: boolean
  readonly capabilitiesAdded: readonly string[]
  readonly capabilitiesDropped: readonly string[]
  readonly securityOptions: readonly string[]
  readonly devices: readonly Device[]
  readonly gpus: readonly string[]
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  readonly sysctls: Readonly<Record<string, string>>
  readonly sharedMemory?: number
  readonly pid: "private" | "host" | "task"
  readonly ipc: "private" | "host" | "task" | "none"

  /** Lines of `/etc/hosts` as `name:address`. */
  readonly extraHosts: readonly string[]
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly limits: ContainerLimits

  /** Beyond this many bytes that nobody has read, the oldest of its log is dropped and counted. */
  readonly logBytesMax: number
}

/** In bytes; what is undefined has no limit. */
export interface ContainerLimits {
  readonly cpuShares: number
  readonly memory?: number
  readonly memoryReservation?: number

  /** Memory and swap together; -1 is without bound. */
  readonly memorySwap?: number
  readonly memorySwappiness?: number
  readonly pidsMax?: number
}

export type Mount =
  | { readonly kind: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean }

  /** A volume is filled at its first use with what the image has at the target, as Docker does it. */
  | { readonly kind: "volume"; readonly volume: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: "tmpfs"; readonly target: string; readonly options: readonly string[] }

export interface Device {
  readonly hostPath: string
  readonly containerPath: string

  /** Of `r`, `w` and `m`. */
  readonly permissions: string
}

export interface ContainerState {
  readonly id: string
  readonly instance: string
  readonly taskId: string
  readonly status: "created" | "running" | "stopped"
  readonly pid?: number
  readonly startedAt?: number

  /** With `stopped`, where they are known: not after the machine went down under it. */
  readonly stoppedAt?: number
  readonly exitCode?: number

  /** Whether the kernel killed a process of it for want of memory since it was last started. */
  readonly outOfMemory: boolean
}

export type EngineEvent =
  | { readonly kind: "started"; readonly id: string; readonly at: number }
  | { readonly kind: "stopped"; readonly id: string; readonly at: number; readonly exitCode?: number }

  /** Comes before the end that it may cause. */
  | { readonly kind: "out of memory"; readonly id: string }
  | { readonly kind: "resync" }

export interface ExecSpec {
  readonly command: readonly string[]
  readonly user?: string
  readonly workingDirectory?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly outputLengthMax: number
}

export interface ExecResult {
  readonly exitCode: number
  readonly output: string
}

export interface ContainerStats {
  readonly at: number

  /** Since the container was started, of all processors together. */
  readonly cpuNanoseconds: number
  readonly cpuNanosecondsByProcessor?: readonly number[]
  readonly throttledNanoseconds?: number

  /** Without what the kernel keeps in its page cache and can give back. */
  readonly memoryBytes: number
  readonly memoryCacheBytes: number
  readonly memoryLimitBytes?: number
  readonly memoryMaxBytes?: number
  readonly processes: number

  /** By interface; absent where the network is the host's, or none. */
  readonly networks?: Readonly<Record<string, NetworkCounters>>
  readonly readBytes: number
  readonly writtenBytes: number
}

export interface NetworkCounters {
  readonly rxBytes: number
  readonly rxPackets: number
  readonly rxErrors: number
  readonly rxDropped: number
  readonly txBytes: number
  readonly txPackets: number
  readonly txErrors: number
  readonly txDropped: number
}

/** Volumes outlive containers, and are named for the whole instance. */
export interface Volumes {
  create(spec: VolumeSpec): Promise<void>
  inspect(name: string): Promise<VolumeSpec | undefined>
  remove(name: string): Promise<void>
}

export interface VolumeSpec {
  readonly name: string
  readonly driver: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

export type { Image, Images, LogSource }
