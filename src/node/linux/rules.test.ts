import { expect, test } from "vitest"
import { instanceRules, ownInstanceRules, publish, withdraw, withoutTable } from "./rules.ts"

const publication = {
  address: "172.30.4.2",
  ports: [
    { containerPort: 80, hostPort: 8080, protocol: "tcp" },
    { containerPort: 53, hostPort: 53, protocol: "udp" },
  ],
} as const

test("what a container publishes is put in and taken out at once", () => {
  const elements = "{ tcp . 8080 : 172.30.4.2 . 80, udp . 53 : 172.30.4.2 . 53 }"
  expect(publish("homeport_a", publication)).toBe(`add element ip homeport_a published ${elements}`)
  expect(withdraw("homeport_a", publication)).toBe(`delete element ip homeport_a published ${elements}`)
})

test("a table is replaced together with all that is published", () => {
  const rules = instanceRules({
    table: "homeport_a",
    bridge: "hportb",
    subnet: "172.30.4.0/22",
    masquerade: true,
    published: [publication],
  })
  expect(rules.startsWith("table ip homeport_a\ndelete table ip homeport_a\ntable ip homeport_a {")).toBe(true)
  expect(rules).toContain("elements = { tcp . 8080 : 172.30.4.2 . 80, udp . 53 : 172.30.4.2 . 53 }")
})

test("an instance with a namespace of its own leaves it to the host to hide its containers from the world", () => {
  const inner = { table: "t", bridge: "bridge0", subnet: "172.30.4.0/22", masquerade: false, published: [] }
  expect(instanceRules(inner)).not.toContain('oifname != "bridge0" masquerade')
  expect(instanceRules(inner)).not.toContain("elements")
  const outer = ownInstanceRules({ table: "t", link: "hporta", sources: ["172.30.4.0/22"], address: "172.30.0.6" })
  expect(outer).toContain("masquerade")
  expect(outer).toContain("ip daddr != 172.30.0.6 drop")
})

test("a table that may not be there is taken away without an error", () => {
  expect(withoutTable("t")).toBe("table ip t\ndelete table ip t\n")
})
