import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"

/** Where a shim listens: containerd derives it from these, in a folder that all instances of it share. */
export function shimSocket(address: string, namespace: string, id: string): string {
  const digest = createHash("sha256")
    .update(join(address, namespace, id))
    .digest("hex")
  return join("/run/containerd/s", digest)
}

/** A shim that was killed leaves its socket behind, and nobody else takes it away. */
export function removeShimSocket(address: string, namespace: string, id: string): void {
  rmSync(shimSocket(address, namespace, id), { force: true })
}

/**
 * Where a shim writes what a container says. Files are appended to by the shim itself. Of a terminal it makes one
 * stream, which it gives to files only from their beginning; so a program beside it appends.
 */
export function outputs(place: { readonly stdout: string; readonly stderr: string }, terminal: boolean) {
  if (!terminal) return { stdout: place.stdout, stderr: place.stderr }
  // The shim waits until the fifth is closed, and gives the stream as the third.
  const script = `exec 5>&-; exec cat <&3 >>'${place.stdout.replaceAll("'", `'\\''`)}'`
  return { stdout: `binary:///bin/sh?-c=${encodeURIComponent(script)}`, stderr: "" }
}
