import { instanceType } from "../../ec2/index.ts"
import type { ContainerInstance } from "../tables/container-instance.ts"

/** What an instance's own record says that placement needs, taken apart once for all the tasks that come. */
export interface Face {
  readonly clusterArn: string
  readonly status: ContainerInstance["status"]
  readonly agentConnected: boolean
  readonly agentVersion: string | undefined
  readonly ec2InstanceId: string | undefined
  readonly capacityProvider: string | undefined
  readonly registeredAt: number

  /** By name; an attribute without a value has an empty one. */
  readonly attributes: ReadonlyMap<string, string>
  readonly zone: string | undefined

  /** Whether it is as good for any other zone: one that has not said where it is stands in all of them. */
  readonly isInEveryZone: boolean

  /** Whether it has come by ECS Anywhere, for tasks that are started as EXTERNAL. */
  readonly isExternal: boolean
  readonly cpu: number
  readonly memory: number
  readonly gpuIds: readonly string[]

  /** How many tasks can have an interface of their own. */
  readonly interfaces: number

  /** Ports that no task may have, as `22/tcp`. */
  readonly reservedPorts: ReadonlySet<string>
}

export function faceOf(instance: ContainerInstance): Face {
  const { clusterArn, status, agentConnected, agentVersion, ec2InstanceId, capacityProvider, registeredAt } = instance
  const attributes = new Map<string, string>()
  for (const { name, value = "" } of instance.attributes) if (name !== undefined) attributes.set(name, value)
  const tcp = setResource(instance, "PORTS").map((port) => `${port}/tcp`)
  const udp = setResource(instance, "PORTS_UDP").map((port) => `${port}/udp`)
  return {
    clusterArn,
    status,
    agentConnected,
    agentVersion,
    ec2InstanceId,
    capacityProvider,
    registeredAt,
    attributes,
    zone: attributes.get(ZONE),
    isInEveryZone: instance.zoneIsAssumed === true || !attributes.has(ZONE),
    isExternal: attributes.has(EXTERNAL),
    cpu: numberResource(instance, "CPU"),
    memory: numberResource(instance, "MEMORY"),
    gpuIds: setResource(instance, "GPU"),
    interfaces: interfaceLimit(attributes),
    reservedPorts: new Set([...tcp, ...udp]),
  }
}

/** Whether two records of an instance look the same to placement; most changes of one only count manifests. */
export function hasSameFace(a: ContainerInstance, b: ContainerInstance): boolean {
  return (
    a.attributes === b.attributes &&
    a.registeredResources === b.registeredResources &&
    a.clusterArn === b.clusterArn &&
    a.status === b.status &&
    a.agentConnected === b.agentConnected &&
    a.agentVersion === b.agentVersion &&
    a.ec2InstanceId === b.ec2InstanceId &&
    a.capacityProvider === b.capacityProvider &&
    a.registeredAt === b.registeredAt
  )
}

export const ZONE = "ecs.availability-zone"
const EXTERNAL = "ecs.capability.external"
const TRUNK = "ecs.awsvpc-trunk-id"

/** With this attribute an operator says how many interfaces for tasks a machine has. */
const DECLARED_INTERFACES = "homeport.task-interfaces"

/** A machine that is no type of EC2's makes interfaces in software: there is no limit but good sense. */
const INTERFACES_DEFAULT = 1000

function interfaceLimit(attributes: ReadonlyMap<string, string>): number {
  const declared = attributes.get(DECLARED_INTERFACES)
  if (declared !== undefined && /^\d{1,6}$/.test(declared)) return Number(declared)
  const type = instanceType(attributes.get("ecs.instance-type") ?? "")
  if (type === undefined) return INTERFACES_DEFAULT
  if (attributes.has(TRUNK) && type.trunkInterfaces !== undefined) return type.trunkInterfaces
  // One interface is the instance's own.
  return type.interfaces - 1
}

function numberResource({ registeredResources }: ContainerInstance, name: string): number {
  return registeredResources.find((resource) => resource.name === name)?.integerValue ?? 0
}

function setResource({ registeredResources }: ContainerInstance, name: string): readonly string[] {
  return registeredResources.find((resource) => resource.name === name)?.stringSetValue ?? []
}
