import type { Attribute } from "@aws-sdk/client-ecs"
import type { ContainerInstance } from "../tables/container-instance.ts"
import type { Demand, Task } from "../tables/task.ts"
import type { PlacementRequest } from "./request.ts"

export const CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/default"

export function attributes(values: Readonly<Record<string, string>>): Attribute[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}

export interface InstanceSize {
  readonly cpu?: number
  readonly memory?: number
  readonly gpuIds?: readonly string[]
}

export function anInstance(
  id: string,
  changes: Partial<ContainerInstance> & { readonly size?: InstanceSize } = {},
): ContainerInstance {
  const { size: { cpu = 2048, memory = 4096, gpuIds = [] } = {}, ...rest } = changes
  return {
    arn: `arn:aws:ecs:us-east-1:111122223333:container-instance/default/${id}`,
    clusterArn: CLUSTER,
    status: "ACTIVE",
    ec2InstanceId: `i-${id}`,
    capacityProvider: undefined,
    registeredResources: [
      { name: "CPU", type: "INTEGER", integerValue: cpu },
      { name: "MEMORY", type: "INTEGER", integerValue: memory },
      { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375"] },
      { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
      { name: "GPU", type: "STRINGSET", stringSetValue: [...gpuIds] },
    ],
    attributes: [],
    agentVersion: "1.90.0",
    agentConnected: true,
    clientToken: undefined,
    manifestNumber: 0,
    version: 1,
    registeredAt: Date.UTC(2026, 0, 1),
    ...rest,
  }
}

export function aDemand(changes: Partial<Demand> = {}): Demand {
  return { cpu: 256, memory: 512, ports: [], gpus: 0, interfaces: 0, ...changes }
}

export function aTask(id: string, changes: Partial<Task> = {}): Task {
  return {
    arn: `arn:aws:ecs:us-east-1:111122223333:task/default/${id}`,
    clusterArn: CLUSTER,
    definitionArn: "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1",
    family: "web",
    group: "family:web",
    startedBy: undefined,
    launchType: "EC2",
    capacityProvider: undefined,
    platformVersion: undefined,
    instanceArn: undefined,
    zone: undefined,
    demand: aDemand(),
    lastStatus: "RUNNING",
    desiredStatus: "RUNNING",
    health: "UNKNOWN",
    containers: [],
    overrides: { containerOverrides: [] },
    attachments: [],
    network: undefined,
    volumes: [],
    ephemeralStorageGiB: undefined,
    enableExecuteCommand: false,
    version: 1,
    createdAt: 0,
    ...changes,
  }
}

export function aRequest(changes: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    clusterArn: CLUSTER,
    launchType: "EC2",
    demand: aDemand(),
    group: "family:web",
    requiredAttributes: [],
    constraints: [],
    strategy: [],
    ...changes,
  }
}
