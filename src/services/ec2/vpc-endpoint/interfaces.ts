import type * as sdk from "@aws-sdk/client-ec2"
import type { Tx } from "../../../store/transaction.ts"
import { fault, invalidValue, notYet } from "../fault.ts"
import type { Maker } from "../maker.ts"
import { accountIn } from "../maker.ts"
import { makeInterface, removeInterface } from "../network-interface/make.ts"
import { findAll, subnetKind } from "../resource.ts"
import { networkInterfaces, type Subnet, type VpcEndpoint, vpcEndpoints, vpcs } from "../tables.ts"
import { endpointServices } from "./services.ts"

/** The subnets that an endpoint gets an interface in: of its VPC, and one in a zone at most. */
export function checkedSubnets(tx: Tx, vpcId: string, ids: readonly string[]): readonly Subnet[] {
  const found = findAll(tx, subnetKind, [...new Set(ids)])
  const zones = new Set<string>()
  for (const subnet of found) {
    if (subnet.vpcId !== vpcId) {
      throw fault("InvalidParameter", `The subnet ${subnet.id} does not belong to the VPC ${vpcId}`)
    }
    if (zones.has(subnet.zone)) {
      throw fault(
        "DuplicateSubnetsInSameZone",
        `Found another VPC endpoint subnet in the availability zone of ${subnet.id}`,
      )
    }
    zones.add(subnet.zone)
  }
  return found
}

/** An interface of the endpoint in a subnet, at the address that the caller has chosen for it or at any. */
export function addInterface(
  maker: Maker,
  { id, securityGroupIds }: Pick<VpcEndpoint, "id" | "securityGroupIds">,
  subnet: Subnet,
  chosen: readonly sdk.SubnetConfiguration[],
): string {
  const { Ipv4, Ipv6 } = chosen.find(({ SubnetId }) => SubnetId === subnet.id) ?? {}
  if (Ipv6 !== undefined) throw notYet("IPv6 addresses of endpoints")
  const networkInterface = makeInterface(maker, {
    subnet,
    securityGroupIds,
    description: `VPC Endpoint Interface ${id}`,
    interfaceType: "vpc_endpoint",
    requesterId: accountIn(maker.tx),
    attachment: { instanceOwnerId: "amazon-aws", deviceIndex: 1 },
    ipv4: [Ipv4],
    ipv6: [],
  })
  return networkInterface.id
}

export function checkChosen(subnetIds: readonly string[], chosen: readonly sdk.SubnetConfiguration[]): void {
  const stranger = chosen.find(({ SubnetId }) => SubnetId === undefined || !subnetIds.includes(SubnetId))
  if (stranger !== undefined) throw invalidValue(`The subnet ${stranger.SubnetId} is not a subnet of the endpoint`)
}

export function dropInterfaces(maker: Pick<Maker, "tx" | "now">, interfaceIds: readonly string[]): void {
  for (const id of interfaceIds) removeInterface(maker, maker.tx.mustGet(networkInterfaces, id))
}

/** An endpoint answers to its service's own name only in a VPC that has names, and only one does. */
export function checkPrivateDns(
  { tx }: Pick<Maker, "tx">,
  region: string,
  { id, vpcId, serviceName }: Pick<VpcEndpoint, "vpcId" | "serviceName"> & { readonly id: string | undefined },
): void {
  const name = endpointServices(region).find((service) => service.name === serviceName)?.privateDnsName
  if (name === undefined) throw fault("InvalidParameter", `Private DNS is not supported for ${serviceName}`)
  const vpc = tx.mustGet(vpcs, vpcId)
  if (!vpc.enableDnsSupport || !vpc.enableDnsHostnames) {
    throw fault(
      "InvalidParameter",
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpcId}`,
    )
  }
  const other = tx
    .where(vpcEndpoints, "vpc", vpcId)
    .some((endpoint) => endpoint.id !== id && endpoint.privateDnsEnabled && endpoint.serviceName === serviceName)
  if (other) {
    throw fault(
      "InvalidParameter",
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${name} in the VPC ${vpcId}`,
    )
  }
}
