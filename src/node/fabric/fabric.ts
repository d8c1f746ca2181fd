import { join } from "node:path"
import type { FabricInterfaceFlows, FabricKind, FabricPut } from "../../wire/fabric.ts"
import type { NetworkInterface } from "../../wire/task.ts"
import type { Cancel, World } from "../../world/world.ts"
import type { Fabric } from "../agent/task/surroundings.ts"
import type { Dial } from "../endpoints/forward.ts"
import { Forwarding } from "../linux/forwarding.ts"
import type { LinuxHost } from "../linux/open-host.ts"
import { Cutting } from "./cutting.ts"
import { Resolvers } from "./dns/resolvers.ts"
import { FlowCollector } from "./flows/collector.ts"
import { coverageOf } from "./flows/coverage.ts"
import { Kernel } from "./kernel.ts"
import { MachineView } from "./machine-view.ts"
import { type Desired, desiredFabric, refilteredFabric } from "./plan/desired.ts"
import { planSteps } from "./plan/difference.ts"
import { resolverAddresses } from "./plan/resolver-addresses.ts"
import type { FabricState, Failure, Step } from "./plan/state.ts"
import type { Removed } from "./records.ts"
import { Streams } from "./streams.ts"
import { taskFabric } from "./task-fabric.ts"
import { Turns } from "./turns.ts"
import { type EndpointAddresses, VpcEndpoints } from "./vpc-endpoints.ts"
import { Waiting } from "./waiting.ts"

export interface NodeFabricOptions {
  readonly world: Pick<World, "after" | "log" | "now" | "random">
  readonly host: LinuxHost

  /** Where other machines reach this one; undefined when there are none. It is looked at again at each change. */
  readonly underlayAddress?: string | undefined

  /** Of links between the host and VPCs; beside what the host uses for instances. */
  readonly linkAddresses?: string

  /** Whom resolvers ask for names they do not know; those of the host, when undefined. */
  readonly upstreamResolvers?: () => readonly string[]
}

/**
 * The VPCs of this machine. Streams of its instances tell what should exist; that is kept on disk, compared with what
 * there is, and made true. What is right is left alone, so a start of this process disturbs nothing.
 */
export class NodeFabric {
  readonly #options: NodeFabricOptions
  readonly #streams: Streams
  readonly #view: MachineView
  readonly #forwarding: Forwarding
  readonly #kernel: Kernel
  readonly #waiting: Waiting
  readonly #resolvers: Resolvers
  readonly #endpoints: VpcEndpoints

  /** How the regions of instances are reached. */
  readonly #regions = new Map<string, Dial>()
  readonly #cutting: Cutting
  readonly #flows: FlowCollector

  /** What is in force; undefined when it has to be read from the kernel. */
  #known: FabricState | undefined

  /** What was worked out last, and the kinds of records that have changed since. */
  #desired: Desired | undefined
  readonly #changed = new Set<FabricKind>()
  #failures: readonly Failure[] = []
  readonly #turns: Turns
  #closed = false

  constructor(options: NodeFabricOptions) {
    this.#options = options
    const { host, world, upstreamResolvers } = options
    const { thread, names } = host
    const folder = join(host.stateFolder, "fabric")
    this.#streams = new Streams(join(folder, "records.db"))
    this.#view = new MachineView({ machine: options, folder: join(folder, "uplinks"), hosts: this.#streams.hosts })
    this.#forwarding = new Forwarding(world, thread)
    this.#kernel = new Kernel({ thread, names, forwarding: this.#forwarding })
    this.#waiting = new Waiting(world)
    this.#turns = new Turns(world, () => this.#work().catch((error) => this.#failed(error)))
    this.#cutting = new Cutting({ world, thread, names })
    this.#flows = new FlowCollector({ world, thread, names })
    this.#resolvers = new Resolvers({ world, thread, names, upstreamResolvers }, () => this.#streams.records)
    this.#endpoints = new VpcEndpoints({ world, thread, names }, (interfaceId) => this.#dialFor(interfaceId))
  }

  /** Of an instance that this machine hosts: its interfaces are here from now on, also after a start. */
  host(instanceArn: string, region?: Dial): Promise<void> {
    if (region !== undefined) this.#regions.set(instanceArn, region)
    this.#streams.addHost(instanceArn)
    return this.#settle(["interface"])
  }

  unhost(instanceArn: string): Promise<void> {
    this.#regions.delete(instanceArn)
    this.#streams.removeHost(instanceArn)
    return this.#settle(["interface"])
  }

  /** What a stream has told last; undefined when it has to begin with a snapshot. */
  version(stream: string): number | undefined {
    return this.#streams.version(stream)
  }

