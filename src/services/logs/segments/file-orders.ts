import type { SegmentInfo } from "./file-layout.ts"
import type { MergeOrder } from "./file-merge.ts"

/** What the region's thread and the thread of the files say to each other. */

export interface Settings {
  readonly directory: string

  /** Bytes that a log may have: for tests of a full disk. */
  readonly logBytesMax: number | undefined
}

export type Order =
  /** A log with a new number begins a new file; the one before it becomes a segment. */
  | { readonly kind: "append"; readonly log: number; readonly bytes: Uint8Array }
  | { readonly kind: "seal" | "close" }
  | ({ readonly kind: "merge" } & MergeOrder)
  | { readonly kind: "remove"; readonly names: readonly string[]; readonly setAside: boolean }

export type Report =
  | { readonly kind: "opened"; readonly segments: readonly SegmentInfo[]; readonly nextLog: number }
  | { readonly kind: "appended" | "closed" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "sealed"; readonly log: number; readonly segment: SegmentInfo | undefined }
  | { readonly kind: "stuck"; readonly reason: string }
  | {
      readonly kind: "merged"
      readonly names: readonly string[]
      readonly segment: SegmentInfo | undefined
      readonly isDamaged: boolean
    }
  | { readonly kind: "not merged"; readonly names: readonly string[]; readonly reason: string }
  | { readonly kind: "remark"; readonly sentence: string }
  | { readonly kind: "failed"; readonly reason: string }
