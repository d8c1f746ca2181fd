import type { ContainerSpec, Mount } from "../engine.ts"
import { EngineError } from "../engine-error.ts"

/** How our names are found again on what Docker keeps. */
export const LABELS = {
  id: "homeport.id",
  instance: "homeport.instance",
  task: "homeport.task",
  network: "homeport.network",
}

/** What a container's network contributes to what Docker is asked for. */
export interface Attachment {
  readonly mode: string

  /** Of the kind that goes with the mode, kept with the container so that a later process knows it. */
  readonly label: string
  readonly config?: object
  readonly hostConfig?: object
  readonly networkingConfig?: object
}

/** The body of Docker's call that creates a container. */
export function createBody(spec: ContainerSpec, attachment: Attachment, cgroupParent: string | undefined): object {
  for (const kind of ["pid", "ipc"] as const) {
    if (spec[kind] === "task") throw new EngineError("invalid", `Docker's containers cannot share ${kind} in a task.`)
  }
  const joins = attachment.mode.startsWith("container:")
  return {
    Image: spec.imageId,
    ...(spec.entryPoint === undefined ? {} : { Entrypoint: spec.entryPoint }),
    ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    WorkingDir: spec.workingDirectory ?? "",
    User: spec.user ?? "",
    // Who joins another's network has its name as well.
    ...(joins ? {} : { Hostname: spec.hostname ?? "" }),
    Labels: {
      ...spec.labels,
      [LABELS.id]: spec.id,
      [LABELS.instance]: spec.instance,
      [LABELS.task]: spec.taskId,
      [LABELS.network]: attachment.label,
    },
    Tty: spec.terminal,
    OpenStdin: spec.openStdin,
    // Health is the agent's to ask for, also where the image brings a check of its own.
    Healthcheck: { Test: ["NONE"] },
    ...attachment.config,
    HostConfig: {
      ...attachment.hostConfig,
      ...limits(spec),
      NetworkMode: attachment.mode,
      Binds: spec.mounts.flatMap(bindOf),
      Tmpfs: Object.fromEntries(
        spec.mounts.flatMap((mount) => (mount.kind === "tmpfs" ? [[mount.target, mount.options.join(",")]] : [])),
      ),
      Init: spec.init,
      ReadonlyRootfs: spec.readonlyRoot,
      Privileged: spec.privileged,
      CapAdd: spec.capabilitiesAdded,
      CapDrop: spec.capabilitiesDropped,
      SecurityOpt: spec.securityOptions,
      Devices: spec.devices.map(({ hostPath, containerPath, permissions }) => ({
        PathOnHost: hostPath,
        PathInContainer: containerPath,
        CgroupPermissions: permissions,
      })),
      ...(spec.gpus.length > 0
        ? { DeviceRequests: [{ Driver: "nvidia", DeviceIDs: spec.gpus, Capabilities: [["gpu"]] }] }
        : {}),
      Ulimits: spec.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
      Sysctls: spec.sysctls,
      ...(spec.sharedMemory === undefined ? {} : { ShmSize: spec.sharedMemory }),
      PidMode: spec.pid === "host" ? "host" : "",
      IpcMode: spec.ipc,
      ...(joins ? {} : { ExtraHosts: spec.extraHosts, Dns: spec.dns, DnsSearch: spec.dnsSearch }),
      LogConfig: {
        Type: "json-file",
        Config: { "max-size": String(Math.max(spec.logBytesMax, LOG_BYTES_MIN)), "max-file": "2" },
      },
      ...(cgroupParent === undefined ? {} : { CgroupParent: cgroupParent }),
    },
    ...(attachment.networkingConfig === undefined ? {} : { NetworkingConfig: attachment.networkingConfig }),
  }
}

function bindOf(mount: Mount): readonly string[] {
  if (mount.kind === "tmpfs") return []
  const source = mount.kind === "bind" ? mount.source : mount.volume
  return [`${source}:${mount.target}${mount.readOnly ? ":ro" : ""}`]
}

function limits({ limits }: ContainerSpec): object {
  return {
    CpuShares: limits.cpuShares,
    ...(limits.memory === undefined ? {} : { Memory: limits.memory }),
    ...(limits.memoryReservation === undefined ? {} : { MemoryReservation: limits.memoryReservation }),
    ...(limits.memorySwap === undefined ? {} : { MemorySwap: limits.memorySwap }),
    ...(limits.memorySwappiness === undefined ? {} : { MemorySwappiness: limits.memorySwappiness }),
    ...(limits.pidsMax === undefined ? {} : { PidsLimit: limits.pidsMax }),
  }
}

/** Docker turns a file of the log over when it is full, and keeps the one before. */
const LOG_BYTES_MIN = 65_536
