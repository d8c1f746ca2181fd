import { expect, test } from "vitest"
import { formatSubnet, parseSubnet } from "./ipv4.ts"
import { addressesOfVeth, carve } from "./subnets.ts"

const carved = (pool: string, ...taken: string[]) => {
  const found = carve(parseSubnet(pool), taken.map(parseSubnet))
  return found && [found.subnet, found.veth].map(formatSubnet)
}

test("each instance has a block and a pair of addresses that lead nowhere else", () => {
  expect(carved("172.30.0.0/16")).toEqual(["172.30.4.0/22", "172.30.0.4/30"])
  expect(carved("172.30.0.0/16", "172.30.4.0/22", "172.30.0.4/30")).toEqual(["172.30.8.0/22", "172.30.0.8/30"])
  expect(carved("172.30.0.0/16", "172.30.7.255/32")).toEqual(["172.30.8.0/22", "172.30.0.8/30"])
  expect(carved("172.30.0.0/16", "172.30.0.0/29")).toEqual(["172.30.8.0/22", "172.30.0.8/30"])
})

test("there is none when all of the pool leads elsewhere", () => {
  expect(carved("172.30.0.0/16", "172.16.0.0/12")).toBeUndefined()
  expect(carved("172.30.0.0/22")).toBeUndefined()
})

test("of a pair the host has the first address", () => {
  expect(addressesOfVeth(parseSubnet("172.30.0.4/30"))).toEqual({ host: "172.30.0.5", instance: "172.30.0.6" })
})
