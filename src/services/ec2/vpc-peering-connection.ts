import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../aws/filters.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { regionScope } from "../../store/changes.ts"
import { knownCidr, overlaps } from "./cidr.ts"
import { betweenVpcs } from "./conditions.ts"
import { described } from "./describe.ts"
import { fault, invalidValue, missing } from "./fault.ts"
import { newId } from "./ids.ts"
import { describePeering } from "./peering/describe.ts"
import { cidrsOf, deletedBy, putPeering } from "./peering/write.ts"
import { permitMaking, permitted } from "./permit.ts"
import { find, peeringKind, vpcKind } from "./resource.ts"
import { type PeeringSide, type Vpc, type VpcPeeringConnection, vpcPeeringConnections, vpcs } from "./tables.ts"
import { putTags, tagsAsked } from "./tagging.ts"

const WEEK_MS = 7 * 24 * 60 * 60 * 1000

export const vpcPeeringConnectionOperations = {
  CreateVpcPeeringConnection(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "vpc-peering-connection")
    const { PeerVpcId, PeerOwnerId = call.account, PeerRegion = call.region } = input
    permitMaking(call, input, peeringKind, tags, [`vpc/${input.VpcId}`], () =>
      betweenVpcs(
        { account: call.account, region: call.region, vpcId: input.VpcId! },
        { account: PeerOwnerId, region: PeerRegion, vpcId: PeerVpcId ?? "*" },
      ),
    )
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    if (PeerVpcId === undefined) throw missing("peerVpcId")
    if (PeerVpcId === vpc.id) throw invalidValue(`A VPC cannot be peered with itself: ${vpc.id}`)
    if (PeerOwnerId === call.account && PeerRegion === call.region) find(call.tx, vpcKind, PeerVpcId)
    checkNew(call, vpc.id, PeerVpcId)

    const theirs = call.tx.anywhere.in(regionScope(PeerOwnerId, PeerRegion)).get(vpcs, PeerVpcId)
    const failed = theirs === undefined || doOverlap(vpc, theirs)
    const connection: VpcPeeringConnection = {
      id: newId(call.random, "pcx"),
      status: failed ? "failed" : "pending-acceptance",
      statusMessage: failed
        ? "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
        : `Pending Acceptance by ${PeerOwnerId}`,
      requester: sideOf(vpc, call.account, call.region),
      accepter: {
        account: PeerOwnerId,
        region: PeerRegion,
        vpcId: PeerVpcId,
        cidrs: undefined,
        ipv6Cidrs: [],
        allowDnsResolution: false,
      },
      createdAt: call.now,
      expiresAt: call.now + WEEK_MS,
      endedAt: failed ? call.now : undefined,
    }
    // Nothing of what went wrong is shown to the other account.
    if (failed) call.tx.put(vpcPeeringConnections, connection)
    else putPeering(call.tx, connection)
    putTags(call.tx, "vpc-peering-connection", connection.id, tags)
    const initiating = { Code: "initiating-request" as const, Message: `Initiating Request to ${PeerOwnerId}` }
    return { VpcPeeringConnection: { ...describePeering(call.tx, connection), Status: initiating } }
  },

  AcceptVpcPeeringConnection(call, input) {
    const accepter = call.tx.get(vpcPeeringConnections, input.VpcPeeringConnectionId!)?.accepter
    const isOwn = accepter?.account === call.account && accepter.region === call.region
    const connection = permitted(call, input, peeringKind, input.VpcPeeringConnectionId!, [
      `vpc/${isOwn ? accepter.vpcId : "*"}`,
    ])
    checkAccepter(call, connection, "accept")
    const vpc = find(call.tx, vpcKind, connection.accepter.vpcId)
    const accepted: VpcPeeringConnection = {
      ...connection,
      status: "active",
      statusMessage: "Active",
      accepter: sideOf(vpc, call.account, call.region),
    }
    putPeering(call.tx, accepted)
    return { VpcPeeringConnection: describePeering(call.tx, accepted) }
  },

  RejectVpcPeeringConnection(call, input) {
    const connection = permitted(call, input, peeringKind, input.VpcPeeringConnectionId!)
    checkAccepter(call, connection, "reject")
    const statusMessage = `Rejected by ${call.account}`
    putPeering(call.tx, { ...connection, status: "rejected", statusMessage, endedAt: call.now })
    return { Return: true }
  },

  DeleteVpcPeeringConnection(call, input) {
    const connection = permitted(call, input, peeringKind, input.VpcPeeringConnectionId!)
    if (connection.status === "pending-acceptance" && !isRequester(call, connection)) {
      throw fault("OperationNotPermitted", `User (${call.account}) cannot delete peering ${connection.id}`)
    }
    if (connection.status !== "active" && connection.status !== "pending-acceptance") throw wrongState(connection)
    putPeering(call.tx, { ...connection, status: "deleted", statusMessage: deletedBy(call.tx), endedAt: call.now })
    return { Return: true }
  },

  ModifyVpcPeeringConnectionOptions(call, input) {
    const connection = permitted(call, input, peeringKind, input.VpcPeeringConnectionId!)
    if (connection.status !== "active") throw wrongState(connection)
    const { RequesterPeeringConnectionOptions: requester, AccepterPeeringConnectionOptions: accepter } = input
    const changed: VpcPeeringConnection = {
      ...connection,
      requester: withOptions(call, connection.requester, requester),
      accepter: withOptions(call, connection.accepter, accepter),
    }
    putPeering(call.tx, changed)
    return {
      ...(requester && {
        RequesterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: changed.requester.allowDnsResolution },
      }),
      ...(accepter && {
        AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: changed.accepter.allowDnsResolution },
      }),
    }
  },

  DescribeVpcPeeringConnections(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: peeringKind,
      ids: [input.VpcPeeringConnectionIds, "VpcPeeringConnectionIds"],
      fields,
      indexed: { "requester-vpc-info.vpc-id": "vpc", "accepter-vpc-info.vpc-id": "vpc", "status-code": "status" },
      show: (connection) => describePeering(call.tx, connection),
    })
    return { VpcPeeringConnections: shown, NextToken }
  },
} satisfies Operations<typeof sdk>

