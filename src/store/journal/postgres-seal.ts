import { createHash } from "node:crypto"

/**
 * What a row of the log is sealed with: SHA-256 over the seal of the row before and everything the row says, so that
 * no row can be missing, changed or taken from elsewhere. Not the checksum of `codec.ts`, as the server itself
 * computes these when it folds; `postgres-fold.ts` says the same in SQL.
 */
export function sealOf(
  before: Buffer,
  row: { first: number; last: number; epoch: number; body: string | Buffer },
): Buffer {
  return createHash("sha256")
    .update(before)
    .update(`${row.first}\n${row.last}\n${row.epoch}\n`)
    .update(row.body)
    .digest()
}

/** What a folded record is sealed with. */
export function recordSealOf(head: string, body: string): string {
  return createHash("sha256").update(`${head}\n${body}`).digest("hex")
}

export const NO_SEAL = Buffer.alloc(0)
