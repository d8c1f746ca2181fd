import type { ContainerSpec } from "../engine.ts"
import type { ImageConfig } from "../image.ts"
import { type Accounts, resolveAccount } from "./spec/accounts.ts"
import { resolveCapabilities } from "./spec/capabilities.ts"
import { buildMounts, type MountSources } from "./spec/mounts.ts"
import type { OciSpec } from "./spec/oci.ts"
import { buildArguments, buildEnvironment, buildRlimits, grant } from "./spec/process.ts"
import { buildResources, type RuleOfDevice } from "./spec/resources.ts"
import { readSecurityOptions } from "./spec/security.ts"

/** All that the specification of a container follows from. */
export interface SpecInput {
  readonly container: ContainerSpec
  readonly image: ImageConfig
  readonly accounts: Accounts
  readonly hostname: string

  /** Where its processes are counted and limited. */
  readonly cgroupPath: string

  /** Of its network namespace; undefined stays in the host's. */
  readonly networkPath: string | undefined
  readonly taskNamespaces: { readonly pid?: string; readonly ipc?: string }
  readonly sources: MountSources
  readonly devices: readonly RuleOfDevice[]
  readonly machine: Machine
}

/** What a specification depends on beside what is asked for. */
export interface Machine {
  /** That this machine can give. */
  readonly capabilities: readonly string[]
  readonly cgroupVersion: 1 | 2
  readonly countsSwap: boolean
  readonly apparmor: boolean

  /** Of AppArmor, where one is loaded. */
  readonly defaultProfile: string | undefined

  /** The default filter of system calls for a container with these capabilities, as its runtime takes it. */
  seccomp(capabilities: readonly string[]): SeccompPart
}

export type SeccompPart =
  | { readonly kind: "compiled"; readonly annotation: string; readonly value: string }
  | { readonly kind: "json"; readonly value: object }
  | { readonly kind: "none" }

/** Says in OCI's words what a container is, as Docker would make it. */
export function buildSpec(input: SpecInput): OciSpec {
  const { container, image, machine, devices, hostname } = input
  const { privileged } = container
  const security = readSecurityOptions(container.securityOptions, machine.apparmor)
  const capabilities = resolveCapabilities(container, machine.capabilities)
  const { user, home } = resolveAccount(container.user || image.user, input.accounts)
  const seccomp: SeccompPart = privileged || !security.seccomp ? { kind: "none" } : machine.seccomp(capabilities)
  const profile = privileged ? "unconfined" : (security.apparmor ?? machine.defaultProfile)

  return {
    ociVersion: "1.0.2",
    process: {
      terminal: container.terminal,
      user,
      args: buildArguments(container, image),
      env: buildEnvironment(container, image, hostname, home),
      cwd: container.workingDirectory || image.workingDirectory || "/",
      capabilities: grant(capabilities, user.uid),
      rlimits: buildRlimits(container.ulimits),
      noNewPrivileges: security.noNewPrivileges,
      oomScoreAdj: 0,
      ...(machine.apparmor && profile !== undefined && { apparmorProfile: profile }),
    },
    root: { path: "rootfs", readonly: container.readonlyRoot },
    hostname,
    mounts: buildMounts(container, input.sources),
    annotations: seccomp.kind === "compiled" ? { [seccomp.annotation]: seccomp.value } : {},
    linux: {
      namespaces: namespaces(input),
      cgroupsPath: input.cgroupPath,
      resources: buildResources(container, devices, machine.countsSwap),
      devices: devices.map(({ device }) => device),
      sysctl: { ...defaultSysctls(input), ...container.sysctls },
      ...(seccomp.kind === "json" && { seccomp: seccomp.value }),
      maskedPaths: privileged ? [] : MASKED,
      readonlyPaths: privileged ? [] : READ_ONLY,
    },
  }
}

function namespaces({ container, networkPath, taskNamespaces, machine }: SpecInput): OciSpec["linux"]["namespaces"] {
  return [
    { type: "mount" },
    { type: "uts" },
    ...(networkPath === undefined ? [] : [{ type: "network", path: networkPath }]),
    ...shared("pid", container.pid, taskNamespaces.pid),
    ...shared("ipc", container.ipc, taskNamespaces.ipc),
    ...(machine.cgroupVersion === 2 ? [{ type: "cgroup" }] : []),
  ]
}

function shared(type: "pid" | "ipc", mode: ContainerSpec["ipc"], path: string | undefined) {
  if (mode === "host") return []
  return mode === "task" && path !== undefined ? [{ type, path }] : [{ type }]
}

/** In a network of its own every user may listen on any port and send pings. */
function defaultSysctls({ networkPath }: SpecInput): Readonly<Record<string, string>> {
  if (networkPath === undefined) return {}
  return { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" }
}

const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
]

const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
