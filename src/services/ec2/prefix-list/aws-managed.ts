import { createHash } from "node:crypto"
import { domainOf, partitionOf } from "../../../aws/arn.ts"

/** What AWS keeps for the services that have gateway endpoints; routes and rules may name it like one's own. */
export interface AwsPrefixList {
  readonly id: string

  /** As in `com.amazonaws.us-east-1.s3`. */
  readonly name: string
}

export function awsPrefixLists(region: string): readonly AwsPrefixList[] {
  return ["dynamodb", "s3"].map((service) => {
    const name = serviceNameOf(region, service)
    return { id: `pl-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`, name }
  })
}

/** The name under which a service is reached from within a VPC. */
export function serviceNameOf(region: string, service: string): string {
  return `${domainOf(partitionOf(region)).split(".").toReversed().join(".")}.${region}.${service}`
}
