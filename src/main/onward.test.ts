import { expect, test } from "vitest"
import { proxied } from "./onward.ts"

test("the leader is told how the caller came, unless someone before us has told us", () => {
  expect(proxied({}, true)).toEqual(["X-Forwarded-Proto", "https"])
  expect(proxied({}, false)).toEqual(["X-Forwarded-Proto", "http"])
  expect(proxied({ "x-forwarded-proto": "https" }, false)).toEqual([])
})
