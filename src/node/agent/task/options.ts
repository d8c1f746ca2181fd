import type { World } from "../../../world/world.ts"
import type { Engine } from "../../engine/engine.ts"
import type { AgentState } from "../records.ts"
import type { HostResources } from "./host-resources.ts"
import type { LogFollower } from "./log-follower.ts"
import type { Endpoints, Fabric, IsPortFree, Resolver } from "./surroundings.ts"

export interface TaskEngineOptions {
  readonly world: World
  readonly engine: Engine
  readonly state: AgentState

  /** As the engine knows it. */
  readonly instance: string
  readonly region: string

  /** Of the machine's present start. */
  readonly bootId: string

  /** Given to containers as `AWS_ENDPOINT_URL`, unless they say another. */
  readonly endpointUrl?: string
  readonly resources: HostResources
  readonly settings?: Partial<Settings>
  readonly logs?: LogFollower
  readonly endpoints?: Endpoints
  readonly resolver?: Resolver
  readonly fabric?: Fabric
  readonly isPortFree?: IsPortFree

  /** How full the disk of images is, from 0 to 1. */
  readonly diskUse?: () => Promise<number>
}

/** `once` takes a copy that this agent once brought; `prefer-cached` any that is there. */
export type PullBehavior = "default" | "always" | "once" | "prefer-cached"

export interface Settings {
  readonly pullBehavior: PullBehavior
  readonly stopTimeoutMs: number
  readonly createMsMax: number
  readonly startMsMax: number

  /** How long the data of a stopped task is kept, and how long for the region to hear of it. */
  readonly keepStoppedMs: number
  readonly keepUnsentMs: number
  readonly dynamicPorts: { readonly first: number; readonly last: number }
  readonly pullsMax: number
  readonly launchesMax: number
  readonly logBytesMax: number
  readonly pidsMax?: number
  readonly images: ImageSettings
}

export interface ImageSettings {
  readonly isCleaned: boolean
  readonly everyMs: number

  /** Used within this time, an image stays. */
  readonly unusedMsMin: number
  readonly removedPerRoundMax: number

  /** Above this use of the disk nothing unused is too young to go. */
  readonly diskUseMax: number
}

export const SETTINGS: Settings = {
  pullBehavior: "default",
  stopTimeoutMs: 30_000,
  createMsMax: 4 * 60_000,
  startMsMax: 3 * 60_000,
  keepStoppedMs: 3 * 3_600_000,
  keepUnsentMs: 72 * 3_600_000,
  dynamicPorts: { first: 32_768, last: 60_999 },
  pullsMax: 8,
  launchesMax: 16,
  logBytesMax: 64 * 2 ** 20,
  images: {
    isCleaned: true,
    everyMs: 30 * 60_000,
    unusedMsMin: 3_600_000,
    removedPerRoundMax: 5,
    diskUseMax: 0.85,
  },
}
