import { closeSync, openSync, readFileSync, rmSync } from "node:fs"
import koffi from "koffi"
import { EngineError } from "../../engine-error.ts"
import type { Argument, Profile } from "./profile.ts"

/** Turns profiles into what the kernel runs, once each; a runtime would do it anew, in 10 ms, for every container. */
export interface SeccompCompiler {
  /** As bytes that the kernel takes. */
  compile(profile: Profile): Uint8Array
}

/** Undefined where libseccomp is not installed. `scratch` names a file that it may use. */
export function seccompCompiler(scratch: string): SeccompCompiler | undefined {
  let library: ReturnType<typeof loadLibrary>
  try {
    library = loadLibrary()
  } catch {
    return undefined
  }
  return { compile: (profile) => compile(library, profile, scratch) }
}

const ArgumentComparison = koffi.struct("scmp_arg_cmp", {
  arg: "uint32",
  op: "int",
  datumA: "uint64",
  datumB: "uint64",
})

function loadLibrary() {
  const library = koffi.load("libseccomp.so.2")
  return {
    init: library.func("seccomp_init", "void *", ["uint32"]),
    release: library.func("seccomp_release", "void", ["void *"]),
    addArchitecture: library.func("seccomp_arch_add", "int", ["void *", "uint32"]),
    resolveArchitecture: library.func("seccomp_arch_resolve_name", "uint32", ["str"]),
    resolveCall: library.func("seccomp_syscall_resolve_name", "int", ["str"]),
    addRule: library.func("seccomp_rule_add_array", "int", [
      "void *",
      "uint32",
      "int",
      "uint32",
      koffi.pointer(ArgumentComparison),
    ]),
    exportBpf: library.func("seccomp_export_bpf", "int", ["void *", "int"]),
  }
}

function compile(library: ReturnType<typeof loadLibrary>, profile: Profile, scratch: string): Uint8Array {
  const filter = library.init(failWith(1))
  try {
    for (const name of profile.architectures) {
      const architecture = library.resolveArchitecture(name.replace("SCMP_ARCH_", "").toLowerCase())
      // Its own architecture is in a filter from the beginning.
      succeed(library.addArchitecture(filter, architecture), name, -EEXIST)
    }
    for (const { names, action, errnoRet = 1, args = [] } of profile.rules) {
      const answer = action === "SCMP_ACT_ALLOW" ? ALLOW : failWith(errnoRet)
      for (const name of names) {
        const call = library.resolveCall(name)
        // A library that does not know a newer call leaves it refused.
        if (call === UNKNOWN_CALL) continue
        succeed(library.addRule(filter, answer, call, args.length, args.map(comparison)), name)
      }
    }
    const fd = openSync(scratch, "w", 0o600)
    try {
      succeed(library.exportBpf(filter, fd), "export")
    } finally {
      closeSync(fd)
    }
    return readFileSync(scratch)
  } finally {
    library.release(filter)
    rmSync(scratch, { force: true })
  }
}

function comparison({ index, value, valueTwo = 0, op }: Argument): object {
  return { arg: index, op: OPERATORS[op], datumA: value, datumB: valueTwo }
}

function succeed(result: number, what: string, ...tolerated: readonly number[]): void {
  if (result < 0 && !tolerated.includes(result)) {
    throw new EngineError("machine", `libseccomp refuses ${what} (${result})`)
  }
}

const OPERATORS = { SCMP_CMP_NE: 1, SCMP_CMP_EQ: 4, SCMP_CMP_MASKED_EQ: 7 } as const
const ALLOW = 0x7fff0000
const failWith = (errno: number) => 0x00050000 | errno
const UNKNOWN_CALL = -1
const EEXIST = 17
