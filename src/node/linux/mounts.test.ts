import { expect, test } from "vitest"
import { parseMounts } from "./mounts.ts"

test("a mount has a point, a type and options, with any number of optional fields before the dash", () => {
  const text = `22 27 0:21 / /proc rw,relatime - proc proc rw
36 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 master:2 - cgroup cgroup rw,cpu,cpuacct
99 27 0:4 net:[4026532281] /var/lib/home\\040port/netns/networks/app rw shared:9 - nsfs nsfs rw
`
  expect(parseMounts(text)).toEqual([
    { point: "/proc", type: "proc", options: ["rw"], shared: false },
    { point: "/sys/fs/cgroup/cpu,cpuacct", type: "cgroup", options: ["rw", "cpu", "cpuacct"], shared: true },
    { point: "/var/lib/home port/netns/networks/app", type: "nsfs", options: ["rw"], shared: true },
  ])
})
