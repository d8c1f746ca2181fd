import { expect, test } from "vitest"
import { isFromForeignPage } from "./foreign-page.ts"

test.each([
  [{ host: "ecs.us-east-1.amazonaws.com" }],
  [{ host: "127.0.0.1:4566" }],
  [{ host: "127.0.0.1:4566", origin: "http://localhost:3000" }],
  [{ host: "localhost:4566", origin: "http://[::1]:3000" }],
  [{ host: "localhost:4566", origin: "http://console.localhost" }],
  [{ host: "localhost:4566", "sec-fetch-site": "same-origin" }],
  [{ host: "homeport.example:4566", "sec-fetch-site": "none" }],
])("tools and pages of this machine are let in: %o", (headers) => {
  expect(isFromForeignPage(headers)).toBe(false)
})

test.each([
  [{ host: "127.0.0.1:4566", origin: "https://evil.example" }],
  [{ host: "127.0.0.1:4566", origin: "null" }],
  [{ host: "127.0.0.1:4566", origin: "http://localhost.evil.example" }],
  [{ host: "evil.example:4566", "sec-fetch-site": "same-origin" }],
])("pages from elsewhere are not: %o", (headers) => {
  expect(isFromForeignPage(headers)).toBe(true)
})
