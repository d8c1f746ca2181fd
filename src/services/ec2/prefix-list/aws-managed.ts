import { createHash } from "node:crypto"
import { domainOf, partitionOf } from "../../../aws/arn.ts"

/** What AWS keeps for the services that have gateway endpoints; routes and rules may name it like one's own. */
export interface AwsPrefixList {
  readonly id: string

  /** As in `com.amazonaws.us-east-1.s3`. */
  readonly name: string
  readonly cidrs: readonly string[]
}

/** Where a task reaches every service of the region, without a word of its VPC's: its own machine leads on from there. */
const REGION_CIDR = "169.254.170.3/32"

export function awsPrefixLists(region: string): readonly AwsPrefixList[] {
  return ["dynamodb", "s3"].map((service) => {
    const name = serviceNameOf(region, service)
    return { id: `pl-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`, name, cidrs: [REGION_CIDR] }
  })
}

/** The name under which a service is reached from within a VPC. */
export function serviceNameOf(region: string, service: string): string {
  return `${domainOf(partitionOf(region)).split(".").toReversed().join(".")}.${region}.${service}`
}
