import type { NetworkSpec, NetworkState } from "../../engine/engine.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import type { Parts } from "./parts.ts"
import { patiently } from "./patience.ts"
import { portsOf } from "./ports.ts"
import { Failure, failureOf } from "./reasons.ts"

/** A task's part of the machine and its networks, each made once, as soon as it is known that it will be needed. */
export class Places {
  readonly #parts: Parts
  readonly #signal: AbortSignal
  readonly #networks = new Map<string, Promise<NetworkState>>()
  #task: Promise<void> | undefined

  constructor(parts: Parts, signal: AbortSignal) {
    this.#parts = parts
    this.#signal = signal
  }

  task(task: TaskRecord): Promise<void> {
    this.#task ??= this.#createTask(task)
    return this.#task
  }

  network(task: TaskRecord, container: ContainerRecord): Promise<NetworkState> {
    const { networkId } = container
    let network = this.#networks.get(networkId)
    if (network === undefined) {
      network = this.#createNetwork(task, container)
      // Whoever needs it hears of the failure; until then nobody may be listening.
      network.catch(() => {})
      this.#networks.set(networkId, network)
    }
    return network
  }

  async idle(): Promise<void> {
    await Promise.allSettled([this.#task, ...this.#networks.values()])
  }

  async #createTask({ id, payload }: TaskRecord): Promise<void> {
    const { engine, instance, world, settings } = this.#parts
    const spec = {
      instance,
      id,
      ...(payload.cpu !== undefined && { cpu: payload.cpu }),
      ...(payload.memory !== undefined && { memory: payload.memory * MIB }),
      ...(settings.pidsMax !== undefined && { pidsMax: settings.pidsMax }),
      sharesPids: payload.pidMode === "task",
      sharesIpc: payload.ipcMode === "task",
    }
    try {
      await patiently(world, this.#signal, () => engine.createTask(spec))
    } catch (error) {
      throw failureOf(error, "ResourceInitializationError", "task")
    }
  }

  async #createNetwork(task: TaskRecord, container: ContainerRecord): Promise<NetworkState> {
    const { engine, world } = this.#parts
    try {
      const spec = await this.#networkSpec(task, container)
      return await patiently(world, this.#signal, () => engine.createNetwork(spec))
    } catch (error) {
      // A port that somebody else has taken ends this container; AWS blames its start for it.
      throw failureOf(error, "CannotStartContainerError")
    }
  }

  async #networkSpec(task: TaskRecord, { networkId, bindings }: ContainerRecord): Promise<NetworkSpec> {
    const { fabric, instance } = this.#parts
    const common = { id: networkId, instance, taskId: task.id }
    const { networkMode = "bridge", elasticNetworkInterfaces = [] } = task.payload
    if (networkMode === "bridge") return { ...common, mode: "bridge", ports: bindings.flatMap(portsOf) }
    if (networkMode !== "awsvpc") return { ...common, mode: networkMode }
    if (fabric === undefined) {
      const words = "unable to set up the network interface of the task: this node has no network for awsvpc tasks"
      throw new Failure("task", "ResourceInitializationError", words)
    }
    try {
      return { ...common, mode: "given", path: await fabric.namespace(task.arn, elasticNetworkInterfaces) }
    } catch (error) {
      const words = `unable to set up the network interface of the task: ${(error as Error).message}`
      throw new Failure("task", "ResourceInitializationError", words, { cause: error })
    }
  }
}

const MIB = 2 ** 20
