import { expect, test } from "vitest"
import { hybridCgroupMount, isSharedMount, mountsBelow } from "./mounts.ts"

const hybrid = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
50 27 254:0 /x /run/homeport rw,relatime shared:10 master:1 - ext4 /dev/vda rw
51 50 0:4 net:[1] /run/homeport/netns/one rw - nsfs nsfs rw
52 27 0:5 / /run/homeport-other rw - tmpfs tmpfs rw`

test("cgroups of version 2 beside those of version 1 are found", () => {
  expect(hybridCgroupMount(hybrid)).toBe("/sys/fs/cgroup/unified")
  expect(hybridCgroupMount("29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")).toBeUndefined()
  expect(hybridCgroupMount(hybrid.replace(/^41.*\n/m, ""))).toBeUndefined()
})

test("a folder is shared when it is a mount that says so", () => {
  expect(isSharedMount("/run/homeport", hybrid)).toBe(true)
  expect(isSharedMount("/run/homeport-other", hybrid)).toBe(false)
  expect(isSharedMount("/run", hybrid)).toBe(false)
})

test("below a folder is only what lies in it", () => {
  expect(mountsBelow("/run/homeport", hybrid)).toEqual(["/run/homeport/netns/one"])
})
