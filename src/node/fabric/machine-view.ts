import { formatSubnet, overlap, parseSubnet } from "../linux/ipv4.ts"
import type { LinuxHost } from "../linux/open-host.ts"
import { localVpcs, type Machine } from "./plan/desired.ts"
import type { FabricRecords } from "./records.ts"
import { Uplinks } from "./uplinks.ts"

export interface MachineViewOptions {
  readonly machine: {
    readonly host: LinuxHost
    readonly underlayAddress?: string | undefined
    readonly linkAddresses?: string
  }
  readonly folder: string
  readonly hosts: ReadonlySet<string>
}

/** What plans have to know of this machine: what it hosts, and where its own routes lead. */
export class MachineView {
  readonly #options: MachineViewOptions
  readonly #pool: string
  readonly #uplinks: Uplinks
  #seen: { readonly mtu: number; readonly taken: readonly string[]; readonly vpcs: string } | undefined

  constructor(options: MachineViewOptions) {
    this.#options = options
    const { host, linkAddresses = LINK_ADDRESSES } = options.machine
    this.#pool = linkAddresses
    this.#uplinks = new Uplinks(options.folder, this.#pool, (vpcId) => host.names.link("router", vpcId))
  }

  /** Looks at the machine again when other VPCs than before are here, or it is asked to. */
  async look(records: FabricRecords, again: boolean): Promise<Machine> {
    const { hosts, machine } = this.#options
    const { underlayAddress } = machine
    const base = { hosts, mtu: this.#seen?.mtu ?? MTU, underlayAddress, taken: [] }
    const { vpcs } = localVpcs(records, { ...base, uplinks: new Map() })
    const names = [...vpcs.keys()].join(" ")
    if (again || this.#seen?.vpcs !== names) await this.#lookAgain(new Set(vpcs.keys()), names)
    const { mtu, taken } = this.#seen!
    return { ...base, mtu, taken, uplinks: this.#uplinks.get() }
  }

  hostLinks(): string[] {
    return [...this.#uplinks.get().values()].map(({ hostLink }) => hostLink)
  }

  async #lookAgain(vpcIds: ReadonlySet<string>, vpcs: string): Promise<void> {
    const { ways, mtu } = await this.#options.machine.host.thread.run("surroundings", {})
    const ours = new Set(this.hostLinks())
    const elsewhere = ways.flatMap(({ link, destination }) => (link !== undefined && ours.has(link) ? [] : destination))
    this.#uplinks.keep(vpcIds, elsewhere)
    const pool = parseSubnet(this.#pool)
    const taken = elsewhere.filter((destination) => !overlap(destination, pool)).map(formatSubnet)
    this.#seen = { mtu: mtu - VXLAN_BYTES, taken, vpcs }
  }
}

/** The part of the host's own pool that it does not use. */
const LINK_ADDRESSES = "172.30.2.0/23"

/** Of Ethernet, less what a VXLAN over version 4 puts around a packet. */
const VXLAN_BYTES = 50
const MTU = 1500 - VXLAN_BYTES
