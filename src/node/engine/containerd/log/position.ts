import { EngineError } from "../../engine-error.ts"
import type { LogPosition } from "../../log-source.ts"

/** How far into each of a container's two files. */
export interface Offsets {
  readonly stdout: number
  readonly stderr: number
}

export const BEGINNING: Offsets = { stdout: 0, stderr: 0 }
export const STREAMS = ["stdout", "stderr"] as const

export function writePosition({ stdout, stderr }: Offsets): LogPosition {
  return `${stdout}.${stderr}`
}

export function readPosition(position: LogPosition): Offsets {
  const [, stdout, stderr] = /^(\d+)\.(\d+)$/.exec(position) ?? []
  if (stdout === undefined) throw new EngineError("invalid", `"${position}" is no position in a log`)
  return { stdout: Number(stdout), stderr: Number(stderr) }
}

export function latest(...offsets: readonly Offsets[]): Offsets {
  return {
    stdout: Math.max(...offsets.map(({ stdout }) => stdout)),
    stderr: Math.max(...offsets.map(({ stderr }) => stderr)),
  }
}

/**
 * Where each file has to begin so that both together keep no more than `bytesMax`. What was written first is not known
 * across the two, so the larger one gives first.
 */
export function planDrop(kept: Offsets, sizes: Offsets, bytesMax: number): Offsets {
  const unread = { stdout: sizes.stdout - kept.stdout, stderr: sizes.stderr - kept.stderr }
  const excess = unread.stdout + unread.stderr - bytesMax
  if (excess <= 0) return kept
  const [large, small] = unread.stdout >= unread.stderr ? STREAMS : ([...STREAMS].reverse() as ["stderr", "stdout"])
  const difference = unread[large] - unread[small]
  const ofSmall = Math.max(0, Math.floor((excess - difference) / 2))
  return { ...kept, [small]: kept[small] + ofSmall, [large]: kept[large] + excess - ofSmall }
}
