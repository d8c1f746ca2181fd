import { createHash } from "node:crypto"
import type { NetworkSpec, NetworkState, PublishedPort } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { Containers } from "./containers.ts"
import { type Daemon, filters, unlessGone } from "./daemon.ts"
import { type Attachment, LABELS } from "./spec.ts"
import { addressesOf } from "./subnet.ts"

/**
 * Networks of containers. To Docker a network namespace belongs to a container; ours is a promise of an address on the
 * instance's bridge, which its first container keeps over all of its starts and others join. Docker keeps the promise
 * with that container, so nothing of it is written down here.
 */
export class Networks {
  readonly #daemon: Daemon
  readonly #containers: Containers
  readonly #known = new Map<string, Known>()
  readonly #bridges = new Map<string, Promise<Bridge | undefined>>()

  constructor(daemon: Daemon, containers: Containers) {
    this.#daemon = daemon
    this.#containers = containers
  }

  /** What a container's label says of its network, from before this process. */
  learn(label: string, containerId: string): void {
    const { spec, state } = JSON.parse(label) as Pick<Known, "spec" | "state">
    this.#known.set(spec.id, { spec, state, owner: this.#known.get(spec.id)?.owner ?? containerId })
  }

  async create(spec: NetworkSpec): Promise<NetworkState> {
    const known = this.#known.get(spec.id)
    if (known !== undefined) return known.state
    if (spec.mode === "given") {
      throw new EngineError("invalid", "Docker cannot place containers in a network namespace that is given.")
    }
    const state = spec.mode === "bridge" ? await this.#freePlace(spec.instance) : {}
    const raced = this.#known.get(spec.id)
    if (raced !== undefined) return raced.state
    this.#known.set(spec.id, { spec, state })
    return state
  }

  remove(id: string): void {
    this.#known.delete(id)
  }

