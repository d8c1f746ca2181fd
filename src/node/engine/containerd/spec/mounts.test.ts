import fc from "fast-check"
import { expect, test } from "vitest"
import { aContainer, aSpecInput } from "../testing.ts"
import { buildMounts } from "./mounts.ts"

const { sources } = aSpecInput()
const at = (target: string, container = aContainer(), from = sources) =>
  buildMounts(container, from).filter(({ destination }) => destination === target)

test("outer mounts come before those within them", () => {
  const target = fc
    .array(fc.constantFrom("a", "b", "dev", "sys"), { minLength: 1, maxLength: 5 })
    .map((parts) => `/${parts.join("/")}`)
  fc.assert(
    fc.property(fc.array(target), (targets) => {
      const container = aContainer({ mounts: targets.map((path) => ({ kind: "tmpfs", target: path, options: [] })) })
      const order = buildMounts(container, sources).map(({ destination }) => destination)
      expect(new Set(order).size).toBe(order.length)
      for (const [index, path] of order.entries()) {
        for (const later of order.slice(index)) expect(path.startsWith(`${later}/`)).toBe(false)
      }
    }),
  )
})

test("what is asked for takes the place of a default", () => {
  const mounts = [{ kind: "bind", source: "/my/hosts", target: "/etc/hosts", readOnly: true }] as const
  expect(at("/etc/hosts", aContainer({ mounts }))).toEqual([
    { destination: "/etc/hosts", type: "bind", source: "/my/hosts", options: ["rbind", "rprivate", "ro"] },
  ])
})

test("a volume is where it lies on the machine", () => {
  const container = aContainer({ mounts: [{ kind: "volume", volume: "data", target: "/data/", readOnly: false }] })
  const [mount] = at("/data/", container, { ...sources, volumes: new Map([["data", "/state/volumes/data"]]) })
  expect(mount).toMatchObject({ type: "bind", source: "/state/volumes/data", options: ["rbind", "rprivate", "rw"] })
})

test("a tmpfs is as safe as Docker's unless its options say otherwise", () => {
  const mounts = [{ kind: "tmpfs", target: "/scratch", options: ["defaults", "size=64m", "exec"] }] as const
  expect(at("/scratch", aContainer({ mounts }))[0]!.options).toEqual(["nosuid", "noexec", "nodev", "size=64m", "exec"])
})

test("shared memory is private with its size, the task's, the host's, or not there", () => {
  expect(at("/dev/shm")[0]!.options).toContain("size=67108864")
  expect(at("/dev/shm", aContainer({ sharedMemory: 1 << 20 }))[0]!.options).toContain("size=1048576")
  expect(at("/dev/shm", aContainer({ ipc: "task" }))[0]!.source).toBe("/dev/shm/task")
  expect(at("/dev/shm", aContainer({ ipc: "host" }))[0]).toMatchObject({ type: "bind", source: "/dev/shm" })
  expect(at("/dev/shm", aContainer({ ipc: "none" }))).toEqual([])
})

test("an init process needs a process id 1 to be", () => {
  expect(at("/sbin/docker-init", aContainer({ init: true }))).toHaveLength(1)
  expect(at("/sbin/docker-init", aContainer({ init: true, pid: "host" }))).toEqual([])
})
