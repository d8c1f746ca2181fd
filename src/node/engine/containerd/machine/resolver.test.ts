import { expect, test } from "vitest"
import { hostsFile, resolvConf } from "./resolver.ts"

const nothing = { dns: [], dnsSearch: [] }

test("a container knows itself, its extra hosts and its loopback", () => {
  const extraHosts = ["db:10.0.0.9", "six:fd00::9"]
  const text = hostsFile({ extraHosts }, "app", { address: "10.0.0.2", address6: "fd00::2" })
  expect(text).toMatch(/^127\.0\.0\.1\tlocalhost$/m)
  expect(text).toMatch(/^10\.0\.0\.9\tdb$/m)
  expect(text).toMatch(/^fd00::9\tsix$/m)
  expect(text).toMatch(/^10\.0\.0\.2\tapp\nfd00::2\tapp\n$/m)
})

test("servers and domains are those given, else the machine's", () => {
  const machine = "# by hand\nsearch lan .\nnameserver 192.0.2.1\nnameserver 127.0.0.1\noptions ndots:2\n"
  expect(resolvConf(nothing, machine, true)).toBe("search lan\nnameserver 192.0.2.1\noptions ndots:2\n")
  expect(resolvConf({ dns: ["192.0.2.7"], dnsSearch: ["shop"] }, machine, true)).toBe(
    "search shop\nnameserver 192.0.2.7\noptions ndots:2\n",
  )
})

test("a server on the machine's loopback is of use only in the machine's network", () => {
  const machine = "nameserver 127.0.0.53\nnameserver ::1\n"
  expect(resolvConf(nothing, machine, false)).toBe("nameserver 127.0.0.53\nnameserver ::1\n")
  expect(resolvConf(nothing, machine, true)).toBe("nameserver 8.8.8.8\nnameserver 8.8.4.4\n")
})
