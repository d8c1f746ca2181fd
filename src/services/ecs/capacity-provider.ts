import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs"
import { parseArn, resourceOf } from "../../aws/arn.ts"
import type { Call } from "../../aws/operations.ts"
import { fault, invalid } from "./fault.ts"

/** The providers that every account has without making them. */
const FARGATE_PROVIDERS: readonly string[] = ["FARGATE", "FARGATE_SPOT"]

/** The names of capacity providers given by name or ARN; each must exist. */
export function knownProviders(call: Call, identifiers: readonly string[]): string[] {
  const names = [...new Set(identifiers.map((identifier) => providerName(call, identifier)))]
  if (names.length > PROVIDERS_PER_CLUSTER_MAX) {
    throw invalid(`The number of capacity providers cannot exceed ${PROVIDERS_PER_CLUSTER_MAX} for a cluster.`)
  }
  for (const name of names) {
    if (!FARGATE_PROVIDERS.includes(name)) {
      throw invalid("The specified capacity provider does not exist. Specify a valid name or ARN and try again.")
    }
  }
  return names
}

/** A cluster's default strategy, with the numbers filled in that its caller left out. */
export function checkStrategy(
  call: Call,
  strategy: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
): CapacityProviderStrategyItem[] {
  const items = strategy.map(({ capacityProvider, base = 0, weight = 0 }) => ({
    capacityProvider: providerName(call, capacityProvider!),
    weight,
    base,
  }))
  const names = associated.map((identifier) => providerName(call, identifier))
  if (items.some(({ capacityProvider }) => !names.includes(capacityProvider))) {
    throw invalid(
      "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.",
    )
  }
  if (new Set(items.map(({ capacityProvider }) => capacityProvider)).size < items.length) {
    throw invalid(
      "The specified capacity provider strategy contains the same capacity provider more than once. Specify each capacity provider once and try again.",
    )
  }
  for (const { base, weight } of items) {
    if (weight < 0 || weight > 1000)
      throw invalid("The weight value of a capacity provider must be between 0 and 1000.")
    if (base < 0 || base > 100_000) throw invalid("The base value of a capacity provider must be between 0 and 100000.")
  }
  if (items.filter(({ base }) => base > 0).length > 1) {
    throw invalid(
      "The specified capacity provider strategy contains multiple capacity providers with a base value defined. Only one capacity provider per strategy can have a base value defined.",
    )
  }
  if (items.length > 0 && items.every(({ weight }) => weight === 0)) {
    throw invalid(
      "There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify a weight value greater than zero for at least one capacity provider and try again.",
    )
  }
  return items
}

function providerName({ account, region }: Call, identifier: string): string {
  if (!identifier.startsWith("arn:")) return identifier
  const arn = parseArn(identifier)
  const isOwn = arn?.service === "ecs" && arn.region === region && arn.account === account
  const { type, id } = resourceOf({ resource: arn?.resource ?? "" })
  if (isOwn && type === "capacity-provider") return id
  throw fault(
    "ClientException",
    "The specified capacity provider does not exist. Specify a valid name or ARN and try again.",
  )
}

const PROVIDERS_PER_CLUSTER_MAX = 20
