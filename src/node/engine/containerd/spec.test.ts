import { expect, test } from "vitest"
import { buildSpec } from "./spec.ts"
import { anImageConfig, aSpecInput } from "./testing.ts"

test("a container has namespaces of its own, the network's by its path", () => {
  const { linux } = buildSpec(aSpecInput())
  expect(linux.namespaces).toEqual([
    { type: "mount" },
    { type: "uts" },
    { type: "network", path: "/run/netns/one" },
    { type: "pid" },
    { type: "ipc" },
    { type: "cgroup" },
  ])
})

test("without a path the network is the host's, and none of its settings are touched", () => {
  const { linux } = buildSpec(aSpecInput({}, { networkPath: undefined }))
  expect(linux.namespaces.map(({ type }) => type)).not.toContain("network")
  expect(linux.sysctl).toEqual({})
})

test("namespaces are the task's or the host's where that is asked for", () => {
  const taskNamespaces = { pid: "/proc/7/ns/pid", ipc: "/proc/7/ns/ipc" }
  const ofTask = buildSpec(aSpecInput({ pid: "task", ipc: "task" }, { taskNamespaces })).linux.namespaces
  expect(ofTask).toContainEqual({ type: "pid", path: "/proc/7/ns/pid" })
  expect(ofTask).toContainEqual({ type: "ipc", path: "/proc/7/ns/ipc" })
  const ofHost = buildSpec(aSpecInput({ pid: "host", ipc: "host" })).linux.namespaces
  expect(ofHost.map(({ type }) => type)).toEqual(["mount", "uts", "network", "cgroup"])
})

test("cgroups of version 1 have no namespace", () => {
  const input = aSpecInput()
  const { linux } = buildSpec({ ...input, machine: { ...input.machine, cgroupVersion: 1 } })
  expect(linux.namespaces.map(({ type }) => type)).not.toContain("cgroup")
})

test("a container's own kernel settings win", () => {
  const { linux } = buildSpec(aSpecInput({ sysctls: { "net.ipv4.ip_unprivileged_port_start": "1024" } }))
  expect(linux.sysctl["net.ipv4.ip_unprivileged_port_start"]).toBe("1024")
})

test("the filter of system calls goes to the runtime as it takes it, and not at all to the privileged", () => {
  expect(buildSpec(aSpecInput()).linux.seccomp).toEqual({ profile: "default" })
  expect(buildSpec(aSpecInput({ privileged: true })).linux.seccomp).toBeUndefined()
  expect(buildSpec(aSpecInput({ securityOptions: ["seccomp=unconfined"] })).linux.seccomp).toBeUndefined()

  const input = aSpecInput()
  const machine = {
    ...input.machine,
    seccomp: () => ({ kind: "compiled", annotation: "run.oci.seccomp_bpf_data", value: "QUJD" }) as const,
  }
  const compiled = buildSpec({ ...input, machine })
  expect(compiled.annotations).toEqual({ "run.oci.seccomp_bpf_data": "QUJD" })
  expect(compiled.linux.seccomp).toBeUndefined()
})

test("the privileged see and may everything", () => {
  const { linux, process, mounts } = buildSpec(aSpecInput({ privileged: true }))
  expect(linux.maskedPaths).toEqual([])
  expect(linux.readonlyPaths).toEqual([])
  expect(linux.resources.devices).toEqual([{ allow: true, access: "rwm" }])
  expect(process.capabilities.effective).toContain("CAP_SYS_ADMIN")
  expect(mounts.find(({ destination }) => destination === "/sys")!.options).toContain("rw")
})

test("another user than root has no capabilities, only the bounds of what it may gain", () => {
  const { process } = buildSpec(aSpecInput({ user: "1000" }))
  expect(process.capabilities).toEqual({ bounding: expect.arrayContaining(["CAP_CHOWN", "CAP_KILL"]) })
})

test("user and directory are the container's, else the image's", () => {
  const image = anImageConfig({ user: "7:8", workingDirectory: "/srv" })
  expect(buildSpec(aSpecInput({}, { image })).process).toMatchObject({ cwd: "/srv", user: { uid: 7, gid: 8 } })
  const own = buildSpec(aSpecInput({ user: "9", workingDirectory: "/opt" }, { image })).process
  expect(own).toMatchObject({ cwd: "/opt", user: { uid: 9, gid: 0 } })
  expect(buildSpec(aSpecInput()).process.cwd).toBe("/")
})

test("an AppArmor profile is named only where there is AppArmor", () => {
  const input = aSpecInput()
  const machine = { ...input.machine, apparmor: true, defaultProfile: "docker-default" }
  expect(buildSpec({ ...input, machine }).process.apparmorProfile).toBe("docker-default")
  expect(buildSpec({ ...aSpecInput({ privileged: true }), machine }).process.apparmorProfile).toBe("unconfined")
  const given = { ...aSpecInput({ securityOptions: ["apparmor:strict"] }), machine }
  expect(buildSpec(given).process.apparmorProfile).toBe("strict")
  expect(buildSpec(input).process).not.toHaveProperty("apparmorProfile")
})
