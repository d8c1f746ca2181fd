import type { ContainerSpec, Mount } from "../../engine.ts"
import type { OciMount } from "./oci.ts"

/** Where on the machine the parts are that a container's own tree gets from outside of its image. */
export interface MountSources {
  readonly hosts: string
  readonly resolvConf: string
  readonly hostname: string

  /** By the volume's name. */
  readonly volumes: ReadonlyMap<string, string>

  /** By target: what the image declares as volumes and nothing else is mounted on. */
  readonly anonymousVolumes: ReadonlyMap<string, string>

  /** What the containers of a task share as `/dev/shm`. */
  readonly taskSharedMemory: string
  readonly init: string
}

/** Every mount of a container, outer ones first. One that is asked for takes the place of a default. */
export function buildMounts(container: ContainerSpec, sources: MountSources): readonly OciMount[] {
  const asked = [
    ...[...sources.anonymousVolumes].map(([target, source]) => bind(source, target, false)),
    ...container.mounts.map((mount) => ociMount(mount, sources)),
  ]
  const defaults = [...kernelMounts(container, sources), ...fileMounts(container, sources)]
  const byTarget = new Map([...defaults, ...asked].map((mount) => [normal(mount.destination), mount]))
  return [...byTarget.values()].sort((a, b) => depth(a) - depth(b))
}

function ociMount(mount: Mount, { volumes }: MountSources): OciMount {
  switch (mount.kind) {
    case "bind":
      return bind(mount.source, mount.target, mount.readOnly)
    case "volume":
      return bind(volumes.get(mount.volume)!, mount.target, mount.readOnly)
    case "tmpfs": {
      const options = mount.options.filter((option) => option !== "defaults")
      return { destination: mount.target, type: "tmpfs", source: "tmpfs", options: [...SAFE, ...options] }
    }
  }
}

function kernelMounts({ privileged, ipc, sharedMemory }: ContainerSpec, sources: MountSources): OciMount[] {
  const access = privileged ? "rw" : "ro"
  return [
    { destination: "/proc", type: "proc", source: "proc", options: SAFE },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...SAFE, access] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [access, ...SAFE] },
    // It shows the queues of whatever namespace the container is in, also where the machine itself has not mounted them.
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: SAFE },
    ...sharedMemoryMounts(ipc, sharedMemory, sources),
  ]
}

function sharedMemoryMounts(ipc: ContainerSpec["ipc"], size = SHARED_MEMORY, sources: MountSources): OciMount[] {
  const target = "/dev/shm"
  switch (ipc) {
    case "host":
      return [bind("/dev/shm", target, false)]
    case "task":
      return [bind(sources.taskSharedMemory, target, false)]
    case "private":
      return [{ destination: target, type: "tmpfs", source: "shm", options: [...SAFE, "mode=1777", `size=${size}`] }]
    case "none":
      return []
  }
}

function fileMounts({ init, pid }: ContainerSpec, sources: MountSources): OciMount[] {
  return [
    bind(sources.resolvConf, "/etc/resolv.conf", false),
    bind(sources.hostname, "/etc/hostname", false),
    bind(sources.hosts, "/etc/hosts", false),
    ...(init && pid === "private" ? [bind(sources.init, INIT_TARGET, true)] : []),
  ]
}

function bind(source: string, destination: string, readOnly: boolean): OciMount {
  return { destination, type: "bind", source, options: ["rbind", "rprivate", readOnly ? "ro" : "rw"] }
}

function normal(path: string): string {
  return path.replace(/\/+$/, "") || "/"
}

function depth({ destination }: OciMount): number {
  return normal(destination).split("/").length
}

export const INIT_TARGET = "/sbin/docker-init"
const SAFE = ["nosuid", "noexec", "nodev"]
const SHARED_MEMORY = 64 * 1024 * 1024
