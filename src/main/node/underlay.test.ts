import { expect, test } from "vitest"
import { Underlay } from "./underlay.ts"

test("what the operator says counts, then what was said when the machine joined, and then what was found", () => {
  const known = [{}, { underlay: "192.0.2.2", foundUnderlay: "192.0.2.3" }]
  expect(new Underlay("192.0.2.1", known).address).toBe("192.0.2.1")
  expect(new Underlay(undefined, known).address).toBe("192.0.2.2")
  expect(new Underlay(undefined, [{ foundUnderlay: "192.0.2.3" }]).address).toBe("192.0.2.3")
  expect(new Underlay(undefined, []).address).toBeUndefined()
})

test("a machine whose only region is its own, on the loopback, stands alone", async () => {
  const underlay = new Underlay(undefined, [])
  await underlay.look([{}], ["http://127.0.0.1:4566", "http://localhost:4566", "https://[::1]:4566"])
  expect(underlay.address).toBeUndefined()
})

test("what was found before holds while there is no way to any region", async () => {
  const known = [{ foundUnderlay: "192.0.2.3" }]
  const underlay = new Underlay(undefined, known)
  await underlay.look(known, ["https://no-such-host.invalid:4566"])
  expect(underlay.address).toBe("192.0.2.3")
})
