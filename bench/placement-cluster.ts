import type { Spot } from "../src/services/ecs/placement/plan.ts"
import type { PlacementRequest } from "../src/services/ecs/placement/request.ts"
import { type ContainerInstance, containerInstances } from "../src/services/ecs/tables/container-instance.ts"
import type { Task } from "../src/services/ecs/tables/task.ts"
import type { Tx } from "../src/store/transaction.ts"
import { newHex } from "../src/world/ids.ts"
import type { Random } from "../src/world/world.ts"

export const INSTANCES = 10_000

const CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/bench"
const CAPABILITIES = [...Array(36).keys()].map((number) => `ecs.capability.feature-${number}`)

/** Large instances in three zones, each with as many attributes as an agent registers. */
export function putInstances(tx: Tx, random: Random): void {
  for (let number = 0; number < INSTANCES; number++) tx.put(containerInstances, anInstance(number, random))
}

function anInstance(number: number, random: Random): ContainerInstance {
  return {
    arn: `${CLUSTER.replace(":cluster/", ":container-instance/")}/${newHex(random, 32)}`,
    clusterArn: CLUSTER,
    status: "ACTIVE",
    ec2InstanceId: `i-${newHex(random, 17)}`,
    capacityProvider: undefined,
    registeredResources: [
      { name: "CPU", type: "INTEGER", integerValue: 96 * 1024 },
      { name: "MEMORY", type: "INTEGER", integerValue: 384 * 1024 },
      { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
      { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
    ],
    attributes: [
      ...CAPABILITIES.map((name) => ({ name })),
      { name: "ecs.availability-zone", value: `us-east-1${"abc"[number % 3]}` },
      { name: "ecs.instance-type", value: "m5.24xlarge" },
      { name: "ecs.os-type", value: "linux" },
      { name: "rack", value: `rack-${number % 40}` },
    ],
    agentConnected: true,
    clientToken: newHex(random, 32),
    manifestNumber: 0,
    version: 1,
    registeredAt: 0,
  }
}

/** What ten services and ten groups of RunTask want: every strategy, four sizes, constraints for some. */
export function requests(): PlacementRequest[] {
  return [...Array(20).keys()].map((number): PlacementRequest => {
    const isService = number % 2 === 0
    const name = isService ? `service-${number}` : `job-${number}`
    return {
      clusterArn: CLUSTER,
      launchType: "EC2",
      demand: { ...SIZES[number % SIZES.length]!, ports: [], gpus: 0, interfaces: 0 },
      ...(isService && { serviceArn: `${CLUSTER.replace(":cluster/", ":service/")}/${name}` }),
      group: isService ? `service:${name}` : `family:${name}`,
      requiredAttributes: CAPABILITIES.slice(0, number % 3 === 0 ? 12 : 8).map((capability) => ({ name: capability })),
      constraints: number % 8 === 0 ? [{ type: "memberOf", expression: "attribute:rack =~ rack-[1-3].*" }] : [],
      strategy: STRATEGIES[number % STRATEGIES.length]!,
    }
  })
}

const SIZES = [
  { cpu: 128, memory: 256 },
  { cpu: 256, memory: 512 },
  { cpu: 512, memory: 1024 },
  { cpu: 256, memory: 1024 },
]

const ZONES = { type: "spread", field: "attribute:ecs.availability-zone" } as const

/** An empty one is a service's default, and random for RunTask. */
const STRATEGIES: readonly PlacementRequest["strategy"][] = [
  [],
  [],
  [ZONES, { type: "binpack", field: "memory" }],
  [ZONES, { type: "spread", field: "instanceId" }],
  [{ type: "binpack", field: "cpu" }],
]

/** A record as RunTask and the deployments' controller write it. */
export function placedTask(request: PlacementRequest, { instanceArn, zone }: Spot, random: Random): Task {
  const { demand, group, serviceArn } = request
  const id = newHex(random, 32)
  const arn = `arn:aws:ecs:us-east-1:111122223333:task/bench/${id}`
  return {
    arn,
    clusterArn: CLUSTER,
    definitionArn: DEFINITION,
    family: "web",
    group,
    startedBy: serviceArn && "ecs-svc/1234567890123456789",
    launchType: "EC2",
    capacityProvider: undefined,
    platformVersion: undefined,
    instanceArn,
    zone,
    demand,
    lastStatus: "PENDING",
    desiredStatus: "RUNNING",
    health: "UNKNOWN",
    containers: [
      {
        arn: `arn:aws:ecs:us-east-1:111122223333:container/bench/${id}/${newHex(random, 32)}`,
        name: "web",
        image: "public.ecr.aws/nginx/nginx:1.29",
        essential: true,
        lastStatus: "PENDING",
        health: "UNKNOWN",
        cpu: demand.cpu,
        memory: demand.memory,
      },
    ],
    overrides: NO_OVERRIDES,
    attachments: [],
    network: undefined,
    volumes: [],
    ephemeralStorageGiB: undefined,
    enableExecuteCommand: false,
    ...(serviceArn && { serviceArn, revisionArn: `${serviceArn}/1` }),
    version: 1,
    createdAt: 1_760_000_000_000,
  }
}

const DEFINITION = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1"
const NO_OVERRIDES: Task["overrides"] = { containerOverrides: [] }
