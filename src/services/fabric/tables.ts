import type { Scope } from "../../store/changes.ts"
import { table } from "../../store/table.ts"

// Machines and VPCs meet across accounts, so all of these are the installation's.

/** An interface that is on some machine. It is there from its making until its removal, and never moves. */
export interface HostedInterface {
  readonly interfaceId: string
  readonly vpcId: string

  /** Where the interface and its VPC lie. */
  readonly scope: Scope

  /** The instance whose machine it is on, by its ARN. */
  readonly host: string
}

export const hostedInterfaces = table({
  name: "fabric/hosted-interfaces",
  version: 1,
  belongsTo: "installation",
  key: (hosted: HostedInterface) => hosted.interfaceId,
  indexes: { host: ({ host }) => host, vpc: ({ vpcId }) => vpcId },
})

/** What tells a VPC's traffic from others' between machines: 24 bits, and no two have the same. */
export interface NetworkNumber {
  readonly vpcId: string
  readonly number: number
}

export const networkNumbers = table({
  name: "fabric/network-numbers",
  version: 1,
  belongsTo: "installation",
  key: (numbered: NetworkNumber) => numbered.vpcId,
  indexes: { number: ({ number }) => String(number) },
})

/** A machine that has connected for one of its instances. It is there until that instance is taken out. */
export interface Machine {
  readonly host: string

  /** Where others reach it, as it said when it last connected; undefined for one that stands alone. */
  readonly underlayAddress: string | undefined
}

export const machines = table({
  name: "fabric/machines",
  version: 1,
  belongsTo: "installation",
  key: (machine: Machine) => machine.host,
})
