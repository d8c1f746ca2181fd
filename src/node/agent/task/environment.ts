import type { ContainerRecord, TaskRecord } from "../records.ts"
import type { DockerConfig } from "./docker-config.ts"
import type { Variables } from "./surroundings.ts"

export interface EnvironmentSources {
  readonly region: string
  readonly endpointUrl?: string | undefined
  readonly files: Variables
  readonly secrets: Variables
  readonly gpus: readonly string[]
}

/** What a container finds in its environment; what its definition says wins over what it only might want. */
export function environmentOf(
  task: TaskRecord,
  container: ContainerRecord,
  docker: DockerConfig,
  { region, endpointUrl, files, secrets, gpus }: EnvironmentSources,
): Variables {
  const definition = task.payload.containers.find(({ name }) => name === container.name)!
  const { endpointId } = container
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(endpointUrl !== undefined && { AWS_ENDPOINT_URL: endpointUrl }),
    ...files,
    ...definition.environment,
    ...secrets,
    ...docker.environment,
    ECS_CONTAINER_METADATA_URI: `${ENDPOINTS}/v3/${endpointId}`,
    ECS_CONTAINER_METADATA_URI_V4: `${ENDPOINTS}/v4/${endpointId}`,
    ECS_AGENT_URI: `${ENDPOINTS}/api/${endpointId}`,
    ...(task.taskCredentialsId !== undefined && {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${task.taskCredentialsId}`,
    }),
    ...(gpus.length > 0 && { NVIDIA_VISIBLE_DEVICES: gpus.join(",") }),
  }
}

const ENDPOINTS = "http://169.254.170.2"
