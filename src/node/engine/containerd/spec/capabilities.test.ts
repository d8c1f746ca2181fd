import { expect, test } from "vitest"
import { capabilityNames, resolveCapabilities } from "./capabilities.ts"

const all = ["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"]
const none = { privileged: false, capabilitiesAdded: [], capabilitiesDropped: [] }

test("by default they are Docker's fourteen", () => {
  const capabilities = resolveCapabilities(none, all)
  expect(capabilities).toHaveLength(14)
  expect(capabilities).toContain("CAP_NET_BIND_SERVICE")
  expect(capabilities).not.toContain("CAP_SYS_ADMIN")
})

test("names stand with or without their prefix", () => {
  const given = { ...none, capabilitiesAdded: ["NET_ADMIN", "CAP_SYS_ADMIN"], capabilitiesDropped: ["chown"] }
  const capabilities = resolveCapabilities(given, all)
  expect(capabilities).toEqual(expect.arrayContaining(["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]))
  expect(capabilities).not.toContain("CAP_CHOWN")
})

test("all but some, none but some, and all of a privileged one", () => {
  const allBut = { ...none, capabilitiesAdded: ["ALL"], capabilitiesDropped: ["KILL"] }
  expect(resolveCapabilities(allBut, all)).toEqual(["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"])
  const noneBut = { ...none, capabilitiesAdded: ["KILL"], capabilitiesDropped: ["ALL"] }
  expect(resolveCapabilities(noneBut, all)).toEqual(["CAP_KILL"])
  expect(resolveCapabilities({ ...none, privileged: true, capabilitiesDropped: ["ALL"] }, all)).toEqual(all)
})

test("the kernel's bits are read by its numbers", () => {
  expect(capabilityNames(0b100001n)).toEqual(["CAP_CHOWN", "CAP_KILL"])
  const full = capabilityNames(0x1ffffffffffn)
  expect(full).toHaveLength(41)
  expect(full[21]).toBe("CAP_SYS_ADMIN")
  expect(full.at(-1)).toBe("CAP_CHECKPOINT_RESTORE")
})
