import type { LogPosition } from "../engine/log-source.ts"

/** Up to where a log has arrived: a place in its source, and what lies before it but has no end of line yet. */
export interface LogPlace {
  readonly position: LogPosition | undefined
  readonly tails: { readonly stdout: Uint8Array; readonly stderr: Uint8Array }
}

export function writePlace({ position = "", tails }: LogPlace): string {
  if (tails.stdout.length === 0 && tails.stderr.length === 0) return position
  return [position, ...[tails.stdout, tails.stderr].map((tail) => Buffer.from(tail).toString("base64"))].join("\n")
}

export function readPlace(text: string | undefined): LogPlace {
  const [position, stdout = "", stderr = ""] = (text ?? "").split("\n")
  return {
    position: position === "" ? undefined : position,
    tails: { stdout: Buffer.from(stdout, "base64"), stderr: Buffer.from(stderr, "base64") },
  }
}
