import { expect, test } from "vitest"
import type { Mounted } from "../mounts.ts"
import { detectCgroups } from "./detect.ts"

const mount = (type: string, point: string, ...options: string[]): Mounted => ({ type, point, options, shared: false })
const unified = mount("cgroup2", "/sys/fs/cgroup", "rw", "nsdelegate")

test("version 2 is what is mounted alone", () => {
  expect(detectCgroups([mount("proc", "/proc", "rw"), unified])).toEqual({ version: 2, root: "/sys/fs/cgroup" })
})

test("version 1 is used where both are mounted and the controllers are with it", () => {
  const mounts = [
    mount("cgroup", "/c/cpu", "rw", "cpu", "cpuacct"),
    mount("cgroup", "/c/memory", "rw", "memory"),
    mount("cgroup", "/c/systemd", "rw", "xattr", "name=systemd"),
    mount("cgroup2", "/c/unified", "rw"),
  ]
  expect(detectCgroups(mounts)).toEqual({
    version: 1,
    controllers: new Map([
      ["cpu", "/c/cpu"],
      ["cpuacct", "/c/cpu"],
      ["memory", "/c/memory"],
      ["name=systemd", "/c/systemd"],
    ]),
  })
})

test("version 2 is used where version 1 has nothing but systemd's own tree", () => {
  expect(detectCgroups([mount("cgroup", "/c/systemd", "rw", "name=systemd"), unified])?.version).toBe(2)
})

test("a machine may have none", () => {
  expect(detectCgroups([mount("proc", "/proc", "rw")])).toBeUndefined()
})
