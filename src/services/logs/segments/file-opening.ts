import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DAMAGED, DRAFT, parseLogName, parseSegmentName, type SegmentInfo, type SegmentName } from "./file-layout.ts"
import { sealLog } from "./file-seal.ts"
import { DamagedSegment, SegmentFile } from "./file-segment.ts"

export interface OpenedDirectory {
  readonly segments: readonly SegmentInfo[]
  readonly nextLog: number
}

/**
 * Takes up what an earlier process has left, wherever it was stopped: drafts go, a file whose place another has taken
 * goes, and every log becomes a segment.
 */
export function openDirectory(directory: string, remark: (sentence: string) => void): OpenedDirectory {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const names = readdirSync(directory)
  for (const name of names.filter((name) => name.endsWith(DRAFT))) rmSync(join(directory, name))

  const all = names.flatMap((name) => parseSegmentName(name) ?? [])
  const replaced = all.filter((one) => all.some((other) => other !== one && covers(other, one)))
  for (const { name } of replaced) rmSync(join(directory, name))
  const kept = all.filter((one) => !replaced.includes(one))

  const logs = names.flatMap((name) => parseLogName(name) ?? []).sort((a, b) => a.number - b.number)
  const segments = kept.flatMap((name) => read(directory, name, remark) ?? [])
  for (const { name, number } of logs) {
    const path = join(directory, name)
    if (!kept.some(({ from, to }) => from <= number && number <= to)) {
      const { segment, lostBytes } = finished(sealLog(directory, { number, path }))
      if (segment !== undefined) segments.push(segment)
      if (lostBytes > 0) remark(`${name} ended with ${lostBytes} bytes that were never acknowledged, or are damaged`)
    }
    rmSync(path)
  }
  const nextLog = Math.max(0, ...logs.map(({ number }) => number), ...all.map(({ to }) => to)) + 1
  return { segments: segments.sort((a, b) => a.from - b.from), nextLog }
}

function covers(other: SegmentName, one: SegmentName): boolean {
  return other.from <= one.from && one.to <= other.to && other.generation > one.generation
}

/** One file that cannot be read must not keep the others from being read. */
function read(directory: string, name: SegmentName, remark: (sentence: string) => void): SegmentInfo | undefined {
  const path = join(directory, name.name)
  try {
    using file = new SegmentFile(path)
    return { ...name, bytes: file.bytes, directory: file.directory() }
  } catch (error) {
    if (!(error instanceof DamagedSegment)) throw error
    renameSync(path, path + DAMAGED)
    remark(`${error.message}; it is set aside as ${name.name}${DAMAGED}`)
    return undefined
  }
}

function finished<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
