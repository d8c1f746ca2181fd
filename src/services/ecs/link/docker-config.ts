import type { ContainerDefinition, HealthCheck, LinuxParameters } from "@aws-sdk/client-ecs"
import type { Container } from "../../../wire/task.ts"

/** In MiB; what is reserved is undefined where nothing is. */
interface Memory {
  readonly memory: number
  readonly memoryReservation: number | undefined
}

/** What the agent hands on to Docker as it is: two of Docker's own objects, each as a text. */
export function dockerConfig(defined: ContainerDefinition, memory: Memory): Container["dockerConfig"] {
  return {
    version: "1.21",
    config: JSON.stringify(containerConfig(defined)),
    hostConfig: JSON.stringify(hostConfig(defined, memory)),
  }
}

function containerConfig(defined: ContainerDefinition): object {
  return present({
    Labels: defined.dockerLabels,
    Healthcheck: defined.healthCheck && healthcheck(defined.healthCheck),
    Hostname: defined.hostname,
    User: defined.user,
    WorkingDir: defined.workingDirectory,
    Tty: defined.pseudoTerminal,
    OpenStdin: defined.interactive,
  })
}

/** Docker counts in nanoseconds. */
function healthcheck({ command, interval, timeout, retries, startPeriod }: HealthCheck): object {
  const nanoseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1e9)
  return present({
    Test: command,
    Interval: nanoseconds(interval),
    Timeout: nanoseconds(timeout),
    Retries: retries,
    StartPeriod: nanoseconds(startPeriod),
  })
}

function hostConfig(defined: ContainerDefinition, { memory, memoryReservation }: Memory): object {
  const { logConfiguration: log, linuxParameters: linux = {}, systemControls = [], ulimits = [] } = defined
  return present({
    LogConfig: log && { Type: log.logDriver, Config: log.options ?? {} },
    MemoryReservation: memoryReservation && memoryReservation * MIB,
    Privileged: defined.privileged,
    ReadonlyRootfs: defined.readonlyRootFilesystem,
    Dns: some(defined.dnsServers),
    DnsSearch: some(defined.dnsSearchDomains),
    ExtraHosts: some(defined.extraHosts?.map(({ hostname, ipAddress }) => `${hostname}:${ipAddress}`)),
    SecurityOpt: some(defined.dockerSecurityOptions),
    Ulimits: some(ulimits.map(({ name, softLimit, hardLimit }) => ({ Name: name, Soft: softLimit, Hard: hardLimit }))),
    Sysctls:
      some(systemControls) && Object.fromEntries(systemControls.map(({ namespace, value }) => [namespace, value])),
    ...linuxConfig(linux, memory),
  })
}

function linuxConfig({ capabilities, devices = [], tmpfs = [], ...linux }: LinuxParameters, memory: number): object {
  return {
    CapAdd: some(capabilities?.add),
    CapDrop: some(capabilities?.drop),
    Devices: some(
      devices.map(({ hostPath, containerPath = hostPath, permissions = ["read", "write", "mknod"] }) => ({
        PathOnHost: hostPath,
        PathInContainer: containerPath,
        CgroupPermissions: permissions.map((permission) => permission[0]).join(""),
      })),
    ),
    Init: linux.initProcessEnabled,
    ShmSize: linux.sharedMemorySize && linux.sharedMemorySize * MIB,
    Tmpfs:
      some(tmpfs) &&
      Object.fromEntries(
        tmpfs.map(({ containerPath, size, mountOptions = [] }) => [
          containerPath,
          [`size=${size}m`, ...mountOptions].join(","),
        ]),
      ),
    // Docker counts memory and swap together; -1 is without bound.
    MemorySwap: linux.maxSwap === undefined || linux.maxSwap === -1 ? linux.maxSwap : (memory + linux.maxSwap) * MIB,
    MemorySwappiness: linux.swappiness,
  }
}

const MIB = 2 ** 20

/** Without what is not there, so that Docker's own defaults hold. */
function present(config: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}

function some<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values?.length ? values : undefined
}
