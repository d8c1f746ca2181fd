import type { ContainerDefinition } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { demandOf } from "./demand.ts"
import type { Definition } from "./fill.ts"

const aContainer = (container: ContainerDefinition) => ({ name: "app", image: "nginx", ...container })

function demand(definition: Definition, overrides?: Parameters<typeof demandOf>[1]) {
  return demandOf({ definition }, overrides)
}

test("without a size of its own a task takes what its containers take, and of memory what they reserve", () => {
  const containerDefinitions = [
    aContainer({ cpu: 100, memory: 512, memoryReservation: 256 }),
    aContainer({ name: "side", cpu: 28, memory: 64 }),
  ]
  expect(demand({ containerDefinitions })).toEqual({ cpu: 128, memory: 320, ports: [], gpus: 0, interfaces: 0 })
})

test("a size of the task comes before those of its containers", () => {
  const containerDefinitions = [aContainer({ cpu: 100, memory: 64 })]
  expect(demand({ containerDefinitions, cpu: "256", memory: "512" })).toMatchObject({ cpu: 256, memory: 512 })
  expect(demand({ containerDefinitions, memory: "512" })).toMatchObject({ cpu: 100, memory: 512 })
})

test("overrides come before what the definition says", () => {
  const containerDefinitions = [
    aContainer({ cpu: 100, memory: 512, resourceRequirements: [{ type: "GPU", value: "1" }] }),
    aContainer({ name: "side", cpu: 10, memory: 64, memoryReservation: 32 }),
  ]
  const containerOverrides = [
    { name: "app", cpu: 200, memory: 300, resourceRequirements: [{ type: "GPU" as const, value: "3" }] },
    { name: "side", memory: 128 },
  ]
  expect(demand({ containerDefinitions }, { containerOverrides })).toMatchObject({ cpu: 210, memory: 332, gpus: 3 })
  expect(demand({ containerDefinitions }, { cpu: "1024", memory: "2048", containerOverrides: [] })).toMatchObject({
    cpu: 1024,
    memory: 2048,
  })
})

test("only ports that the definition fixes are taken from the machine", () => {
  const bridge = [
    aContainer({
      portMappings: [
        { containerPort: 80, hostPort: 8080, protocol: "tcp" },
        { containerPort: 81, hostPort: 0, protocol: "tcp" },
        { containerPortRange: "90-99", protocol: "tcp" },
        { containerPort: 53, hostPort: 53, protocol: "udp" },
      ],
    }),
  ]
  expect(demand({ containerDefinitions: bridge }).ports).toEqual(["8080/tcp", "53/udp"])
})

test("in host mode every port is the machine's, in awsvpc mode none, for there the task has an interface", () => {
  const containerDefinitions = [aContainer({ portMappings: [{ containerPort: 80, hostPort: 80, protocol: "tcp" }] })]
  expect(demand({ containerDefinitions, networkMode: "host" })).toMatchObject({ ports: ["80/tcp"], interfaces: 0 })
  expect(demand({ containerDefinitions, networkMode: "awsvpc" })).toMatchObject({ ports: [], interfaces: 1 })
})

test("GPUs add up over the containers", () => {
  const containerDefinitions = ["a", "b"].map((name) =>
    aContainer({ name, resourceRequirements: [{ type: "GPU", value: "2" }] }),
  )
  expect(demand({ containerDefinitions }).gpus).toBe(4)
})
