import type { PlacementStrategy } from "@aws-sdk/client-ecs"
import { ZONE } from "./face.ts"

/** A number that an instance has for a task; the instance where it is least is best, and equals are told apart by the next. */
export type Measure =
  /** Tasks of the same kin on instances with the same value, within what the attributes before have told apart. */
  | { readonly kind: "attribute"; readonly name: string }
  /** Tasks of the same kin on the instance. */
  | { readonly kind: "tasks" }
  /** What is left of it: the fullest instance is taken first. */
  | { readonly kind: "cpu" | "memory" }

/** One that an instance has by itself, and not together with others. */
export type OwnMeasure = Exclude<Measure["kind"], "attribute">

/** What is left to tell instances apart after these is left to chance. */
export function measuresOf(strategy: readonly PlacementStrategy[], isService: boolean): readonly Measure[] {
  if (strategy.length === 0) return isService ? SERVICE_DEFAULT : []
  // Behind a random choice nothing is left to choose.
  const random = strategy.findIndex(({ type }) => type === "random")
  return strategy.slice(0, random === -1 ? undefined : random).flatMap((item) => measureOf(item) ?? [])
}

/** Over zones, then where the service has fewest tasks. */
const SERVICE_DEFAULT: readonly Measure[] = [{ kind: "attribute", name: ZONE }, { kind: "tasks" }]

/** What AWS says to strategies that it refuses; undefined for good ones. */
export function strategyProblem(strategy: readonly PlacementStrategy[]): string | undefined {
  if (strategy.length > STRATEGIES_MAX) return `Maximum number of strategies is ${STRATEGIES_MAX}.`
  for (const { type, field } of strategy) {
    if (type === "random" && field) return "random field should not be specified."
    if (type !== "random" && measureOf({ type, field }) === undefined) return `${type} field '${field}' is invalid.`
  }
  return undefined
}

const STRATEGIES_MAX = 5

function measureOf({ type, field = "" }: PlacementStrategy): Measure | undefined {
  const name = field.toLowerCase()
  if (type === "binpack") return name === "cpu" || name === "memory" ? { kind: name } : undefined
  if (name === "instanceid" || name === "host") return { kind: "tasks" }
  if (!name.startsWith(ATTRIBUTE) || name === ATTRIBUTE) return undefined
  return { kind: "attribute", name: field.slice(ATTRIBUTE.length) }
}

const ATTRIBUTE = "attribute:"
