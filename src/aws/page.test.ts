import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "./fault.ts"
import { type PageBinding, pageOf, pageTokens } from "./page.ts"

const pages = pageTokens(Buffer.alloc(32, 7))
const binding: PageBinding = {
  account: "123456789012",
  region: "eu-central-1",
  service: "ecs",
  operation: "ListTasks",
  filters: { cluster: "shop" },
}

test("a token gives its position back to whom it was made for, also after a restart", () => {
  const token = pages.seal(binding, "cluster/shop/ä")
  expect(pageTokens(Buffer.alloc(32, 7)).open(binding, token)).toBe("cluster/shop/ä")
})

test.each<[string, Partial<PageBinding>]>([
  ["another account", { account: "210987654321" }],
  ["another region", { region: "eu-west-1" }],
  ["another service", { service: "batch" }],
  ["another operation", { operation: "ListServices" }],
  ["other filters", { filters: { cluster: "yard" } }],
  ["no filters", { filters: {} }],
])("a token is no good for %s", (_, other) => {
  expect(pages.open({ ...binding, ...other }, pages.seal(binding, "x"))).toBeUndefined()
})

test("filters are the same whatever their order, and those not given do not count", () => {
  const token = pages.seal({ ...binding, filters: { a: ["x", "y"], b: { c: 1, d: 2 } } }, "x")
  expect(pages.open({ ...binding, filters: { b: { d: 2, c: 1 }, e: undefined, a: ["x", "y"] } }, token)).toBe("x")
})

test("a token made under another key is no good", () => {
  expect(pageTokens(Buffer.alloc(32, 8)).open(binding, pages.seal(binding, "x"))).toBeUndefined()
})

test("nothing can be changed in a token", () => {
  return fc.assert(
    fc.property(fc.string(), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (position, at, character) => {
      const token = pages.seal(binding, position)
      const place = at % token.length
      const forged = token.slice(0, place) + character + token.slice(place + 1)
      expect(pages.open(binding, forged)).toBe(forged === token ? position : undefined)
      expect(pages.open(binding, token + character)).toBeUndefined()
    }),
  )
})

test("whatever else is sent as a token is refused", () => {
  return fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (token) => {
      expect(pages.open(binding, token)).toBeUndefined()
    }),
  )
})

const caller = { account: "123456789012", region: "eu-central-1", service: "ecs", operation: "ListTasks", pages }
const invalidToken = () => new Fault("InvalidParameterException", "Invalid token")

function listing(keys: readonly string[]) {
  return ({ after = "", limit }: { after: string | undefined; limit: number }) =>
    keys.filter((key) => key > after).slice(0, limit)
}

test("pages put together are the listing, and only the last one has no token", () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1 })).map((all) => all.sort())
  return fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const seen: string[] = []
      let token: string | undefined
      do {
        const { page, nextToken } = pageOf(caller, {
          token,
          limit,
          list: listing(all),
          position: (key) => key,
          invalidToken,
        })
        if (nextToken !== undefined) expect(page.length).toBe(limit)
        seen.push(...page)
        token = nextToken
      } while (token !== undefined)
      expect(seen).toEqual(all)
    }),
  )
})

test("a page stays where it was when what stood before it goes away", () => {
  const { nextToken } = pageOf(caller, {
    token: undefined,
    limit: 2,
    list: listing(["a", "b", "c", "d"]),
    position: (key) => key,
    invalidToken,
  })
  const { page } = pageOf(caller, {
    token: nextToken,
    limit: 2,
    list: listing(["c", "d"]),
    position: (key) => key,
    invalidToken,
  })
  expect(page).toEqual(["c", "d"])
})

test("a token that is not good is the service's fault", () => {
  const request = { limit: 2, list: listing(["a"]), position: (key: string) => key, invalidToken }
  expect(() => pageOf(caller, { ...request, token: "AAAA" })).toThrow("Invalid token")
  expect(pageOf(caller, { ...request, token: "" }).page).toEqual(["a"])
})
