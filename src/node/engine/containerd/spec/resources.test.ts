import { expect, test } from "vitest"
import { buildResources } from "./resources.ts"

const limits = (given: object) => ({ privileged: false, limits: { cpuShares: 2, ...given } })

test("without a word on swap there is as much as memory, where the machine counts it", () => {
  expect(buildResources(limits({ memory: 100 }), [], true).memory).toEqual({ limit: 100, swap: 200 })
  expect(buildResources(limits({ memory: 100 }), [], false).memory).toEqual({ limit: 100 })
  expect(buildResources(limits({ memory: 100, memorySwap: -1 }), [], true).memory).toEqual({ limit: 100, swap: -1 })
})

test("what has no limit is not mentioned", () => {
  const { memory, pids, cpu } = buildResources(limits({}), [], true)
  expect([memory, pids, cpu]).toEqual([undefined, undefined, { shares: 2 }])
  expect(buildResources(limits({ memoryReservation: 5, pidsMax: 7 }), [], true)).toMatchObject({
    memory: { reservation: 5 },
    pids: { limit: 7 },
  })
})

test("every device is refused but the usual ones and those given", () => {
  const device = { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 } as const
  const { devices } = buildResources(limits({}), [{ device, permissions: "rw" }], true)
  expect(devices[0]).toEqual({ allow: false, access: "rwm" })
  expect(devices.at(-1)).toEqual({ allow: true, type: "c", major: 10, minor: 229, access: "rw" })
  expect(devices).toContainEqual({ allow: true, type: "c", major: 1, minor: 3, access: "rwm" })
})
