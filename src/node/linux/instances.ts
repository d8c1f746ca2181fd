import { join } from "node:path"
import type { World } from "../../world/world.ts"
import { EngineError } from "../engine/engine-error.ts"
import { AddressPool } from "./address-pool.ts"
import { Forwarding, type LegacyTables } from "./forwarding.ts"
import { formatAddress, formatSubnet, parseSubnet } from "./ipv4.ts"
import { macOf, type Names } from "./names.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"
import { Records } from "./records.ts"
import { instanceRules, ownInstanceRules, type Publication, withoutTable } from "./rules.ts"
import { addressesOfVeth, carve } from "./subnets.ts"

export interface InstanceRecord {
  readonly own: boolean
  readonly subnet: string

  /** Between the host and the instance, with `own`. */
  readonly veth: string
  readonly mtu: number
}

/** An instance that containers can be put into. */
export interface OpenInstance extends InstanceRecord {
  readonly path: string | undefined
  readonly table: string
  readonly bridge: number
}

export interface InstancesOptions {
  readonly world: Pick<World, "after" | "log" | "monotonic">
  readonly stateFolder: string
  readonly names: Names
  readonly thread: NamespaceThread

  /** Subnets of instances are carved from it. */
  readonly pool: string
  readonly legacy?: LegacyTables
}

/** The places of instances: what each has is kept in a record, and made again in the kernel where it is missing. */
export class Instances {
  readonly #options: InstancesOptions
  readonly #records: Records<InstanceRecord>
  readonly #open = new Map<string, OpenInstance>()
  readonly #opening = new Map<string, Promise<void>>()
  readonly #forwarding: Forwarding
  readonly #pools = new Map<string, AddressPool>()

  constructor(options: InstancesOptions) {
    this.#options = options
    this.#forwarding = new Forwarding(options.world, options.thread, options.legacy)
    this.#records = new Records(join(options.stateFolder, "instances"))
    for (const [instance, record] of this.#records.entries()) this.#addPool(instance, record)
  }

  isOpen(instance: string): boolean {
    return this.#open.has(instance)
  }

  get(instance: string): OpenInstance {
    const open = this.#open.get(instance)
    if (open === undefined) throw new EngineError("gone", `There is no instance ${instance} on this machine.`)
    return open
  }

  /** Also of one that has not been opened since this process started. */
  record(instance: string): InstanceRecord | undefined {
    return this.#records.get(instance)
  }

  pool(instance: string): AddressPool | undefined {
    return this.#pools.get(instance)
  }

  /** Once, however many ask. */
  open(instance: string, own: boolean, published: readonly Publication[]): Promise<void> {
    if (this.isOpen(instance)) return Promise.resolve()
    const opening =
      this.#opening.get(instance) ??
      this.#openNew(instance, own, published).finally(() => this.#opening.delete(instance))
    this.#opening.set(instance, opening)
    return opening
  }

  async #openNew(instance: string, own: boolean, published: readonly Publication[]): Promise<void> {
    const record = this.#records.get(instance) ?? (await this.#choose(instance, own))
    if (record.own !== own) {
      throw new EngineError(
        "invalid",
        `Instance ${instance} is there already, ${own ? "without" : "with"} its own namespace.`,
      )
    }
    const { thread, names } = this.#options
    const path = own ? names.instancePath(instance) : undefined
    const table = names.table(instance)
    const bridgeName = own ? BRIDGE_INSIDE : names.link("bridge", instance)
    const { subnet: subnetText, mtu } = record
    const subnet = parseSubnet(subnetText)

    if (path !== undefined) await this.#connect(instance, path, record)
    const gateway = subnet.base + 1
    const bridge = await thread.run("openBridge", {
      path,
      name: bridgeName,
      address: formatAddress(gateway),
      prefixLength: subnet.prefixLength,
      macAddress: macOf(gateway),
      mtu,
    })
    const rules = instanceRules({ table, bridge: bridgeName, subnet: subnetText, masquerade: !own, published })
    await thread.run("filter", { path, rules })
    await this.#forwarding.allow(this.#hostLink(instance, record))
    this.#open.set(instance, { ...record, path, table, bridge })
  }

  async close(instance: string): Promise<void> {
    const record = this.#records.get(instance)
    if (record === undefined) return
    const { thread, names } = this.#options
    this.#open.delete(instance)
    await this.#forwarding.forget(this.#hostLink(instance, record))
    await thread.run("filter", { path: undefined, rules: withoutTable(names.table(instance)) })
    if (record.own) await thread.run("closeOwn", { path: names.instancePath(instance) })
    else await thread.run("closeBridge", { name: names.link("bridge", instance) })
    this.#records.delete(instance)
    this.#pools.delete(instance)
  }

  /** Of this process; what is in the kernel stays. */
  closeAll(): void {
    this.#forwarding.close()
  }

  /** Through which everything goes to the instance and comes from it, seen from the host. */
  #hostLink(instance: string, { own }: InstanceRecord): string {
    return this.#options.names.link(own ? "instance" : "bridge", instance)
  }

  async #choose(instance: string, own: boolean): Promise<InstanceRecord> {
    const { taken, mtu } = await this.#options.thread.run("surroundings", {})
    const ours = [...this.#records.entries()].flatMap(([, { subnet, veth }]) => [subnet, veth].map(parseSubnet))
    const carved = carve(parseSubnet(this.#options.pool), [...taken, ...ours])
    if (carved === undefined) {
      throw new EngineError("machine", `No addresses of ${this.#options.pool} are left that lead nowhere else.`)
    }
    const record = { own, subnet: formatSubnet(carved.subnet), veth: formatSubnet(carved.veth), mtu }
    this.#records.put(instance, record)
    this.#addPool(instance, record)
    return record
  }

  async #connect(instance: string, path: string, { subnet, veth, mtu }: InstanceRecord): Promise<void> {
    const { thread, names } = this.#options
    const link = names.link("instance", instance)
    const pair = parseSubnet(veth)
    const { host: hostAddress, instance: address } = addressesOfVeth(pair)
    const { prefixLength } = pair
    await thread.run("openOwn", { path, link, hostAddress, address, prefixLength, subnet: parseSubnet(subnet), mtu })
    const rules = ownInstanceRules({ table: names.table(instance), link, sources: [subnet, veth], address })
    await thread.run("filter", { path: undefined, rules })
  }

  #addPool(instance: string, { subnet }: InstanceRecord): void {
    this.#pools.set(instance, new AddressPool(parseSubnet(subnet), () => this.#options.world.monotonic()))
  }
}

/** In a namespace of its own an instance's bridge meets no other. */
const BRIDGE_INSIDE = "bridge0"
