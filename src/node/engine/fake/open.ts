import type { Cancel } from "../../../world/world.ts"
import type { Engine, EngineEvent } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import type { FakeMachine } from "../fake.ts"
import type { Operation } from "./faults.ts"

/** The way between a machine and one engine that was opened on it. */
export interface Connection {
  tell(event: EngineEvent): void

  /** From now on nothing is heard or answered any more. */
  cut(): void
}

export function fakeEngine(machine: FakeMachine): { readonly engine: Engine; readonly connection: Connection } {
  const listeners = new Set<(event: EngineEvent) => void>()
  const served = new Set<Cancel>()
  let isClosed = false
  let isCut = false

  function letGo(): void {
    isClosed = true
    listeners.clear()
    for (const cancel of served) cancel()
    served.clear()
  }

  /** One that was asked of an engine which has been cut off meanwhile is never answered. */
  function ask<Answer>(operation: Operation, id: string, work: () => Answer | Promise<Answer>): Promise<Answer> {
    if (isCut) return never()
    if (isClosed) return Promise.reject(new EngineError("unavailable", "This engine was closed."))
    return machine.faults.meet(operation, id, work).then(
      (answer) => (isCut ? never() : answer),
      (error) => (isCut ? never() : Promise.reject(error)),
    )
  }

  const engine: Engine = {
    name: "fake",
    version: "1.0.0",
    abilities: machine.abilities,
    images: {
      resolve: (reference, _login, signal) =>
        ask("images", reference, () => {
          signal.throwIfAborted()
          return machine.images.resolve(reference)
        }),
      pull: (reference, options) => ask("images", reference, () => machine.images.pull(reference, options)),
      get: (reference) => ask("images", reference, () => machine.images.get(reference)),
      list: () => ask("images", "", () => machine.images.list()),
      remove: (id) => ask("images", id, () => machine.removeImage(id)),
      importTar: () =>
        ask("images", "", () => {
          throw new EngineError("invalid", "The fake machine takes images from its script alone.")
        }),
    },
    volumes: {
      create: (spec) =>
        ask("volumes", spec.name, () => {
          if (!machine.volumes.has(spec.name)) machine.volumes.set(spec.name, spec)
        }),
      inspect: (name) => ask("volumes", name, () => machine.volumes.get(name)),
      remove: (name) => ask("volumes", name, () => void machine.volumes.delete(name)),
    },
    createTask: (spec) => ask("createTask", spec.id, () => machine.createTask(spec)),
    removeTask: (instance, id) => ask("removeTask", id, () => machine.removeTask(instance, id)),
    createNetwork: (spec) => ask("createNetwork", spec.id, () => machine.createNetwork(spec)),
    removeNetwork: (id) => ask("removeNetwork", id, () => machine.places.remove(id)),
    create: (spec) => ask("create", spec.id, () => machine.create(spec)),
    start: (id) => ask("start", id, () => machine.start(id)),
    signal: (id, signal) => ask("signal", id, () => machine.container(id)?.signal(signal) ?? false),
    remove: (id) => ask("remove", id, () => machine.remove(id)),
    exec: (id, command, signal) => ask("exec", id, () => machine.existing(id).exec(command, signal)),
    list: (instance) => ask("list", instance, () => machine.list(instance)),
    inspect: (id) => ask("inspect", id, () => machine.container(id)?.state),
    watch(listener) {
      if (!isClosed) listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stats: (id) => ask("stats", id, () => machine.container(id)?.stats()),
    logs: (id) => machine.log(id).source(() => isCut),
    serve: (networkId, address, port, connected) =>
      ask("serve", networkId, () => {
        if (!machine.places.has(networkId)) throw new EngineError("gone", `No such network: ${networkId}`)
        const stop = machine.places.serve(networkId, address, port, connected)
        const cancel = () => {
          served.delete(cancel)
          stop()
        }
        served.add(cancel)
        return cancel
      }),
    isWell: () => (isCut ? never() : Promise.resolve(!machine.faults.down)),
    async close() {
      letGo()
    },
  }

  return {
    engine,
    connection: {
      tell(event) {
        for (const listener of [...listeners]) listener(event)
      },
      cut() {
        isCut = true
        letGo()
      },
    },
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
