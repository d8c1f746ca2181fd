import { table } from "../../../store/table.ts"

/**
 * A connection of two VPCs. Both sides have a record of the same content, each in its own account and region; they are
 * only ever written together.
 */
export interface VpcPeeringConnection {
  readonly id: string
  readonly status: "pending-acceptance" | "active" | "rejected" | "deleted" | "failed" | "expired"
  readonly statusMessage: string
  readonly requester: PeeringSide
  readonly accepter: PeeringSide
  readonly createdAt: number

  /** Until when it may be accepted. */
  readonly expiresAt: number
  readonly endedAt: number | undefined
}

export interface PeeringSide {
  readonly account: string
  readonly region: string
  readonly vpcId: string

  /** Undefined for the accepter's until it accepts. */
  readonly cidrs: readonly string[] | undefined
  readonly ipv6Cidrs: readonly string[]
  readonly allowDnsResolution: boolean
}

const HOURS_SHOWN = 2

export const vpcPeeringConnections = table({
  name: "ec2/vpc-peering-connections",
  version: 1,
  key: (connection: VpcPeeringConnection) => connection.id,
  indexes: {
    vpc: ({ requester, accepter }) => [requester.vpcId, accepter.vpcId],
    status: ({ status }) => status,
  },
  retention: { until: ({ endedAt }) => (endedAt === undefined ? undefined : endedAt + HOURS_SHOWN * 3_600_000) },
})

/** How a VPC reaches a service of the region: by routes (Gateway), or by interfaces in its subnets (Interface). */
export interface VpcEndpoint {
  readonly id: string
  readonly vpcId: string
  readonly type: "Gateway" | "Interface"

  /** As in `com.amazonaws.us-east-1.ecs`. */
  readonly serviceName: string
  readonly state: "pending" | "available" | "deleting"
  readonly policyDocument: string | undefined
  readonly routeTableIds: readonly string[]
  readonly subnetIds: readonly string[]
  readonly interfaceIds: readonly string[]
  readonly securityGroupIds: readonly string[]
  readonly privateDnsEnabled: boolean
  readonly ipAddressType: "ipv4" | "dualstack" | "ipv6"
  readonly dnsRecordIpType: string

  /** In its DNS names, so that they are its own. */
  readonly dnsLabel: string
  readonly createdAt: number
}

export const vpcEndpoints = table({
  name: "ec2/vpc-endpoints",
  version: 1,
  key: (endpoint: VpcEndpoint) => endpoint.id,
  indexes: {
    vpc: ({ vpcId }) => vpcId,
    routeTable: ({ routeTableIds }) => routeTableIds,
    subnet: ({ subnetIds }) => subnetIds,
    securityGroup: ({ securityGroupIds }) => securityGroupIds,
    state: ({ state }) => state,
  },
})

/** A list of blocks that rules and routes name at once. */
export interface PrefixList {
  readonly id: string
  readonly name: string
  readonly addressFamily: "IPv4" | "IPv6"
  readonly maxEntries: number
  readonly version: number

  /** The entries of each version, so that older ones can be read and restored. */
  readonly versions: readonly PrefixListVersion[]
}

export interface PrefixListVersion {
  readonly version: number
  readonly entries: readonly { readonly cidr: string; readonly description: string | undefined }[]
}

export const prefixLists = table({
  name: "ec2/prefix-lists",
  version: 1,
  key: (list: PrefixList) => list.id,
  indexes: { name: ({ name }) => name },
})

/** What is to be written about the traffic of an interface, or of all interfaces of a subnet or VPC. */
export interface FlowLog {
  readonly id: string
  readonly resourceId: string
  readonly trafficType: "ACCEPT" | "REJECT" | "ALL"
  readonly logGroupName: string
  readonly logDestination: string
  readonly deliverLogsPermissionArn: string | undefined
  readonly logFormat: string
  readonly maxAggregationInterval: 60 | 600
  readonly createdAt: number
}

export const flowLogs = table({
  name: "ec2/flow-logs",
  version: 1,
  key: (flowLog: FlowLog) => flowLog.id,
  indexes: { resource: ({ resourceId }) => resourceId },
})
