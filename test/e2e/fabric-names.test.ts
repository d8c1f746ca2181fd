import { expect, test } from "vitest"
import { openFabricMachine } from "./fabric-machine.ts"
import { aNetwork, anInterface, aVpc } from "./fabric-records.ts"
import { answerNames, lookUp } from "./fabric-talk.ts"
import { enterPrivateNetwork } from "./private-network.ts"

// What the resolver of a VPC answers.

const { hostAddress } = enterPrivateNetwork()

test("the resolver of a VPC answers names of the region and of interfaces, forwards the rest, and has its addresses", async () => {
  const machine = await openFabricMachine()
  const dnsName = {
    id: "n",
    vpcIds: ["vpc-a"],
    name: "app.shop.local",
    type: "A" as const,
    ttl: 60,
    values: ["10.0.0.5"],
  }
  const app = anInterface("eni-app", "10.0.0.5", { privateDnsName: "ip-10-0-0-5.eu-west-1.compute.internal" })
  expect(await machine.fabric.snapshot("one", 1, aNetwork([app], { dnsName: [dnsName] }))).toEqual([])
  const there = await machine.path(app)
  for (const server of ["10.0.0.2", "169.254.169.253"]) {
    expect(await lookUp(there, server, "app.shop.local", "A")).toEqual(["10.0.0.5"])
  }
  expect(await lookUp(there, "10.0.0.2", "ip-10-0-0-5.eu-west-1.compute.internal", "A")).toEqual(["10.0.0.5"])
  expect(await lookUp(there, "10.0.0.2", "5.0.0.10.in-addr.arpa", "PTR")).toEqual([app.privateDnsName])
  expect(await lookUp(there, "10.0.0.2", "6.0.0.10.in-addr.arpa", "PTR")).toBe("ENOTFOUND")

  // More than a datagram holds is asked for again over a stream.
  const values = Array.from({ length: 100 }, (_, index) => `10.0.1.${index}`)
  await machine.fabric.change("one", 2, { dnsName: [{ ...dnsName, values }] }, {})
  expect(await lookUp(there, "10.0.0.2", "app.shop.local", "A")).toHaveLength(100)

  await machine.restart()
  await machine.fabric.settled()
  expect(await lookUp(there, "10.0.0.2", "app.shop.local", "A")).toHaveLength(100)
  await machine.fabric.change("one", 3, { vpc: [aVpc({ dnsSupport: false })] }, {})
  expect(await lookUp(there, "10.0.0.2", "app.shop.local", "A")).toBe("ECONNREFUSED")
})

test("a name that a VPC does not know is asked of the host's resolver, also where an alias leads to it", async () => {
  await answerNames(hostAddress, "192.0.2.7")
  const machine = await openFabricMachine({ upstreamResolvers: () => [hostAddress] })
  const app = anInterface("eni-app", "10.0.0.5")
  const alias = { id: "n", vpcIds: [], name: "out.local", type: "CNAME" as const, ttl: 60, values: ["www.example.org"] }
  await machine.fabric.snapshot("one", 1, aNetwork([app], { dnsName: [alias] }))
  const there = await machine.path(app)
  expect(await lookUp(there, "10.0.0.2", "www.example.org", "A")).toEqual(["192.0.2.7"])
  expect(await lookUp(there, "10.0.0.2", "out.local", "A")).toEqual(["192.0.2.7"])
})
