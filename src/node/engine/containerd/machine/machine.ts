import { existsSync, readFileSync } from "node:fs"
import { seccompCompiler } from "../seccomp/compile.ts"
import { asJson, defaultProfile } from "../seccomp/profile.ts"
import { capabilityNames } from "../spec/capabilities.ts"
import type { Machine, SeccompPart } from "../spec.ts"
import type { Runtime } from "./runtime.ts"

/** What this machine is, as far as a container's specification depends on it. */
export function inspectMachine(options: {
  readonly runtime: Runtime
  readonly cgroupVersion: 1 | 2
  readonly architecture: string

  /** Names a file that may be written for a moment. */
  readonly scratch: string
}): Machine {
  const { runtime, cgroupVersion, architecture, scratch } = options
  const apparmor = readIfThere("/sys/module/apparmor/parameters/enabled").startsWith("Y")
  const profiles = apparmor ? readIfThere("/sys/kernel/security/apparmor/profiles") : ""
  return {
    capabilities: capabilityNames(BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(readIfThere("/proc/self/status"))?.[1] ?? 0}`)),
    cgroupVersion,
    countsSwap: cgroupVersion === 2 || existsSync("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"),
    apparmor,
    defaultProfile: /^docker-default /m.test(profiles) ? "docker-default" : undefined,
    seccomp: seccompSource(runtime, architecture, scratch),
  }
}

function seccompSource(runtime: Runtime, architecture: string, scratch: string): Machine["seccomp"] {
  const compiler = runtime.kind === "crun" ? seccompCompiler(scratch) : undefined
  const parts = new Map<string, SeccompPart>()
  return (capabilities) => {
    const key = capabilities.join(" ")
    const known = parts.get(key)
    if (known !== undefined) return known

    const profile = defaultProfile(new Set(capabilities), architecture)
    const part: SeccompPart =
      compiler === undefined
        ? { kind: "json", value: asJson(profile) }
        : {
            kind: "compiled",
            annotation: "run.oci.seccomp_bpf_data",
            value: Buffer.from(compiler.compile(profile)).toString("base64"),
          }
    // There are few sets that anybody asks for; one who asks for all of them shall not fill the memory.
    if (parts.size >= PARTS_MAX) parts.clear()
    parts.set(key, part)
    return part
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

const PARTS_MAX = 100
