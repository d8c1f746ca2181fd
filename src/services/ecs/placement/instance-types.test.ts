import { expect, test } from "vitest"
import { instanceType } from "../../ec2/index.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { Capacity } from "./capacity.ts"
import { anInstance, attributes } from "./testing.ts"

test.each([
  ["m5.large", 2, 8192, 3, 10],
  ["c6i.8xlarge", 32, 65_536, 8, 90],
  ["c7g.medium", 1, 2048, 2, 4],
  ["t3.micro", 2, 1024, 2, undefined],
  ["g5.xlarge", 4, 16_384, 4, 6],
  ["m6a.48xlarge", 192, 786_432, 15, 120],
])("%s is known", (name, vcpus, memoryMiB, interfaces, trunkInterfaces) => {
  expect(instanceType(name)).toMatchObject({ vcpus, memoryMiB, interfaces, trunkInterfaces })
})

test.each<[string, Record<string, string>, number]>([
  ["all but its own of a type", { "ecs.instance-type": "m5.large" }, 2],
  ["those of its trunk", { "ecs.instance-type": "m5.large", "ecs.awsvpc-trunk-id": "eni-1" }, 10],
  ["a type that cannot have a trunk keeps its own", { "ecs.instance-type": "t3.large", "ecs.awsvpc-trunk-id": "x" }, 2],
  ["what it declares", { "ecs.instance-type": "m5.large", "homeport.task-interfaces": "40" }, 40],
  ["plenty where nothing is known", { "ecs.instance-type": "nuc" }, 1000],
])("an instance has interfaces for tasks: %s", (_, given, interfaces) => {
  const capacity = new Capacity()
  const instance = anInstance("one", { attributes: attributes(given) })
  capacity.changed(containerInstances, undefined, instance)

  expect(capacity.instance(instance.arn)?.interfacesFree).toBe(interfaces)
})
