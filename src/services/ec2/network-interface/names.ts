import type { Tx } from "../../../store/transaction.ts"
import { privateDomain } from "../default-network.ts"
import { regionIn } from "../maker.ts"
import { vpcs } from "../tables.ts"

/** As in `ip-172-31-0-5.ec2.internal`. */
export function privateDnsName(tx: Tx, address: string): string {
  return `ip-${address.replaceAll(".", "-")}.${privateDomain(regionIn(tx))}`
}

/** As in `ec2-203-0-113-5.compute-1.amazonaws.com`; empty in a VPC without DNS hostnames. */
export function publicDnsName(tx: Tx, vpcId: string, publicIp: string): string {
  if (!tx.get(vpcs, vpcId)?.enableDnsHostnames) return ""
  const region = regionIn(tx)
  const domain = region === "us-east-1" ? "compute-1.amazonaws.com" : `${region}.compute.amazonaws.com`
  return `ec2-${publicIp.replaceAll(".", "-")}.${domain}`
}
