import type { Call } from "../../../aws/operations.ts"
import { invalid } from "../fault.ts"
import { memberArn } from "../names.ts"
import { type Cluster, type ContainerInstance, containerInstances } from "../tables.ts"

/** The instance of this cluster that a caller means; undefined when there is none. */
export function findInstance(call: Call, cluster: Cluster, arn: string): ContainerInstance | undefined {
  const instance = call.tx.get(containerInstances, arn)
  return instance?.clusterArn === cluster.arn ? instance : undefined
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