  /** All that a stream has to tell: what it told before and is not in it does not exist. Resolves when it is in force. */
  snapshot(stream: string, version: number, put: FabricPut): Promise<readonly Failure[]> {
    return this.change(stream, version, put, this.#streams.missing(stream, put))
  }

  /** What became of the version before. Resolves when it is in force, with all that could not be made true. */
  async change(stream: string, version: number, put: FabricPut, removed: Removed): Promise<readonly Failure[]> {
    await this.#settle(this.#streams.change(stream, version, put, removed))
    return this.#failures
  }

  /** What only this stream told of is taken away. */
  async forget(stream: string): Promise<void> {
    await this.#settle(this.#streams.forget(stream))
  }

  /** Hears of what passes interfaces of an instance that have a flow log, as intervals end. */
  flows(instanceArn: string, hear: (flows: FabricInterfaceFlows) => void): Cancel {
    return this.#flows.listen(instanceArn, hear)
  }

  /** For the tasks of one instance. */
  of(instanceArn: string): Fabric {
    return taskFabric(this.#waiting, (found) => this.#path(instanceArn, found))
  }

  /** Resolves when all that was told until now is in force. */
  async settled(): Promise<readonly Failure[]> {
    await this.#settle([])
    return this.#failures
  }

  /** Ends this process's part: what is in the kernel stays. */
  async close(): Promise<void> {
    this.#closed = true
    const turned = this.#turns.close()
    this.#forwarding.close()
    this.#cutting.close()
    this.#flows.close()
    await turned
    this.#resolvers.close()
    this.#endpoints.close()
    this.#streams.close()
  }

  #path(instanceArn: string, { ec2Id, macAddress }: NetworkInterface): string | undefined {
    const record = this.#streams.records.interface.get(ec2Id)
    if (record?.host !== instanceArn || record.macAddress !== macAddress) return undefined
    const isThere = this.#known?.routers.get(record.vpcId)?.elastics.has(ec2Id)
    return isThere ? this.#options.host.names.elasticPath(ec2Id) : undefined
  }

  #settle(changed: Iterable<FabricKind>): Promise<void> {
    for (const kind of changed) this.#changed.add(kind)
    return this.#turns.take()
  }

  async #work(): Promise<boolean> {
    const { host, world } = this.#options
    const desired = await this.#desire()
    const { state } = desired
    const known = this.#known ?? (await this.#look(state))
    this.#resolvers.closeOthers(new Set(state.routers.keys()))
    const endpoints = this.#endpointAddresses(state)
    this.#endpoints.closeOthers(endpoints)
    const steps = planSteps(known, state, host.names.fabricTable())
    const coverage = coverageOf(desired.vpcs)
    await this.#flows.leave(coverage)
    const failed = await this.#kernel.carryOut(steps)
    this.#flows.cover(coverage)
    this.#known = failed.length === 0 ? state : undefined
    this.#desired = desired
    this.#failures = [...desired.failures, ...failed]
    for (const failure of failed) world.log.warn("a part of the network could not be made", { ...failure })
    this.#waiting.look()
    this.#cutting.soon(refiltered(steps), () => ({ desired: this.#desired, records: this.#streams.records }))
    if (!this.#closed) {
      await this.#resolvers.open(this.#resolverAddresses(state))
      await this.#endpoints.open(endpoints)
    }
    return failed.length === 0
  }

  /** Most of what ever changes are rules, and then the rest need not be worked out again. */
  async #desire(): Promise<Desired> {
    const onlyRules = [...this.#changed].every((kind) => RULE_KINDS.has(kind))
    this.#changed.clear()
    const before = this.#desired
    this.#desired = undefined
    const { records } = this.#streams
    if (onlyRules && before !== undefined && this.#known !== undefined) return refilteredFabric(before, records)
    return desiredFabric(records, await this.#view.look(records, this.#known === undefined))
  }

  async #look(desired: FabricState): Promise<FabricState> {
    const found = await this.#kernel.look(desired, this.#view.hostLinks())
    for (const link of found.host.links.keys()) if (desired.host.links.has(link)) await this.#forwarding.allow(link)
    return found
  }

  /** Of VPCs with a task here; one without the resolver has none, as the region says. */
  #resolverAddresses({ routers }: FabricState): ReadonlyMap<string, readonly string[]> {
    const { vpc: vpcs } = this.#streams.records
    return new Map(
      [...routers].map(([vpcId, { elastics }]) => {
        const vpc = vpcs.get(vpcId)
        return [vpcId, vpc?.dnsSupport && elastics.size > 0 ? resolverAddresses(vpc) : []]
      }),
    )
  }

  #endpointAddresses({ routers }: FabricState): EndpointAddresses {
    const { interface: interfaces } = this.#streams.records
    const here = [...routers.values()].flatMap(({ elastics }) => [...elastics.keys()])
    const addresses = here.flatMap((id): [string, string][] => {
      const record = interfaces.get(id)
      return record?.isEndpoint === true ? [[id, record.addresses[0]!]] : []
    })
    return new Map(addresses)
  }

  /** The region that told of an interface, by the way of the instance that it told it to. */
  #dialFor(interfaceId: string): ReturnType<Dial> {
    const region = this.#regions.get(this.#streams.tellerOf("interface", interfaceId) ?? "")
    return region === undefined ? Promise.reject(new Error(`no region has ${interfaceId}`)) : region()
  }

  #failed(error: unknown): boolean {
    this.#options.world.log.error("the network of this machine could not be made", { error })
    this.#known = undefined
    this.#failures = [{ kind: "machine", id: "", reason: (error as Error).message }]
    return false
  }
}

/** Kinds that only decide what may pass, or what names mean. */
const RULE_KINDS: ReadonlySet<FabricKind> = new Set(["group", "acl", "dnsName"])

function refiltered(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === "filter" && step.vpcId !== undefined ? [step.vpcId] : []))
}
