import { readFileSync } from "node:fs"
import { release } from "node:os"
import type { World } from "../../../world/world.ts"
import type { Host } from "../../linux/host.ts"
import type { Abilities, Engine } from "../engine.ts"
import { EngineError } from "../engine-error.ts"
import { Containers } from "./containers.ts"
import { Daemon } from "./daemon.ts"
import { Events } from "./events.ts"
import { execIn } from "./exec.ts"
import { dockerImages } from "./images.ts"
import { dockerLogs } from "./logs.ts"
import { Networks } from "./networks.ts"
import { Serving } from "./serving.ts"
import { LABELS } from "./spec.ts"
import { type DockerStats, statsOf } from "./stats.ts"
import { TaskCgroups } from "./tasks.ts"
import { dockerVolumes } from "./volumes.ts"

export interface DockerOptions {
  readonly world: World
  readonly socketPath: string

  /** Of this machine, if Docker runs on it. */
  readonly host?: Host

  /** The path of the network namespace that is Docker's host, when it is not this process's. */
  readonly networkNamespace?: string

  /** Tasks have their cgroups below it, and volumes are marked with it; `/homeport` unless it is given. */
  readonly cgroup?: string
}

/** Runs containers by Docker's API: bridge, host and none. Throws `EngineError` when there is no Docker that it can use. */
export async function openDocker({
  world,
  socketPath,
  host,
  networkNamespace,
  cgroup = "/homeport",
}: DockerOptions): Promise<Engine> {
  const daemon = new Daemon(socketPath)
  const { version } = await daemon.open()
  const info = await daemon.ask<Info>("GET", "/info")

  // A Docker in a virtual machine has a kernel of its own, which nothing of ours reaches.
  const local = info.KernelVersion === release() ? host : undefined
  const cgroups = new TaskCgroups(info.CgroupDriver === "cgroupfs" ? local?.cgroups : undefined, cgroup)
  const containers = new Containers(daemon, local && bootedAt())
  const networks = new Networks(daemon, containers)
  const events = new Events(daemon, world, containers)
  const serving = new Serving(local?.networks, networkNamespace, networks)

  await events.open()
  for (const { Labels } of await containers.open()) networks.learn(Labels[LABELS.network]!, Labels[LABELS.id]!)

  return {
    name: "docker",
    version,
    abilities: abilitiesOf(info, cgroups.able, local === undefined || hasAllCapabilities()),
    images: dockerImages(daemon, world),
    volumes: dockerVolumes(daemon, cgroup),
    createTask: (spec) => cgroups.create(spec),

    async removeTask(instance, id) {
      const labels = [`${LABELS.instance}=${instance}`, `${LABELS.task}=${id}`]
      const found = await containers.listed(labels)
      await Promise.all(found.map(({ Labels }) => containers.remove(Labels[LABELS.id]!)))
      for (const networkId of networks.of(instance, id)) serving.forget(networkId)
      await networks.removeTask(instance, id)
      await cgroups.remove(instance, id)
    },

    createNetwork: (spec) => networks.create(spec),

    async removeNetwork(id) {
      serving.forget(id)
      networks.remove(id)
    },

    async create(spec) {
      if (containers.dockerId(spec.id) !== undefined) return
      const attachment = await networks.attach(spec.networkId, spec.id)
      await containers.create(spec, attachment, cgroups.parent(spec.instance, spec.taskId))
    },

    start: (id) => containers.start(id),
    signal: (id, signal) => containers.signal(id, signal),
    remove: (id) => containers.remove(id),
    exec: (id, command, signal) =>
      // Not an immediate error: who calls gets a promise in any case.
      Promise.resolve().then(() => execIn(daemon, world, containers.path(id), command, signal, local && endProcess)),
    list: (instance) => containers.list([`${LABELS.instance}=${instance}`]),
    inspect: (id) => containers.inspect(id),
    watch: (listener) => events.watch(listener),

    async stats(id) {
      if (containers.dockerId(id) === undefined) return undefined
      const query = { stream: false, "one-shot": true }
      return statsOf(await daemon.ask<DockerStats>("GET", containers.path(id, "/stats"), { query }))
    },

    logs: (id) => dockerLogs(daemon, containers, events, id),
    serve: (networkId, address, port, connected) => serving.serve(networkId, address, port, connected),

    async isWell() {
      const patience = new AbortController()
      const cancel = world.after(WELL_MS, () => patience.abort())
      try {
        await daemon.ask("GET", "/_ping", { signal: patience.signal })
        return true
      } catch {
        return false
      } finally {
        cancel()
      }
    },

    async close() {
      events.close()
      serving.close()
      daemon.close()
    },
  }
}

function abilitiesOf(info: Info, taskLimits: boolean, hasAllCapabilities: boolean): Abilities {
  const secures = (name: string) => info.SecurityOptions.some((option) => option.split(",")[0] === `name=${name}`)
  return {
    givenNetworks: false,
    sharedNamespaces: false,
    taskLimits,
    privileged: hasAllCapabilities && !secures("rootless"),
    apparmor: secures("apparmor"),
    selinux: secures("selinux"),
    volumeDrivers: (info.Plugins.Volume ?? []).filter((driver) => driver !== "local"),
    gpus: [],
  }
}

/** A machine may lack some for good; runc then starts nothing that is privileged. */
function hasAllCapabilities(): boolean {
  const bounding = /^CapBnd:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"))
  return BigInt(`0x${bounding}`) === (1n << BigInt(last + 1)) - 1n
}

/** In milliseconds since 1970, as the kernel reckons it now. */
function bootedAt(): number {
  const seconds = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]
  return Number(seconds) * 1000
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw new EngineError("machine", `The command could not be ended: ${String(error)}`, { cause: error })
    }
  }
}

interface Info {
  readonly KernelVersion: string
  readonly CgroupDriver: string
  readonly SecurityOptions: readonly string[]
  readonly Plugins: { readonly Volume?: readonly string[] | null }
}

const WELL_MS = 2_000