  /** With the instance's bridge, if it was the last. */
  async removeTask(instance: string, taskId: string): Promise<void> {
    for (const id of this.of(instance, taskId)) this.#known.delete(id)
    await this.#turn(instance, async () => {
      await this.#removeBridge(instance)
      return undefined
    })
  }

  of(instance: string, taskId: string): readonly string[] {
    return [...this.#known.values()].flatMap(({ spec }) =>
      spec.instance === instance && spec.taskId === taskId ? [spec.id] : [],
    )
  }

  get(id: string): Pick<Known, "spec" | "state"> | undefined {
    return this.#known.get(id)
  }

  /** Which network a connection from this address comes from. */
  byAddress(address: string): string | undefined {
    return [...this.#known.values()].find(({ state }) => state.address === address)?.spec.id
  }

  /** The interface of an instance's bridge. */
  linkOf(instance: string): string {
    return `hp-${createHash("sha256").update(instance).digest("hex").slice(0, 10)}`
  }

  /** For a container that is about to be made. */
  async attach(networkId: string, containerId: string): Promise<Attachment> {
    const known = this.#known.get(networkId)
    if (known === undefined) throw new EngineError("gone", `No such network: ${networkId}`)
    const { spec, state } = known
    const label = JSON.stringify({ spec, state })
    if (spec.mode !== "bridge") return { mode: spec.mode, label }

    const { owner } = known
    const isHeld = owner !== undefined && owner !== containerId
    // One that has ended holds nothing, and its place is there for another, at the same address.
    const status = isHeld ? (await this.#containers.inspect(owner))?.status : undefined
    if (status === "running" || status === "created") {
      return { mode: `container:${this.#containers.dockerId(owner!)}`, label }
    }
    known.owner = containerId
    const mode = bridgeName(spec.instance)
    const { address, macAddress } = state
    return {
      mode,
      label,
      config: { MacAddress: macAddress, ExposedPorts: exposed(spec.ports) },
      hostConfig: { PortBindings: bindings(spec.ports) },
      networkingConfig: {
        EndpointsConfig: { [mode]: { IPAMConfig: { IPv4Address: address }, MacAddress: macAddress } },
      },
    }
  }

  async #freePlace(instance: string): Promise<NetworkState> {
    const bridge = (await this.#turn(instance, async (open) => open ?? (await this.#openBridge(instance))))!
    const taken = new Set([...this.#known.values()].map(({ state }) => state.address))
    for (const place of addressesOf(bridge.subnet, bridge.handedOut)) {
      bridge.handedOut = place.index
      if (place.address === bridge.gateway || taken.has(place.address)) continue
      const { index: _index, ...state } = place
      return { ...state, gateway: bridge.gateway }
    }
    throw new EngineError("machine", `The network of ${instance} has no free address left.`)
  }

  /** Docker finds a free subnet, but hands out addresses that we choose only of one that was asked for. */
  async #openBridge(instance: string): Promise<Bridge> {
    const name = bridgeName(instance)
    const found = await this.#inspectBridge(name)
    if (found !== undefined) return found
    await this.#createBridge(instance)
    const { subnet } = (await this.#inspectBridge(name))!
    await this.#daemon.ask("DELETE", `/networks/${name}`)
    await this.#createBridge(instance, subnet)
    return (await this.#inspectBridge(name))!
  }

  async #createBridge(instance: string, subnet?: string): Promise<void> {
    await this.#daemon.ask("POST", "/networks/create", {
      body: {
        Name: bridgeName(instance),
        CheckDuplicate: true,
        Driver: "bridge",
        Labels: { [LABELS.instance]: instance },
        Options: { "com.docker.network.bridge.name": this.linkOf(instance) },
        ...(subnet === undefined ? {} : { IPAM: { Config: [{ Subnet: subnet }] } }),
      },
    })
  }

  async #inspectBridge(name: string): Promise<Bridge | undefined> {
    const found = await this.#daemon.ask<Inspected>("GET", `/networks/${name}`).catch(unlessGone)
    const config = found?.IPAM.Config[0]
    if (config?.Subnet === undefined) return undefined
    const gateway = config.Gateway ?? [...addressesOf(config.Subnet, 0)][0]!.address
    return { subnet: config.Subnet, gateway, handedOut: 0 }
  }

  /** When nothing needs it any more. */
  async #removeBridge(instance: string): Promise<void> {
    const label = [`${LABELS.instance}=${instance}`]
    const containers = await this.#containers.listed(label)
    const bridges = await this.#daemon.ask<readonly object[]>("GET", "/networks", { query: filters({ label }) })
    const needed = containers.length > 0 || [...this.#known.values()].some(({ spec }) => spec.instance === instance)
    if (needed || bridges.length === 0) return
    await this.#daemon.ask("DELETE", `/networks/${bridgeName(instance)}`).catch(unlessGone)
  }

  /** An instance's bridge is made and removed by one at a time; each begins with what the one before left. */
  #turn(instance: string, work: (open: Bridge | undefined) => Promise<Bridge | undefined>) {
    const before = this.#bridges.get(instance) ?? Promise.resolve(undefined)
    const turn = before.catch(() => undefined).then(work)
    this.#bridges.set(instance, turn)
    return turn
  }
}

interface Known {
  readonly spec: NetworkSpec
  readonly state: NetworkState

  /** The container that holds the place, when it was made. */
  owner?: string
}

interface Bridge {
  readonly subnet: string
  readonly gateway: string

  /** The last place that was given away: an address is used again as late as possible. */
  handedOut: number
}

interface Inspected {
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] }
}

function bridgeName(instance: string): string {
  return `homeport-${instance}`
}

function exposed(ports: readonly PublishedPort[]): object {
  return Object.fromEntries(ports.map(({ containerPort, protocol }) => [`${containerPort}/${protocol}`, {}]))
}

function bindings(ports: readonly PublishedPort[]): object {
  const found: Record<string, { HostPort: string }[]> = {}
  for (const { containerPort, hostPort, protocol } of ports) {
    const place = `${containerPort}/${protocol}`
    found[place] = [...(found[place] ?? []), { HostPort: String(hostPort) }]
  }
  return found
}
