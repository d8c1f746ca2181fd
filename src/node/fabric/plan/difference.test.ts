import { expect, test } from "vitest"
import { emptyTable } from "../filter/table.ts"
import { aMachine, aRecordSet } from "../testing.ts"
import { desiredFabric, refilteredFabric } from "./desired.ts"
import { planSteps } from "./difference.ts"
import type { FabricState } from "./state.ts"

const nothing: FabricState = { host: { links: new Map(), entries: new Map(), table: emptyTable }, routers: new Map() }

const uplinks = new Map([
  ["vpc-a", { hostLink: "hport1", hostAddress: "172.30.2.0", routerAddress: "172.30.2.1" }],
  ["vpc-b", { hostLink: "hport2", hostAddress: "172.30.2.2", routerAddress: "172.30.2.3" }],
])

function theRecords(given: Parameters<typeof aRecordSet>[0] = {}) {
  return aRecordSet({
    vpc: [{ id: "vpc-a" }, { id: "vpc-b", cidrs: ["10.1.0.0/16"] }],
    subnet: [{ id: "subnet-a" }, { id: "subnet-b", vpcId: "vpc-b", cidr: "10.1.0.0/24" }],
    routeTable: [{ id: "rtb-a", routes: [{ destination: "10.1.0.0/16", target: "peering", targetId: "pcx-1" }] }],
    acl: [{ id: "acl-a" }],
    group: [{ id: "sg-a", members: ["10.0.0.5"], ingress: [{ protocol: "-1", groupId: "sg-a" }] }],
    interface: [
      { id: "eni-a", addresses: ["10.0.0.5"], groupIds: ["sg-a"] },
      { id: "eni-b", addresses: ["10.1.0.5"], vpcId: "vpc-b", subnetId: "subnet-b", groupIds: ["sg-b"] },
    ],
    peering: [{ id: "pcx-1", vpcIds: ["vpc-a", "vpc-b"] }],
    ...given,
  })
}

const machine = aMachine({ uplinks })
const kinds = (from: FabricState, to: FabricState) => planSteps(from, to, "hosts").map(({ kind }) => kind)

test("the same records ask for the same, and then there is nothing to do", () => {
  const one = desiredFabric(theRecords(), machine).state
  expect(planSteps(one, desiredFabric(theRecords(), machine).state, "hosts")).toEqual([])
})

test("rules are there before the links that they are about, and routers before what connects them", () => {
  const steps = kinds(nothing, desiredFabric(theRecords(), machine).state)
  expect(steps.slice(0, 5)).toEqual(["filter", "open router", "filter", "create elastic", "open router"])
  expect(steps.lastIndexOf("filter")).toBeLessThan(steps.indexOf("connect"))
  expect(steps.lastIndexOf("connect")).toBeLessThan(steps.indexOf("configure"))
  expect(steps.filter((kind) => kind === "connect")).toHaveLength(3)
})

test("what goes loses its rules and ways before it is taken away", () => {
  const both = desiredFabric(theRecords(), machine).state
  const without = desiredFabric(theRecords({ interface: [] }), aMachine({ uplinks: new Map() })).state
  const steps = kinds(both, without)
  expect(steps.indexOf("filter")).toBeLessThan(steps.indexOf("remove elastic"))
  expect(steps.indexOf("remove elastic")).toBeLessThan(steps.indexOf("close router"))
  expect(steps.filter((kind) => kind === "close router")).toHaveLength(2)
})

test("another member of a group is one element, and nothing else is touched", () => {
  const before = desiredFabric(theRecords(), machine)
  const records = theRecords({
    group: [{ id: "sg-a", members: ["10.0.0.5", "10.0.0.6"], ingress: [{ protocol: "-1", groupId: "sg-a" }] }],
  })
  const edit = { set: "members4_sg-a", type: "ipv4_addr", remove: [], add: [["10.0.0.6", undefined]] }
  const text = "add element inet vpc members4_sg-a { 10.0.0.6 }"
  const step = {
    kind: "filter",
    subject: { kind: "vpc", id: "vpc-a" },
    vpcId: "vpc-a",
    table: "vpc",
    text,
    edits: [edit],
  }
  expect(planSteps(before.state, desiredFabric(records, machine).state, "hosts")).toEqual([step])
  expect(planSteps(before.state, refilteredFabric(before, records).state, "hosts")).toEqual([step])
})

test("a route that leads elsewhere now is replaced, so that there is no moment without it", () => {
  const before = desiredFabric(theRecords(), machine).state
  const routes = [{ destination: "10.1.0.0/16", target: "internet" as const }]
  const after = desiredFabric(theRecords({ routeTable: [{ id: "rtb-a", routes }] }), machine).state
  const [step] = planSteps(before, after, "hosts")
  expect(step).toMatchObject({ kind: "configure", remove: [], add: [{ destination: "10.1.0.0/16", link: "uplink" }] })
})

test("what was found with another MAC is made anew", () => {
  const state = desiredFabric(theRecords(), machine).state
  const router = state.routers.get("vpc-a")!
  const elastics = new Map([["eni-a", { ...router.elastics.get("eni-a")!, mac: "" }]])
  const found = { ...state, routers: new Map(state.routers).set("vpc-a", { ...router, elastics }) }
  expect(kinds(found, state)).toEqual(["create elastic"])
})
