import { hostname } from "node:os"
import { expect, test } from "vitest"
import { advertised, endpointOf } from "./endpoint.ts"

test.each([
  ["127.0.0.1", false, "http://127.0.0.1:4566"],
  ["10.0.0.4", true, "https://10.0.0.4:4566"],
  ["0.0.0.0", true, "https://127.0.0.1:4566"],
  ["::", true, "https://[::1]:4566"],
  ["fd00::4", true, "https://[fd00::4]:4566"],
])("who listens on %s is reached from here at an address it listens on", (address, secured, url) => {
  expect(endpointOf(address, 4566, secured)).toBe(url)
})

test("others are told an address of this machine, or its name when it listens on all of them", () => {
  expect(advertised("10.0.0.4", 4566, true)).toBe("https://10.0.0.4:4566")
  expect(advertised("0.0.0.0", 4566, true)).toBe(`https://${hostname().toLowerCase()}:4566`)
})
