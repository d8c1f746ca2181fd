import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import type { Cancel, World } from "../../world/world.ts"
import type { NetworkCounters, PublishedPort } from "../engine/engine.ts"
import { EngineError } from "../engine/engine-error.ts"
import { fleetingFolder } from "./fleeting.ts"
import type { LegacyTables } from "./forwarding.ts"
import type { CreatedNetwork, HostNetworks } from "./host.ts"
import { Instances, type OpenInstance } from "./instances.ts"
import { formatAddress, parseAddress, parseSubnet } from "./ipv4.ts"
import { parseMounts } from "./mounts.ts"
import { macOf, type Names } from "./names.ts"
import { letGo } from "./namespaces/kept.ts"
import { NamespaceError, type NamespaceThread } from "./namespaces/thread.ts"
import { PublishedPorts } from "./published-ports.ts"
import { Records } from "./records.ts"
import { type Publication, publish, withdraw } from "./rules.ts"
import { Servers } from "./servers.ts"
import { addressesOfVeth } from "./subnets.ts"

export interface NetworksOptions {
  readonly world: Pick<World, "after" | "log" | "monotonic">
  readonly stateFolder: string
  readonly names: Names
  readonly thread: NamespaceThread
  readonly pool: string
  readonly legacy?: LegacyTables
}

/** What a namespace was made with. One that is on an instance's bridge has an address there. */
interface NetworkRecord {
  readonly instance?: string
  readonly address?: string
  readonly ports: readonly PublishedPort[]
}

/**
 * Namespaces by id. Each has a record, written before it is made and deleted after it is gone, and is a mount, which is
 * there only when it is whole: together they tell after a restart what there is.
 */
export class LinuxNetworks implements HostNetworks {
  readonly #names: Names
  readonly #thread: NamespaceThread
  readonly #instances: Instances
  readonly #records: Records<NetworkRecord>
  readonly #servers: Servers
  readonly #ports = new PublishedPorts()
  readonly #creating = new Map<string, Promise<CreatedNetwork>>()

  constructor(options: NetworksOptions) {
    this.#names = options.names
    this.#thread = options.thread
    this.#instances = new Instances(options)
    this.#records = new Records(fleetingFolder(options.names, join(options.stateFolder, "networks")))
    this.#servers = new Servers(options.thread, options.world.log)
    this.#recover()
  }

  isOpen(instance: string): boolean {
    return this.#instances.isOpen(instance)
  }

  async openInstance(instance: string, { own }: { readonly own: boolean }): Promise<void> {
    if (this.isOpen(instance)) return
    await this.#instances.open(instance, own, this.#published(instance))
  }

  async closeInstance(instance: string): Promise<void> {
    const ids = [...this.#records.entries()].flatMap(([id, record]) => (record.instance === instance ? [id] : []))
    await Promise.all(ids.map((id) => this.#remove(id, true)))
    const path = this.instancePath(instance)
    if (path !== undefined) this.#servers.closeIn(path)
    await this.#instances.close(instance)
  }

  createBridged(id: string, instance: string, ports: readonly PublishedPort[]): Promise<CreatedNetwork> {
    return this.#once(id, () => this.#createBridged(id, this.#instances.get(instance), instance, ports))
  }

  createEmpty(id: string): Promise<CreatedNetwork> {
    return this.#once(id, async () => {
      this.#records.put(id, { ports: [] })
      await this.#makeOrForget(id, this.#thread.run("createEmpty", { path: this.#names.networkPath(id) }))
    })
  }

  remove(id: string): Promise<void> {
    return this.#remove(id, false)
  }

  async #remove(id: string, cut: boolean): Promise<void> {
    await this.#creating.get(id)?.catch(() => {})
    const record = this.#records.get(id)
    if (record === undefined) return
    const path = this.#names.networkPath(id)
    this.#servers.closeIn(path)
    await this.#withdraw(record)
    await this.#thread.run("remove", { path, cut })
    this.#forget(id)
  }

