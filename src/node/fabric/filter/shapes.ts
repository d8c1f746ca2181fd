import { createHash } from "node:crypto"
import { groupChain } from "./groups.ts"
import { refusedAt } from "./router-hooks.ts"
import type { FilterChain } from "./table.ts"

/** Interfaces with the same groups share their chains: there are far fewer ways to combine groups than interfaces. */
export interface Shape {
  readonly groupIds: readonly string[]
  readonly egressChain: string
  readonly ingressChain: string
  readonly egress: FilterChain
  readonly ingress: FilterChain
}

const shapes = new Map<string, Shape>()

export function shapeOf(groupIds: readonly string[]): Shape {
  const key = groupIds.length === 1 ? groupIds[0]! : groupIds.toSorted().join(" ")
  const known = shapes.get(key)
  if (known !== undefined) return known
  const sorted = groupIds.toSorted()
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 16)
  const chainOf = (side: "egress" | "ingress"): FilterChain => ({
    rules: [...sorted.map((id) => `jump ${groupChain(id, side)}`), `goto ${refusedAt(side)}`],
  })
  const shape: Shape = {
    groupIds: sorted,
    egressChain: `leaving_${hash}`,
    ingressChain: `arriving_${hash}`,
    egress: chainOf("egress"),
    ingress: chainOf("ingress"),
  }
  if (shapes.size >= SHAPES_MAX) shapes.clear()
  shapes.set(key, shape)
  return shape
}

/** They are cheap to make again. */
const SHAPES_MAX = 10_000
