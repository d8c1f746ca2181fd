import fc from "fast-check"
import { expect, test } from "vitest"
import type { FabricFlow, FabricInterfaceFlows } from "../../wire/fabric.ts"
import { WaitingFlows } from "./waiting-flows.ts"

const flow = {} as FabricFlow

function anInterval(interfaceId: string, count: number, isIncomplete = false): FabricInterfaceFlows {
  const flows = new Array<FabricFlow>(count).fill(flow)
  return { interfaceId, intervalSeconds: 60, startedAt: 0, endedAt: 60_000, isIncomplete, flows }
}

test("what is long comes in parts, and that something is missing is said with the last", () => {
  const waiting = new WaitingFlows()
  waiting.add(anInterval("eni-1", 1_100, true))
  waiting.add(anInterval("eni-2", 0))
  expect(
    waiting.take().map(({ interfaceId, flows, isIncomplete }) => [interfaceId, flows.length, isIncomplete]),
  ).toEqual([
    ["eni-1", 500, false],
    ["eni-1", 500, false],
    ["eni-1", 100, true],
    ["eni-2", 0, false],
  ])
  expect(waiting.take()).toEqual([])
})

test("however long a region stays away, what waits is bounded, and of what was given up it is said that it is missing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 40 }), (counts) => {
      const waiting = new WaitingFlows()
      for (const [index, count] of counts.entries()) waiting.add(anInterval(String(index), count))
      const told = new Map<string, { count: number; isIncomplete: boolean }>()
      for (const { interfaceId, flows, isIncomplete } of waiting.take()) {
        const known = told.get(interfaceId)
        told.set(interfaceId, { count: flows.length + (known?.count ?? 0), isIncomplete })
      }
      const kept = [...told.values()].reduce((sum, { count }) => sum + count, 0)
      expect(kept).toBeLessThanOrEqual(50_000)
      for (const [index, count] of counts.entries()) {
        const { count: toldCount, isIncomplete } = told.get(String(index))!
        expect(toldCount).toBe(isIncomplete ? 0 : count)
      }
    }),
    { numRuns: 50 },
  )
})
