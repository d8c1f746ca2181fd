import { releasePublicAddress } from "../address/public.ts"
import { fault, invalidValue } from "../fault.ts"
import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import {
  type ElasticIp,
  type ElasticIpAssociation,
  elasticIps,
  internetGateways,
  type NetworkInterface,
  networkInterfaces,
} from "../tables.ts"

/** Puts an elastic IP in front of a private address; whatever public address stood there goes. */
export function associate(
  { tx, random }: Maker,
  elasticIp: ElasticIp,
  networkInterface: NetworkInterface,
  { privateAddress, mayMove }: { readonly privateAddress?: string | undefined; readonly mayMove: boolean },
): ElasticIpAssociation {
  const { id, vpcId, privateAddresses, publicAddress } = networkInterface
  const address = privateAddress ?? privateAddresses[0]!
  if (!privateAddresses.includes(address)) {
    throw invalidValue(`The private IP address ${address} is not assigned to interface ${id}`)
  }
  if (!tx.some(internetGateways, "vpc", vpcId)) {
    throw fault("Gateway.NotAttached", `Network ${vpcId} is not attached to any internet gateway`)
  }
  const { association: present } = elasticIp
  if (present?.interfaceId === id && present.privateAddress === address) return present
  const other = tx.where(elasticIps, "interface", id).find(({ association }) => association!.privateAddress === address)
  if (!mayMove && present !== undefined) {
    throw fault(
      "Resource.AlreadyAssociated",
      `resource ${elasticIp.id} is already associated with associate-id ${present.id}`,
    )
  }
  if (!mayMove && other !== undefined) {
    throw fault(
      "Resource.AlreadyAssociated",
      `resource ${id} is already associated with associate-id ${other.association!.id}`,
    )
  }
  if (other !== undefined) tx.put(elasticIps, { ...other, association: undefined })
  if (publicAddress !== undefined && address === privateAddresses[0]) {
    releasePublicAddress(tx, publicAddress)
    tx.put(networkInterfaces, { ...networkInterface, publicAddress: undefined })
  }
  const association = { id: newId(random, "eipassoc"), interfaceId: id, privateAddress: address }
  tx.put(elasticIps, { ...elasticIp, association })
  return association
}
