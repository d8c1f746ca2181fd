import type { FabricVpc } from "../../../wire/fabric.ts"
import { addressIn } from "../../linux/ip.ts"

/** Besides the second address of a VPC, its resolver has one that is the same in every VPC, of each version. */
export function resolverAddresses({ cidrs, cidrs6 }: FabricVpc): string[] {
  const own = cidrs.slice(0, 1).map((cidr) => addressIn(cidr, 2))
  return [...own, RESOLVER, ...(cidrs6.length > 0 ? [RESOLVER_6] : [])]
}

const RESOLVER = "169.254.169.253"
const RESOLVER_6 = "fd00:ec2::253"