function sideOf(vpc: Vpc, account: string, region: string): PeeringSide {
  const blocks = { cidrs: cidrsOf(vpc.cidrBlocks), ipv6Cidrs: cidrsOf(vpc.ipv6CidrBlocks) }
  return { account, region, vpcId: vpc.id, ...blocks, allowDnsResolution: false }
}

function doOverlap(a: Vpc, b: Vpc): boolean {
  return a.cidrBlocks.some((one) => b.cidrBlocks.some((other) => overlaps(knownCidr(one.cidr), knownCidr(other.cidr))))
}

function checkNew({ tx }: Call, vpcId: string, peerVpcId: string): void {
  const present = tx
    .where(vpcPeeringConnections, "vpc", vpcId)
    .find(
      ({ requester, accepter, endedAt }) =>
        endedAt === undefined && [requester, accepter].some((side) => side.vpcId === peerVpcId),
    )
  if (present === undefined) return
  throw fault(
    "VpcPeeringConnectionAlreadyExists",
    `A VPC peering connection between ${vpcId} and ${peerVpcId} already exists: ${present.id}`,
  )
}

function isRequester({ account, region }: Call, { requester }: VpcPeeringConnection): boolean {
  return requester.account === account && requester.region === region
}

/** Only the other side can accept or reject what was asked of it, and only while it waits. */
function checkAccepter(call: Call, connection: VpcPeeringConnection, verb: "accept" | "reject"): void {
  const { id, accepter, status } = connection
  if (accepter.account !== call.account) {
    throw fault("OperationNotPermitted", `User (${call.account}) cannot ${verb} peering ${id}`)
  }
  if (accepter.region !== call.region) {
    const what = verb === "accept" ? "accepted" : "accepted or rejected"
    throw fault(
      "OperationNotPermitted",
      `Incorrect region (${call.region}) specified for this request. VPC peering connection ${id} must be ${what} in region ${accepter.region}`,
    )
  }
  if (status !== "pending-acceptance") throw wrongState(connection)
}

function wrongState({ id }: VpcPeeringConnection) {
  return fault("InvalidStateTransition", `VpcPeeringConnectionID ${id} is not in the correct state for the request.`)
}

/** Each side's owner decides what the other side's names mean to it. */
function withOptions(
  call: Call,
  side: PeeringSide,
  options: sdk.PeeringConnectionOptionsRequest | undefined,
): PeeringSide {
  if (options === undefined) return side
  if (side.account !== call.account || side.region !== call.region) {
    throw fault("OperationNotPermitted", `User (${call.account}) cannot modify the options of ${side.vpcId}`)
  }
  const allowDnsResolution = options.AllowDnsResolutionFromRemoteVpc ?? side.allowDnsResolution
  if (allowDnsResolution && !call.tx.get(vpcs, side.vpcId)?.enableDnsHostnames) {
    throw fault(
      "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
      `To enable DNS hostname resolution for the VPC peering connection, DNS hostname support must be enabled for ${side.vpcId}.`,
    )
  }
  return { ...side, allowDnsResolution }
}

const fields: FilterFields<VpcPeeringConnection> = {
  "accepter-vpc-info.cidr-block": ({ accepter }) => accepter.cidrs,
  "accepter-vpc-info.owner-id": ({ accepter }) => accepter.account,
  "accepter-vpc-info.vpc-id": ({ accepter }) => accepter.vpcId,
  "expiration-time": ({ expiresAt }) => new Date(expiresAt).toISOString(),
  "requester-vpc-info.cidr-block": ({ requester }) => requester.cidrs,
  "requester-vpc-info.owner-id": ({ requester }) => requester.account,
  "requester-vpc-info.vpc-id": ({ requester }) => requester.vpcId,
  "status-code": ({ status }) => status,
  "status-message": ({ statusMessage }) => statusMessage,
  "vpc-peering-connection-id": ({ id }) => id,
}
