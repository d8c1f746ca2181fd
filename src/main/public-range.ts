import { setPublicRange } from "../services/ec2/index.ts"
import { INSTALLATION } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import { Refusal } from "./exit.ts"

/** From now on public addresses come from this block; where none is named, from where they came before. */
export function usePublicRange(store: Store, cidr: string | undefined): void {
  if (cidr === undefined) return
  const outcome = store.attempt(INSTALLATION, (tx) => setPublicRange(tx, cidr))
  if (!outcome.ok) throw outcome.error
  if (outcome.value) return
  throw new Refusal(
    `Public addresses cannot come from ${cidr}: no machine can be given these. Name another block with --public-range.`,
  )
}
