import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs"
import { parseArn, resourceOf } from "../../../aws/arn.ts"
import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { fault, invalid } from "../fault.ts"
import { capacityProviders } from "../tables/capacity-provider.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { services } from "../tables/service.ts"
import { tasks } from "../tables/task.ts"

/** The providers that every account has without making them. */
export const FARGATE_PROVIDERS = ["FARGATE", "FARGATE_SPOT"] as const satisfies readonly string[]

/** The names of capacity providers given by name or ARN; each must exist. */
export function knownProviders(call: Call, identifiers: readonly string[]): string[] {
  const names = [...new Set(identifiers.map((identifier) => providerName(call, identifier)))]
  if (names.length > PROVIDERS_PER_CLUSTER_MAX) {
    throw invalid(`The number of capacity providers cannot exceed ${PROVIDERS_PER_CLUSTER_MAX} for a cluster.`)
  }
  for (const name of names) {
    if (!isFargate(name) && call.tx.get(capacityProviders, name)?.status !== "ACTIVE") throw invalid(NO_SUCH_PROVIDER)
  }
  return names
}

/** A strategy with the numbers filled in that its caller left out. A cluster's default has one sentence of its own. */
export function checkStrategy(
  call: Call,
  strategy: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
  isDefault = false,
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
    throw invalid(isDefault ? SEVERAL_BASES_BY_DEFAULT : SEVERAL_BASES)
  }
  if (items.length > 0 && items.every(({ weight }) => weight === 0)) {
    throw invalid(
      "There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify a weight value greater than zero for at least one capacity provider and try again.",
    )
  }
  if (new Set(items.map(({ capacityProvider }) => isFargate(capacityProvider))).size > 1) {
    throw invalid(
      "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
    )
  }
  return items
}

/** Whether anything of this cluster runs, or is to run, by this provider. */
export function isUsed(tx: Tx, clusterArn: string, provider: string): boolean {
  if (tx.some(tasks, "capacityProvider", `${clusterArn} ${provider}`)) return true
  return ["ACTIVE", "DRAINING"].some((status) =>
    tx.where(services, "clusterStatus", `${clusterArn} ${status}`).some(({ revisionArn }) => {
      const revision = revisionArn === undefined ? undefined : tx.get(serviceRevisions, revisionArn)
      return revision?.strategy.some(({ capacityProvider }) => capacityProvider === provider)
    }),
  )
}

export function isFargate(provider: string | undefined): boolean {
  return FARGATE_PROVIDERS.some((name) => name === provider)
}

export function providerName({ account, region }: Call, identifier: string): string {
  if (!identifier.startsWith("arn:")) return identifier
  const arn = parseArn(identifier)
  const isOwn = arn?.service === "ecs" && arn.region === region && arn.account === account
  const { type, id } = resourceOf({ resource: arn?.resource ?? "" })
  if (isOwn && type === "capacity-provider") return id
  throw fault("ClientException", NO_SUCH_PROVIDER)
}

export const NO_SUCH_PROVIDER =
  "The specified capacity provider does not exist. Specify a valid name or ARN and try again."

const SEVERAL_BASES_BY_DEFAULT =
  "The specified capacity provider strategy contains multiple capacity providers with a base value defined. Only one capacity provider per strategy can have a base value defined."

const SEVERAL_BASES =
  "There are multiple capacity providers in the specified capacity provider strategy with a base value greater than zero. Only one capacity provider can have a base value greater than zero. Specify a valid capacity provider strategy and try again."

const PROVIDERS_PER_CLUSTER_MAX = 20
