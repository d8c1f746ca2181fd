import { expect, test } from "vitest"
import { PublishedPorts } from "./published-ports.ts"

const tcp = (hostPort: number) => ({ containerPort: 80, hostPort, protocol: "tcp" as const })

test("a port is taken where it is published, and nowhere else, until it is given back", () => {
  const ports = new PublishedPorts()
  ports.add(undefined, [tcp(8080)])
  expect(() => ports.assertFree(undefined, [tcp(8080)])).toThrow("port is already allocated")
  expect(() => ports.assertFree("/run/instance", [tcp(8080)])).not.toThrow()
  expect(() => ports.assertFree(undefined, [{ ...tcp(8080), protocol: "udp" }])).not.toThrow()
  ports.remove(undefined, [tcp(8080)])
  expect(() => ports.assertFree(undefined, [tcp(8080)])).not.toThrow()
})

test("nobody publishes one port twice", () => {
  expect(() => new PublishedPorts().assertFree(undefined, [tcp(8080), tcp(8080)])).toThrow("8080")
})
