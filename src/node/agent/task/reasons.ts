import { EngineError } from "../../engine/engine-error.ts"

/** AWS's names of what can go wrong with a container, which people and their tools look for. */
export type ReasonName =
  | "CannotPullContainerError"
  | "CannotPullECRContainerError"
  | "CannotPullContainerAuthError"
  | "CannotCreateContainerError"
  | "CannotCreateVolumeError"
  | "CannotStartContainerError"
  | "ContainerVanishedError"
  | "DockerTimeoutError"
  | "OutOfMemoryError"
  | "ResourceInitializationError"
  | "TaskDependencyError"

/** As much as the region takes. */
const LENGTH_MAX = 1024

export function reason(name: ReasonName, words: string): string {
  return `${name}: ${words}`.slice(0, LENGTH_MAX)
}

export const OUT_OF_MEMORY = reason("OutOfMemoryError", "Container killed due to memory usage")
export const VANISHED = reason("ContainerVanishedError", "Container is gone, and how it ended is not known")
export const MACHINE_RESTARTED = reason("ContainerVanishedError", "The machine was restarted while the container ran")

/** Something that a task needs could not be had, in words that already have AWS's name. It ends the task or one container. */
export class Failure extends Error {
  override readonly name = "Failure"
  readonly ends: "task" | "container"

  constructor(ends: "task" | "container", name: ReasonName, words: string, options?: ErrorOptions) {
    super(reason(name, words), options)
    this.ends = ends
  }
}

/** The engine's refusal as a failure; what is our own mistake, or an engine that does not answer, is none. */
export function failureOf(error: unknown, name: ReasonName, ends: "task" | "container" = "container"): unknown {
  if (!(error instanceof EngineError) || error.kind === "unavailable") return error
  return new Failure(ends, name, error.message, { cause: error })
}
