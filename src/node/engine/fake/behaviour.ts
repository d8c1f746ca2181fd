import type { ContainerSpec, ContainerStats, ExecSpec } from "../engine.ts"
import type { EngineError } from "../engine-error.ts"
import type { ImageConfig } from "../image.ts"

/** What a container of an image does, in the world's time since it was started. Undefined: it runs until it is told to end. */
export interface Behaviour {
  readonly exits?: { readonly afterMs: number; readonly code: number }
  readonly writes?: readonly Writing[]

  /** As in `SIGTERM`; a signal that is neither ignored nor handled ends it at once, as long as it is one that ends processes. */
  readonly ignores?: readonly string[]

  /** What a signal leads to instead: an end some time later, with a last word and a code of the program's own. */
  readonly handles?: Readonly<
    Record<string, { readonly afterMs: number; readonly code: number; readonly says?: string }>
  >

  /** The kernel then kills it for want of memory. */
  readonly outOfMemoryAfterMs?: number

  /** The machine, or the runtime, cannot make or start it. */
  readonly createFails?: EngineError
  readonly startFails?: EngineError
  readonly exec?: (command: ExecSpec) => ExecBehaviour
  readonly stats?: (ranMs: number) => Partial<ContainerStats>
}

export interface Writing {
  readonly afterMs: number

  /** Said again and again from then on. */
  readonly everyMs?: number
  readonly stream?: "stdout" | "stderr"
  readonly text: string
}

export interface ExecBehaviour {
  readonly exitCode: number
  readonly output?: string

  /** At once, when it does not say. */
  readonly afterMs?: number
}

/** An image as the fake registry has it. */
export interface FakeImage {
  readonly reference: string

  /** A fault when its manifest is asked for or it is pulled. */
  readonly pullFails?: EngineError
  readonly pullMs?: number
  readonly bytes?: number

  /** Another one makes it another image behind the same reference. */
  readonly content?: string

  /** It is on the machine from the beginning, and perhaps nowhere else. */
  readonly present?: boolean
  readonly config?: Partial<ImageConfig>

  /** Asked at every start, with how many there were before. */
  readonly behaviour?: Behaviour | ((spec: ContainerSpec, startsBefore: number) => Behaviour)
}
