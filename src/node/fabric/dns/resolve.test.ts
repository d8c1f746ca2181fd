import { expect, test } from "vitest"
import type { FabricDnsName } from "../../../wire/fabric.ts"
import { aRecordSet } from "../testing.ts"
import { TYPES } from "./message.ts"
import { namesOf } from "./names.ts"
import { resolve } from "./resolve.ts"

const name = (given: Partial<FabricDnsName>): FabricDnsName => ({
  id: `${given.name} ${given.type ?? "A"}`,
  vpcIds: [],
  name: "app.shop.local",
  type: "A",
  ttl: 60,
  values: [],
  ...given,
})

const records = aRecordSet({
  vpc: [{ id: "vpc-a", cidrs: ["10.0.0.0/16"] }],
  interface: [{ id: "eni-a", addresses: ["10.0.0.5"], privateDnsName: "ip-10-0-0-5.eu-west-1.compute.internal" }],
  dnsName: [
    name({ name: "app.shop.local", values: ["10.0.0.5", "10.0.0.6"] }),
    name({ name: "hidden.shop.local", vpcIds: ["vpc-b"], values: ["10.9.0.1"] }),
    name({ name: "www.shop.local", type: "CNAME", values: ["app.shop.local."] }),
    name({ name: "out.shop.local", type: "CNAME", values: ["example.org"] }),
    name({ name: "*.wild.local", values: ["10.0.0.9"] }),
    name({ name: "loop.local", type: "CNAME", values: ["loop.local"] }),
  ],
})

function ask(text: string, type: keyof typeof TYPES = "A") {
  const question = { name: text, type: TYPES[type], bytes: Buffer.alloc(0) }
  const resolution = resolve(question, namesOf("vpc-a", records))
  if (resolution.kind === "forward") return `ask for ${resolution.name}, after ${resolution.found.length}`
  return resolution.code === 0 ? resolution.answers.map(({ value }) => value) : "no such name"
}

test("a name is answered with all of its values, and an alias with what it leads to", () => {
  expect(ask("app.shop.local")).toEqual(["10.0.0.5", "10.0.0.6"])
  expect(ask("www.shop.local")).toEqual(["app.shop.local.", "10.0.0.5", "10.0.0.6"])
  expect(ask("a.b.wild.local")).toEqual(["10.0.0.9"])
})

test("a name that is there without the type has no answer, and so have the names above it", () => {
  expect(ask("app.shop.local", "AAAA")).toEqual([])
  expect(ask("shop.local")).toEqual([])
})

test("what is not known here, or is another VPC's, is asked of others", () => {
  expect(ask("example.org")).toBe("ask for example.org, after 0")
  expect(ask("hidden.shop.local")).toBe("ask for hidden.shop.local, after 0")
  expect(ask("out.shop.local")).toBe("ask for example.org, after 1")
})

test("interfaces have names both ways, and no address of the VPC is asked of others", () => {
  expect(ask("ip-10-0-0-5.eu-west-1.compute.internal")).toEqual(["10.0.0.5"])
  expect(ask("5.0.0.10.in-addr.arpa", "PTR")).toEqual(["ip-10-0-0-5.eu-west-1.compute.internal"])
  expect(ask("ip-10-0-0-7.eu-west-1.compute.internal")).toEqual(["10.0.0.7"])
  expect(ask("ip-10-9-0-7.eu-west-1.compute.internal")).toMatch(/^ask/)
  expect(ask("7.0.0.10.in-addr.arpa", "PTR")).toBe("no such name")
  expect(ask("7.0.9.10.in-addr.arpa", "PTR")).toMatch(/^ask/)
})

test("aliases that lead in a circle come to an end", () => {
  expect(ask("loop.local")).toHaveLength(9)
})
