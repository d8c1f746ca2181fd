import { expect, test } from "vitest"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { tasks } from "../tables/task.ts"
import { Capacity } from "./capacity.ts"
import { closestRefusal, explainInstance, explainPlacement, placementProblem } from "./explain.ts"
import { aDemand, anInstance, aRequest, aTask, attributes } from "./testing.ts"

function capacityOf(...instances: readonly ContainerInstance[]): Capacity {
  const capacity = new Capacity()
  for (const instance of instances) capacity.changed(containerInstances, undefined, instance)
  return capacity
}

const rest = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."

test("the closest instance is the one that lacks the fewest things, and of those the least", () => {
  const capacity = capacityOf(
    anInstance("tiny", { size: { cpu: 10, memory: 10 } }),
    anInstance("half", { size: { memory: 256 } }),
    anInstance("nearly", { size: { memory: 500 } }),
    anInstance("away", { agentConnected: false, size: { memory: 500 } }),
  )
  const refusals = explainPlacement(capacity, aRequest())

  expect(closestRefusal(refusals)).toMatchObject({ instanceArn: anInstance("nearly").arn, reason: "RESOURCE:MEMORY" })
  expect(placementProblem(refusals)).toBe(
    `was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance nearly) has insufficient memory available. ${rest}`,
  )
})

test("an attribute that is missing is named", () => {
  const capacity = capacityOf(anInstance("one", { attributes: attributes({ a: "1" }) }))
  const requiredAttributes = [{ name: "a", value: "2" }, { name: "b" }]

  expect(explainPlacement(capacity, aRequest({ requiredAttributes }))).toMatchObject([
    { reason: "ATTRIBUTE", detail: "a=2, b" },
  ])
})

test.each([
  ["agent", anInstance("one", { agentConnected: false }), 'encountered error "AGENT".'],
  ["ports", anInstance("one"), "is already using a port required by your task."],
])("the event of a service says what is the matter: %s", (_, instance, problem) => {
  const capacity = capacityOf(instance)
  const request = aRequest({ demand: aDemand({ ports: ["22/tcp"] }) })

  expect(placementProblem(explainPlacement(capacity, request))).toContain(problem)
})

test("without an instance the event says so", () => {
  expect(placementProblem(explainPlacement(capacityOf(), aRequest()))).toBe(
    `was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster. ${rest}`,
  )
})

test("an instance that a caller names can be taken, or says why not", () => {
  const capacity = capacityOf(anInstance("one"), anInstance("draining", { status: "DRAINING" }))
  const explain = (id: string) => explainInstance(capacity, aRequest(), anInstance(id).arn)?.reason

  expect([explain("one"), explain("draining"), explain("other")]).toEqual([undefined, "INACTIVE", "MISSING"])
})

test("what is left of an instance is shown as what was registered is", () => {
  const instance = anInstance("one", { size: { cpu: 1024, memory: 1000, gpuIds: ["g0"] } })
  const capacity = capacityOf(instance)
  const demand = aDemand({ cpu: 24, memory: 100, ports: ["80/tcp", "53/udp"] })
  capacity.changed(tasks, undefined, aTask("one", { instanceArn: instance.arn, demand }))

  expect(capacity.remainingResources(instance)).toEqual([
    { name: "CPU", type: "INTEGER", integerValue: 1000 },
    { name: "MEMORY", type: "INTEGER", integerValue: 900 },
    { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "80"] },
    { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: ["53"] },
    { name: "GPU", type: "STRINGSET", stringSetValue: ["g0"] },
  ])
})
