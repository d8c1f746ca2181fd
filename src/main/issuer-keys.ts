import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { IssuerKey, IssuerKeys } from "../services/sts/index.ts"
import type { Log } from "../world/log.ts"

/**
 * The keys of issuers of web identities, as whoever runs the region has put them into a directory: what an issuer
 * publishes as its `jwks_uri`, in a file with the issuer's name, as in `token.example.com.json`. It is read each time, so
 * keys are changed by changing the file.
 */
export function issuerKeysIn(directory: string, log: Log): IssuerKeys {
  return {
    async of(host) {
      const file = join(directory, fileOf(host))
      try {
        return keysIn(await readFile(file, "utf8"))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
        log.warn("the keys of an issuer cannot be read", { file, error: (error as Error).message })
        return undefined
      }
    },
  }
}

/** An issuer's URL may have a path, which is no path here. */
export function fileOf(host: string): string {
  return `${encodeURIComponent(host)}.json`
}

function keysIn(text: string): readonly IssuerKey[] {
  const { keys } = JSON.parse(text) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new Error("it is no JSON Web Key Set: it has no list of keys")
  return keys
}
