import type { Way } from "../registry/ecr.ts"

/** The images on this machine, whichever instance asked for them. */
export interface Images {
  /**
   * Asks the registry which manifest a reference stands for now, as `sha256:…`. Tries again where that may help, up to
   * `triesMax` times, and says in the end how often, in the words of ECS; so does `pull`.
   */
  resolve(reference: string, login: Login | undefined, signal: AbortSignal, triesMax?: number): Promise<string>

  /** Brings what is missing of an image and makes it ready to run; two pulls of one image do the work once. */
  pull(reference: string, options: PullOptions): Promise<Image>

  /** The image that a reference stands for on this machine. */
  get(reference: string): Promise<Image | undefined>
  list(): Promise<readonly Image[]>

  /** Takes an image away with every reference to it. Refused with `EngineError` "invalid" while a container uses it. */
  remove(id: string): Promise<void>

  /** Reads a tar as `docker save` and OCI tools write it; answers with the references in it. */
  importTar(tar: AsyncIterable<Uint8Array>): Promise<readonly string[]>
}

export interface PullOptions {
  readonly login?: Login

  /** What `resolve` found: the pull brings exactly that manifest. */
  readonly digest?: string
  readonly signal: AbortSignal
  readonly progress?: (progress: PullProgress) => void
}

export interface PullProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
}

export interface Login {
  readonly username: string
  readonly password: string

  /** The region that gave it: a registry of ECR's is reached there, whatever its name. */
  readonly via?: Way
}

export interface Image {
  /** Of its configuration, as `sha256:…`; what Docker calls the image's id. */
  readonly id: string

  /** References that stand for it here, as `repository:tag`. */
  readonly references: readonly string[]

  /** Under which registries know it, as `repository@sha256:…`; none for one that never came from a registry. */
  readonly repositoryDigests: readonly string[]
  readonly bytes: number

  /** What the image says of how to run it. */
  readonly config: ImageConfig
}

export interface ImageConfig {
  readonly entryPoint: readonly string[]
  readonly command: readonly string[]
  readonly environment: readonly string[]
  readonly workingDirectory: string
  readonly user: string
  readonly stopSignal: string
  readonly volumes: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly healthCheck?: ImageHealthCheck
}

/** As Docker keeps it: times in nanoseconds. */
export interface ImageHealthCheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly Retries?: number
}
