import { expect, test } from "vitest"
import { regionsSeenFrom, zonesOf } from "./zones.ts"

test.each([
  ["us-east-1", "use1-az1"],
  ["eu-central-1", "euc1-az1"],
  ["ap-southeast-2", "apse2-az1"],
  ["ap-northeast-1", "apne1-az1"],
  ["sa-east-1", "sae1-az1"],
])("the first zone of %s is %s", (region, id) => {
  expect(zonesOf(region)).toHaveLength(3)
  expect(zonesOf(region)[0]).toEqual({ name: `${region}a`, id })
})

test("a caller's own region is there, whatever it is called", () => {
  expect(regionsSeenFrom("attic-1").map(({ name }) => name)).toContain("attic-1")
  expect(regionsSeenFrom("us-east-1").filter(({ name }) => name === "us-east-1")).toHaveLength(1)
})