  get(id: string): CreatedNetwork | undefined {
    const record = this.#creating.has(id) ? undefined : this.#records.get(id)
    if (record === undefined) return undefined
    const path = this.#names.networkPath(id)
    const { instance, address } = record
    if (instance === undefined || address === undefined) return { path }
    const { base, prefixLength } = parseSubnet(this.#instances.record(instance)!.subnet)
    const macAddress = macOf(parseAddress(address))
    return { path, address, prefixLength, gateway: formatAddress(base + 1), macAddress }
  }

  list(): readonly string[] {
    return [...this.#records.entries()].flatMap(([id]) => (this.#creating.has(id) ? [] : [id]))
  }

  instancePath(instance: string): string | undefined {
    return this.#instances.record(instance)?.own ? this.#names.instancePath(instance) : undefined
  }

  instanceAddress(instance: string): string | undefined {
    const record = this.#instances.record(instance)
    return record?.own ? addressesOfVeth(parseSubnet(record.veth)).instance : undefined
  }

  serve(path: string | undefined, address: string, port: number, connected: (socket: Duplex) => void): Promise<Cancel> {
    return this.#servers.open(path, address, port, connected)
  }

  counters(path: string): Promise<Readonly<Record<string, NetworkCounters>>> {
    return this.#thread.run("counters", { path })
  }

  async close(): Promise<void> {
    this.#instances.closeAll()
    await this.#servers.closeAll()
  }

  async #createBridged(id: string, open: OpenInstance, instance: string, ports: readonly PublishedPort[]) {
    this.#ports.assertFree(open.path, ports)
    const pool = this.#instances.pool(instance)!
    const taken = pool.take()
    if (taken === undefined) throw new EngineError("machine", `Every address of ${open.subnet} is in use.`)
    const address = formatAddress(taken)
    try {
      this.#records.put(id, { instance, address, ports })
    } catch (error) {
      pool.giveBack(taken)
      throw error
    }
    this.#ports.add(open.path, ports)
    const { prefixLength, base } = parseSubnet(open.subnet)
    const made = this.#thread.run("createBridged", {
      path: this.#names.networkPath(id),
      instancePath: open.path,
      bridge: open.bridge,
      link: this.#names.link("network", id),
      address,
      prefixLength,
      gateway: formatAddress(base + 1),
      macAddress: macOf(taken),
      mtu: open.mtu,
      ports,
      rules: ports.length === 0 ? undefined : publish(open.table, { address, ports }),
    })
    await this.#makeOrForget(id, made)
  }

  /** Makes what is not there, and once only however many ask. */
  #once(id: string, make: () => Promise<void>): Promise<CreatedNetwork> {
    const creating = this.#creating.get(id)
    if (creating !== undefined) return creating
    const there = this.get(id)
    if (there !== undefined) return Promise.resolve(there)
    const created = make()
      .finally(() => this.#creating.delete(id))
      .then(() => this.get(id)!)
    this.#creating.set(id, created)
    return created
  }

  async #makeOrForget(id: string, made: Promise<void>): Promise<void> {
    try {
      await made
    } catch (error) {
      this.#forget(id)
      throw error
    }
  }

  #forget(id: string): void {
    const record = this.#records.get(id)
    if (record === undefined) return
    const { instance, address, ports } = record
    this.#records.delete(id)
    if (instance === undefined || address === undefined) return
    this.#instances.pool(instance)?.giveBack(parseAddress(address))
    this.#ports.remove(this.instancePath(instance), ports)
  }

  async #withdraw({ instance, address, ports }: NetworkRecord): Promise<void> {
    if (instance === undefined || address === undefined || ports.length === 0) return
    const path = this.instancePath(instance)
    const rules = withdraw(this.#names.table(instance), { address, ports })
    try {
      const datagrams = ports.some(({ protocol }) => protocol === "udp")
      await this.#thread.run("withdraw", { path, rules, address, datagrams })
    } catch (error) {
      // It was withdrawn before, by an attempt that did not come to its end.
      if (!(error instanceof NamespaceError) || error.code !== "ENOENT") throw error
    }
  }

  #published(instance: string): Publication[] {
    return [...this.#records.entries()].flatMap(([, record]) =>
      record.instance === instance && record.address !== undefined && record.ports.length > 0
        ? { address: record.address, ports: record.ports }
        : [],
    )
  }

  /** After a restart of the machine, or a crash in the middle, there are records without a mount, or the other way round. */
  #recover(): void {
    const mounted = new Set(parseMounts(readFileSync("/proc/self/mountinfo", "utf8")).map(({ point }) => point))
    for (const [id, { instance, address, ports }] of [...this.#records.entries()]) {
      const known = instance === undefined || this.#instances.record(instance) !== undefined
      if (!known || !mounted.has(this.#names.networkPath(id))) this.#records.delete(id)
      else if (instance !== undefined && address !== undefined) {
        this.#instances.pool(instance)?.occupy(parseAddress(address))
        this.#ports.add(this.instancePath(instance), ports)
      }
    }
    for (const [id, path] of this.#names.networkPaths()) if (this.#records.get(id) === undefined) letGo(path)
  }
}
