import { createHash, hash } from "node:crypto"

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hash("sha256", bytes, "hex")}`
}

/** A digest of what comes piece by piece. */
export interface RunningDigest {
  add(bytes: Uint8Array): void
  end(): string
}

export function runningDigest(): RunningDigest {
  const running = createHash("sha256")
  return {
    add: (bytes) => void running.update(bytes),
    end: () => `sha256:${running.digest("hex")}`,
  }
}
