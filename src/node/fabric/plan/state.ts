import type { Entry } from "../../linux/netlink/entries.ts"
import type { ElementEdit } from "../../linux/netlink/filter-elements.ts"
import type { FilterTable } from "../filter/table.ts"
import type { Translation } from "./translation.ts"

/**
 * The network of this machine as far as it is ours, in the words of the kernel. What the records ask for is written so,
 * and so is what was found; the plan is the difference.
 */
export interface FabricState {
  readonly host: SpaceState

  /** By VPC. */
  readonly routers: ReadonlyMap<string, RouterState>
}

/** A namespace that routes. */
export interface SpaceState {
  readonly links: ReadonlyMap<string, LinkState>

  /** By their keys. */
  readonly entries: ReadonlyMap<string, Entry>

  /** Undefined when nobody knows what is there. */
  readonly table: FilterTable | undefined
}

export interface RouterState extends SpaceState {
  /** By the id of the interface. */
  readonly elastics: ReadonlyMap<string, ElasticState>

  /** A part of the table that follows from the routes. */
  readonly translations: readonly Translation[]
}

export type LinkState =
  | ConnectedLink
  | VxlanLink

  /** The other end says how it is made. */
  | { readonly kind: "end" }

/** A veth pair to another space. */
export interface ConnectedLink {
  readonly kind: "connected"
  readonly mac: string
  readonly mtu: number

  /** Undefined is the host. */
  readonly otherVpc: string | undefined
  readonly otherName: string
  readonly otherMac: string
}

export interface VxlanLink {
  readonly kind: "vxlan"
  readonly mac: string
  readonly mtu: number
  readonly network: number
  readonly underlayAddress: string
}

/** An interface of a task: a namespace of its own, and the other end of it in a router. */
export interface ElasticState {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly link: string
  readonly linkMac: string

  /** Inside, by their keys. */
  readonly entries: ReadonlyMap<string, Entry>
}

export type Step = { readonly subject: Subject } & (
  | { readonly kind: "open router"; readonly vpcId: string }
  | FilterStep
  | { readonly kind: "connect"; readonly vpcId: string; readonly link: string; readonly state: ConnectedLink }
  | { readonly kind: "open vxlan"; readonly vpcId: string; readonly link: string; readonly state: VxlanLink }
  | { readonly kind: "create elastic"; readonly vpcId: string; readonly id: string; readonly state: ElasticState }
  | {
      readonly kind: "change elastic"
      readonly id: string
      readonly remove: readonly Entry[]
      readonly add: readonly Entry[]
    }
  | {
      readonly kind: "configure"
      readonly vpcId: string | undefined
      readonly remove: readonly Entry[]
      readonly add: readonly Entry[]
    }
  | { readonly kind: "remove elastic"; readonly vpcId: string; readonly id: string; readonly link: string }
  | { readonly kind: "remove link"; readonly vpcId: string | undefined; readonly link: string }
  | { readonly kind: "close router"; readonly vpcId: string }
)

export interface FilterStep {
  readonly kind: "filter"
  readonly subject: Subject
  readonly vpcId: string | undefined
  readonly table: string
  readonly text: string

  /** The same, when only elements come and go. */
  readonly edits?: readonly ElementEdit[]
}

/** The record that a step is for, which is told when it fails. */
export interface Subject {
  readonly kind: string
  readonly id: string
}

export interface Failure extends Subject {
  readonly reason: string
}
