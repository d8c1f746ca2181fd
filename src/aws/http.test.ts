import { expect, test } from "vitest"
import { originOf } from "./http.ts"

test.each<[string, Parameters<typeof originOf>[0], string]>([
  ["in the clear", { headers: { host: "homeport.example:8080" } }, "http://homeport.example:8080"],
  ["over TLS", { headers: { host: "homeport.example" }, isSecure: true }, "https://homeport.example"],
  [
    "over TLS that someone in front of us ends",
    { headers: { host: "homeport.example", "x-forwarded-proto": "https" } },
    "https://homeport.example",
  ],
  [
    "by several in a row, of whom the first counts",
    { headers: { host: "homeport.example", "x-forwarded-proto": "http,https" }, isSecure: true },
    "http://homeport.example",
  ],
  [
    "with a scheme that is none",
    { headers: { host: "homeport.example", "x-forwarded-proto": "gopher" } },
    "http://homeport.example",
  ],
  ["without a host", { headers: {} }, "http://localhost"],
])("a caller that comes %s finds us where it did", (_, request, origin) => {
  expect(originOf(request)).toBe(origin)
})
