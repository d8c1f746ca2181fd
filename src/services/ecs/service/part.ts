import type { Call } from "../../../aws/operations.ts"
import { permit } from "../permit.ts"

/** A deployment or a revision is its service's: policies are asked about both, by ARNs that are known to be well formed. */
export function permitPartsOfServices(call: Call, arns: readonly string[]): void {
  if (arns.length === 0) permit(call, "*")
  for (const arn of arns) {
    const [start = "", cluster = "", service = ""] = arn.split("/")
    const home = start.slice(0, start.lastIndexOf(":"))
    const named = { cluster: `${home}:cluster/${cluster}`, arn: `${home}:service/${cluster}/${service}` }
    permit(call, named.arn, () => ({ "ecs:cluster": named.cluster }))
    permit(call, arn, () => ({ "ecs:cluster": named.cluster, "ecs:service": named.arn }))
  }
}
