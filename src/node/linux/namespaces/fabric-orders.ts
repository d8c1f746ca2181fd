import type { ListedConnection } from "../netlink/connection.ts"
import type { CountedElement } from "../netlink/counted-elements.ts"
import type { Entry } from "../netlink/entries.ts"
import type { ElementEdit } from "../netlink/filter-elements.ts"

/** What the fabric asks of the thread of namespaces. A path that is undefined is the host's namespace. */
export interface FabricOrders {
  /** A namespace that routes and has nothing but a loopback; one that is there is left as it is. */
  openRouter(order: { readonly path: string }): void
  closeRouter(order: { readonly path: string }): void

  /** Undefined when there is no such namespace. */
  lookAtRouter(order: { readonly path: string | undefined }): RouterView | undefined

  /** Takes away and puts in, in this order; answers with what the kernel refused. */
  configure(order: ConfigureOrder): readonly Refusal[]

  /** The same in a namespace that is to go away with its name. */
  configureInside(order: ConfigureOrder & { readonly path: string }): readonly Refusal[]

  /** A namespace with one interface whose other end is in a router. All or nothing. */
  createElastic(order: ElasticOrder): void

  /** What namespaces made so hold, in the order of their paths; undefined for those that are not there. */
  lookInside(order: { readonly paths: readonly string[] }): readonly (RouterView | undefined)[]

  /** A veth pair between two namespaces that stay. */
  connect(order: { readonly one: ConnectedEnd; readonly other: ConnectedEnd; readonly mtu: number }): void

  /** Its packets leave from the host's namespace, and it is in a router. */
  openVxlan(order: VxlanOrder): void
  removeLink(order: { readonly path: string | undefined; readonly link: string }): void

  /** Changes elements of sets in a table of the kind inet, at once. */
  editElements(order: {
    readonly path: string | undefined
    readonly table: string
    readonly edits: readonly ElementEdit[]
  }): void

  /** What packets have put into sets of a table of the kind inet, set by set. */
  countedElements(order: {
    readonly path: string
    readonly table: string
    readonly sets: readonly string[]
  }): readonly (readonly CountedElement[])[]

  connections(order: { readonly path: string }): readonly ListedConnection[]
  forgetConnections(order: {
    readonly path: string
    readonly connections: readonly Pick<ListedConnection, "family" | "name">[]
  }): void

  /** The file descriptor of a socket that is bound inside; a stream listens. */
  openSocket(order: SocketOrder): number
}

export interface RouterView {
  /** By name. */
  readonly links: Readonly<Record<string, LinkView>>
  readonly entries: readonly Entry[]
}

export interface LinkView {
  readonly mac: string
  readonly mtu: number
}

export interface ConfigureOrder {
  readonly path: string | undefined
  readonly remove: readonly Entry[]
  readonly add: readonly Entry[]
}

export interface Refusal {
  readonly entry: Entry
  readonly reason: string
}

export interface ElasticOrder {
  readonly path: string

  /** The interface inside. */
  readonly name: string
  readonly mac: string
  readonly mtu: number

  /** The other end. */
  readonly routerPath: string
  readonly link: string
  readonly linkMac: string

  /** Of the namespace inside, in their order. */
  readonly entries: readonly Entry[]
}

export interface ConnectedEnd {
  readonly path: string | undefined
  readonly name: string
  readonly mac: string
}

export interface VxlanOrder {
  readonly path: string
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly network: number
  readonly underlayAddress: string
}

export interface SocketOrder {
  readonly path: string
  readonly kind: "stream" | "datagram"
  readonly address: string
  readonly port: number
}
