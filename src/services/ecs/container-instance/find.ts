import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { invalid } from "../fault.ts"
import { memberArn } from "../names.ts"
import type { Cluster } from "../tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"

/** The instance of this cluster that a caller means; undefined when there is none. */
export function findInstance(call: Call, cluster: Cluster, arn: string): ContainerInstance | undefined {
  const instance = call.tx.get(containerInstances, arn)
  return instance?.clusterArn === cluster.arn ? instance : undefined
}

/** How an instance of the caller's own stands; undefined for none. */
export function instanceStanding(tx: Tx, arn: string): "registered" | "taken out" | undefined {
  const instance = tx.get(containerInstances, arn)
  if (instance === undefined) return undefined
  return instance.status === "INACTIVE" ? "taken out" : "registered"
}

export function instanceArn(call: Call, clusterArn: string, identifier: string): string {
  return memberArn(call, "container-instance", clusterArn, identifier)
}

/** The ARNs of the instances that a request lists, each once; AWS bounds how many. */
export function instanceArns(
  call: Call,
  clusterArn: string,
  identifiers: readonly string[],
  countMax: number,
): readonly string[] {
  const arns = [...new Set(identifiers.map((identifier) => instanceArn(call, clusterArn, identifier)))]
  if (arns.length === 0) throw invalid("Container Instances cannot be empty.")
  if (arns.length > countMax) throw invalid(`Container Instances cannot have more than ${countMax} elements`)
  return arns
}
