import type { NetworkCounters, PublishedPort } from "../../engine/engine.ts"
import type { Subnet } from "../ipv4.ts"
import type { FabricOrders } from "./fabric-orders.ts"

/**
 * What the thread of namespaces is asked to do. A namespace is named by its path, and undefined is the host's. All of it
 * may be asked for again.
 */
export interface Orders extends FabricOrders {
  /** A namespace with a loopback and nothing else. */
  createEmpty(order: { readonly path: string }): void

  /** A namespace whose `eth0` is a port of a bridge, and rules that publish its ports. All or nothing. */
  createBridged(order: BridgedOrder): void

  /** `cut` is for when nothing of it will be reachable any more. */
  remove(order: { readonly path: string; readonly cut: boolean }): void

  /** Answers with the index of the bridge. */
  openBridge(order: BridgeOrder): number
  closeBridge(order: { readonly name: string }): void

  /** A namespace that is reached from the host through a veth pair. */
  openOwn(order: OwnOrder): void
  closeOwn(order: { readonly path: string }): void

  /** Runs a text of nftables, all of it or nothing. */
  filter(order: { readonly path: string | undefined; readonly rules: string }): void

  /** What is published for an address is withdrawn. */
  withdraw(order: WithdrawOrder): void

  /** What nftables answers to a listing; undefined when what it names is not there. */
  listing(order: { readonly command: string }): string | undefined

  /** The file descriptor of a socket that listens. */
  listen(order: { readonly path: string | undefined; readonly address: string; readonly port: number }): number
  forgetAddress(order: { readonly path: string | undefined; readonly address: string }): void
  counters(order: { readonly path: string }): Readonly<Record<string, NetworkCounters>>

  /** Where the host's routes lead, without its default route, and how large a packet the default route takes. */
  surroundings(order: Record<string, never>): {
    readonly taken: readonly Subnet[]

    /** The same, with the name of the link that they lead through. */
    readonly ways: readonly { readonly destination: Subnet; readonly link: string | undefined }[]
    readonly mtu: number
  }

  /** Lets go of every namespace. The thread may be ended then. */
  close(order: Record<string, never>): void
}

export interface BridgedOrder {
  readonly path: string

  /** Where the bridge and the published ports are. */
  readonly instancePath: string | undefined
  readonly bridge: number

  /** The name of the other end of `eth0`. */
  readonly link: string
  readonly address: string
  readonly prefixLength: number
  readonly gateway: string
  readonly macAddress: string
  readonly mtu: number

  /** Have to be free. */
  readonly ports: readonly PublishedPort[]
  readonly rules: string | undefined
}

export interface WithdrawOrder {
  readonly path: string | undefined
  readonly rules: string
  readonly address: string

  /** Whether datagrams are among it. */
  readonly datagrams: boolean
}

export interface BridgeOrder {
  readonly path: string | undefined
  readonly name: string
  readonly address: string
  readonly prefixLength: number
  readonly macAddress: string
  readonly mtu: number
}

export interface OwnOrder {
  readonly path: string

  /** The name of the host's end. */
  readonly link: string
  readonly hostAddress: string
  readonly address: string
  readonly prefixLength: number

  /** What the host reaches through it. */
  readonly subnet: Subnet
  readonly mtu: number
}

export type Order = {
  [K in keyof Orders]: { readonly kind: K; readonly number: number; readonly input: Parameters<Orders[K]>[0] }
}[keyof Orders]

export type Report =
  | { readonly number: number; readonly output: unknown }
  | { readonly number: number; readonly failure: { readonly code: string | undefined; readonly message: string } }
