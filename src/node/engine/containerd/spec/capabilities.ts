import type { ContainerSpec } from "../../engine.ts"

/** Which capabilities a container has. `all` are those that this machine can give. */
export function resolveCapabilities(
  container: Pick<ContainerSpec, "privileged" | "capabilitiesAdded" | "capabilitiesDropped">,
  all: readonly string[],
): readonly string[] {
  if (container.privileged) return all
  const added = container.capabilitiesAdded.map(canonical)
  const dropped = container.capabilitiesDropped.map(canonical)
  const base = added.includes("CAP_ALL") ? all : dropped.includes("CAP_ALL") ? [] : DEFAULT
  const kept = base.filter((capability) => !dropped.includes(capability))
  return [...new Set([...kept, ...added.filter((capability) => capability !== "CAP_ALL")])].sort()
}

/** The names of the bits of a set, as `CapBnd` in `/proc/self/status` has them. */
export function capabilityNames(bits: bigint): readonly string[] {
  return IN_ORDER.filter((_, index) => (bits >> BigInt(index)) & 1n).map((name) => `CAP_${name}`)
}

function canonical(name: string): string {
  const upper = name.toUpperCase()
  return upper.startsWith("CAP_") ? upper : `CAP_${upper}`
}

/** Docker's. */
const DEFAULT = `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE
  SYS_CHROOT KILL AUDIT_WRITE`
  .split(/\s+/)
  .map((name) => `CAP_${name}`)

/** The kernel's numbers. */
const IN_ORDER = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
  SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
  SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/)
