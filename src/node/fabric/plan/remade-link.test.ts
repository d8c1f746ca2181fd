import { expect, test } from "vitest"
import { aMachine, aRecordSet } from "../testing.ts"
import { desiredFabric } from "./desired.ts"
import { planSteps } from "./difference.ts"

const records = aRecordSet({
  vpc: [{ id: "vpc-a" }],
  subnet: [{ id: "subnet-a" }],
  interface: [
    { id: "eni-a", addresses: ["10.0.0.5"] },
    { id: "eni-b", addresses: ["10.0.0.6"], host: "elsewhere" },
  ],
  machine: [{ id: "elsewhere", host: "elsewhere", underlayAddress: "192.0.2.2" }],
})

/** As seen from a machine at an address. */
function at(underlayAddress: string) {
  return desiredFabric(records, aMachine({ underlayAddress })).state
}

test("a machine that has another address makes its way to the others anew, with all that led there", () => {
  const steps = planSteps(at("192.0.2.1"), at("192.0.2.9"), "hosts")
  expect(steps.map(({ kind }) => kind)).toEqual(["remove link", "open vxlan", "configure"])
  const added = steps.flatMap((step) => (step.kind === "configure" ? step.add : []))
  expect(added).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "address", link: "vxlan" }),
      expect.objectContaining({ kind: "neighbour", link: "vxlan", address: "192.0.2.2" }),
      expect.objectContaining({ kind: "forwarding", link: "vxlan", to: "192.0.2.2" }),
      expect.objectContaining({ kind: "route", link: "vxlan", destination: "10.0.0.6/32" }),
    ]),
  )
  // What went with the link need not be taken away.
  expect(steps.flatMap((step) => (step.kind === "configure" ? step.remove : []))).toEqual([])
})
