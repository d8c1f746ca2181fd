import { expect, test } from "vitest"
import { asJson, defaultProfile } from "./profile.ts"

const rulesOf = (name: string, ...capabilities: readonly string[]) =>
  defaultProfile(new Set(capabilities), "x64").rules.filter(({ names }) => names.includes(name))

test("what opens the kernel is allowed only with its capability", () => {
  for (const [call, capability] of [
    ["mount", "CAP_SYS_ADMIN"],
    ["bpf", "CAP_BPF"],
    ["reboot", "CAP_SYS_BOOT"],
    ["chroot", "CAP_SYS_CHROOT"],
    ["open_by_handle_at", "CAP_DAC_READ_SEARCH"],
  ] as const) {
    expect(rulesOf(call)).toEqual([])
    expect(rulesOf(call, capability)).toHaveLength(1)
  }
  for (const call of ["io_uring_setup", "keyctl", "userfaultfd", "kexec_load"])
    expect(rulesOf(call, "CAP_SYS_ADMIN")).toEqual([])
})

test("new namespaces need CAP_SYS_ADMIN, new processes do not", () => {
  expect(rulesOf("clone")[0]!.args).toEqual([{ index: 0, value: 0x7e020000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }])
  expect(rulesOf("clone3")).toEqual([expect.objectContaining({ action: "SCMP_ACT_ERRNO", errnoRet: 38 })])
  expect(rulesOf("clone", "CAP_SYS_ADMIN").every(({ args }) => args === undefined)).toBe(true)
})

test("a socket of AF_VSOCK is refused", () => {
  expect(rulesOf("socket")).toEqual([expect.objectContaining({ args: [{ index: 0, value: 40, op: "SCMP_CMP_NE" }] })])
})

test("a runtime reads the same as JSON", () => {
  const profile = defaultProfile(new Set(), "arm64")
  expect(asJson(profile)).toMatchObject({
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
    syscalls: profile.rules,
  })
})
