import { expect, test } from "vitest"
import { parseNetworkCounters } from "./network-counters.ts"

test("each interface but the loopback has its counters", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:      10       1    0    0    0     0          0         0       10       1    0    0    0     0       0          0
  eth0:    3614      45    1    2    0     0          0         9     1244      18    3    4    0     0       0          0
`
  expect(parseNetworkCounters(text)).toEqual({
    eth0: {
      rxBytes: 3614,
      rxPackets: 45,
      rxErrors: 1,
      rxDropped: 2,
      txBytes: 1244,
      txPackets: 18,
      txErrors: 3,
      txDropped: 4,
    },
  })
})
