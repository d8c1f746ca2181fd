import type { Tag } from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { ensureBeginning, defaultVpc as knownDefaultVpc } from "./default-network.ts"
import { accountIn, type Maker } from "./maker.ts"
import { makeInterface, removeInterface } from "./network-interface/make.ts"
import { find, subnetKind } from "./resource.ts"
import { type NetworkInterface, networkInterfaces, type Subnet, type Vpc } from "./tables.ts"
import { putTags } from "./tagging.ts"

/**
 * What another service has made for an account, in its own transaction in that account and region. Where the account
 * asked for something that is not there, the fault is EC2's own, for the service to pass on or to put in its words.
 */
export interface InterfaceForService extends Omit<Maker, "tx"> {
  readonly subnetId: string

  /** Without any it has the default group of the subnet's VPC. */
  readonly securityGroupIds: readonly string[]

  /** Undefined leaves it to the subnet. */
  readonly assignPublicIp?: boolean | undefined
  readonly description: string

  /** Who manages the interface: the account can look at it, but not change it. */
  readonly requester: string

  /** Whose machine it is attached to, where that is another account's. */
  readonly instanceOwnerId?: string | undefined

  /** May have keys that begin with `aws:`. */
  readonly tags?: readonly Tag[]
}

/** An interface with addresses of its own, attached and in use from the start. */
export function attachInterface(tx: Tx, { now, random, ...request }: InterfaceForService): NetworkInterface {
  const maker: Maker = { tx, now, random }
  ensureBeginning(maker)
  const subnet = find(tx, subnetKind, request.subnetId)
  const made = makeInterface(maker, {
    subnet,
    securityGroupIds: request.securityGroupIds,
    description: request.description,
    requesterId: request.requester,
    attachment: { instanceOwnerId: request.instanceOwnerId ?? accountIn(tx), deviceIndex: 1 },
    hasPublicAddress: request.assignPublicIp ?? subnet.mapPublicIpOnLaunch,
  })
  putTags(tx, "network-interface", made.id, request.tags ?? [])
  return made
}

/** Takes an interface away whose id the service keeps. Doing so twice is no mistake. */
export function deleteInterface(tx: Tx, id: string, { now }: Pick<Maker, "now">): void {
  const one = tx.get(networkInterfaces, id)
  if (one !== undefined) removeInterface({ tx, now }, one)
}

/** The account's default VPC, made now if nobody has asked for it before; undefined where the account has deleted it. */
export function defaultVpc(maker: Maker): Vpc | undefined {
  ensureBeginning(maker)
  return knownDefaultVpc(maker)
}

/** The subnet, or EC2's fault when there is none. */
export function describeSubnet(maker: Maker, id: string): Subnet {
  ensureBeginning(maker)
  return find(maker.tx, subnetKind, id)
}
