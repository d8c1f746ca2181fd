import { table } from "../../../store/table.ts"

/** A VPC has one at most. */
export interface InternetGateway {
  readonly id: string
  readonly vpcId: string | undefined
}

export const internetGateways = table({
  name: "ec2/internet-gateways",
  version: 1,
  key: (gateway: InternetGateway) => gateway.id,
  indexes: { vpc: ({ vpcId }) => vpcId },
})

export interface EgressOnlyInternetGateway {
  readonly id: string
  readonly vpcId: string
}

export const egressOnlyInternetGateways = table({
  name: "ec2/egress-only-internet-gateways",
  version: 1,
  key: (gateway: EgressOnlyInternetGateway) => gateway.id,
  indexes: { vpc: ({ vpcId }) => vpcId },
})

/** One that has failed or was deleted is shown for an hour, as on AWS. */
export interface NatGateway {
  readonly id: string
  readonly vpcId: string
  readonly subnetId: string
  readonly connectivity: "public" | "private"
  readonly state: "pending" | "available" | "failed" | "deleting" | "deleted"
  readonly failure: { readonly code: string; readonly message: string } | undefined

  /** The elastic IP of a public one. */
  readonly allocationId: string | undefined

  /** Kept to be shown when the interface and the elastic IP are long someone else's. */
  readonly interfaceId: string
  readonly privateAddress: string
  readonly publicIp: string | undefined
  readonly associationId: string | undefined
  readonly createdAt: number
  readonly deletedAt: number | undefined
}

const HOUR_MS = 60 * 60 * 1000

export const natGateways = table({
  name: "ec2/nat-gateways",
  version: 1,
  key: (gateway: NatGateway) => gateway.id,
  indexes: {
    vpc: ({ vpcId }) => vpcId,
    subnet: ({ subnetId }) => subnetId,
    allocation: ({ allocationId }) => allocationId,
  },
  retention: {
    until: ({ state, deletedAt = 0 }) => (state === "deleted" || state === "failed" ? deletedAt + HOUR_MS : undefined),
  },
})
