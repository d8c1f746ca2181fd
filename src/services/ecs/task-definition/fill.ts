import type {
  ContainerDefinition,
  HealthCheck,
  NetworkMode,
  PortMapping,
  RegisterTaskDefinitionRequest,
} from "@aws-sdk/client-ecs"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { cpuUnits, memoryMiB } from "./size.ts"

export type Definition = TaskDefinition["definition"]

/** A definition with AWS's defaults in it, before anyone has looked whether it makes sense. */
export interface FilledDefinition extends Definition {
  readonly containerDefinitions: FilledContainer[]
  readonly volumes: NonNullable<Definition["volumes"]>
  readonly placementConstraints: NonNullable<Definition["placementConstraints"]>
}

type Filled =
  | "cpu"
  | "essential"
  | "environment"
  | "mountPoints"
  | "portMappings"
  | "systemControls"
  | "volumesFrom"
  | "name"
  | "image"

export type FilledContainer = Omit<ContainerDefinition, Filled> & {
  readonly [F in Filled]-?: NonNullable<ContainerDefinition[F]>
}

/** What AWS shows of a request: sizes as plain numbers, and its defaults where something was left out. */
export function fill(request: Omit<RegisterTaskDefinitionRequest, "family" | "tags">): FilledDefinition {
  const { containerDefinitions = [], volumes = [], placementConstraints = [], cpu, memory, ...rest } = request
  return {
    ...rest,
    containerDefinitions: containerDefinitions.map((container) => fillContainer(container, rest.networkMode)),
    volumes,
    placementConstraints,
    ...(cpu !== undefined && { cpu: cpuUnits(cpu) }),
    ...(memory !== undefined && { memory: memoryMiB(memory) }),
  }
}

function fillContainer(container: ContainerDefinition, networkMode: NetworkMode | undefined): FilledContainer {
  const { portMappings = [], healthCheck, ...rest } = container
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    systemControls: [],
    volumesFrom: [],
    // No name and no image are as good as empty ones, and are refused with the same words.
    name: "",
    image: "",
    ...(rest as Partial<FilledContainer>),
    portMappings: portMappings.map((mapping) => fillMapping(mapping, networkMode)),
    ...(healthCheck !== undefined && { healthCheck: fillHealthCheck(healthCheck) }),
  }
}

function fillMapping(mapping: PortMapping, networkMode: NetworkMode | undefined): PortMapping {
  // Any other protocol means tcp.
  const protocol = mapping.protocol === "udp" ? "udp" : "tcp"
  if (mapping.containerPort === undefined) return { ...mapping, protocol }

  // Without a network of its own a task takes the very port of its machine; 0 stands for one that is free.
  const isSame = networkMode === "awsvpc" || networkMode === "host"
  const hostPort = isSame ? mapping.hostPort || mapping.containerPort : (mapping.hostPort ?? 0)
  return { ...mapping, hostPort, protocol }
}

function fillHealthCheck(check: HealthCheck): HealthCheck {
  return { interval: 30, timeout: 5, retries: 3, ...check }
}
