import type { ContainerDefinition, ContainerOverride, Secret as SecretShape } from "@aws-sdk/client-ecs"
import { parseArn } from "../../../aws/arn.ts"
import type { Container, RegistryAuthentication, Secret } from "../../../wire/task.ts"
import type { Task, TaskContainer } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { ecrRegistryOf } from "../task-definition/image.ts"
import { dockerConfig } from "./docker-config.ts"
import type { TaskCredentials } from "./payload.ts"

/** A container as its agent gets it: what the task overrides is merged in here, as agents do not do that. */
export function containerPayload(
  task: Task,
  { definition, arn }: TaskDefinition,
  { arn: containerArn, name, image, essential, cpu, memory = 0, memoryReservation }: TaskContainer,
  credentials: TaskCredentials,
): Container {
  const defined: ContainerDefinition = definition.containerDefinitions!.find((candidate) => candidate.name === name)!
  const override = task.overrides.containerOverrides.find((candidate) => candidate.name === name) ?? {}
  const region = parseArn(arn)!.region
  const registryAuthentication = registryOf(image, defined, region, credentials)
  const secrets = secretsOf(defined, region)
  const dependsOn = (defined.dependsOn ?? []).map((other) => ({
    containerName: other.containerName!,
    condition: other.condition!,
  }))
  return {
    name,
    image,
    containerArn,
    command: override.command ?? defined.command,
    entryPoint: defined.entryPoint,
    cpu,
    memory,
    essential,
    environment: environmentOf(task, defined, override),
    environmentFiles: filesOf(defined, override),
    ...(secrets.length > 0 && { secrets }),
    links: defined.links,
    portMappings: (defined.portMappings ?? []).map((mapping) => ({
      containerPort: mapping.containerPort,
      hostPort: mapping.hostPort,
      protocol: mapping.protocol ?? "tcp",
      containerPortRange: mapping.containerPortRange,
    })),
    mountPoints: (defined.mountPoints ?? []).map(({ sourceVolume = "", containerPath = "", readOnly = false }) => ({
      sourceVolume,
      containerPath,
      readOnly,
    })),
    volumesFrom: (defined.volumesFrom ?? []).map(({ sourceContainer = "", readOnly = false }) => ({
      sourceContainer,
      readOnly,
    })),
    dockerConfig: dockerConfig(defined, { memory, memoryReservation }),
    overrides: "{}",
    ...(defined.healthCheck !== undefined && { healthCheckType: "docker" as const }),
    registryAuthentication,
    ...(credentials.execution &&
      defined.logConfiguration?.logDriver === "awslogs" && { logsAuthStrategy: "ExecutionRole" as const }),
    ...(dependsOn.length > 0 && { dependsOn }),
    startTimeout: defined.startTimeout,
    stopTimeout: defined.stopTimeout,
    ...(defined.firelensConfiguration && {
      firelensConfiguration: {
        type: defined.firelensConfiguration.type!,
        options: defined.firelensConfiguration.options,
      },
    }),
    ...(defined.restartPolicy && {
      restartPolicy: { ...defined.restartPolicy, enabled: defined.restartPolicy.enabled! },
    }),
    credentialSpecs: defined.credentialSpecs,
  }
}

function environmentOf(
  { launchType }: Task,
  { environment = [] }: ContainerDefinition,
  override: ContainerOverride,
): Record<string, string> {
  const pairs = [...environment, ...(override.environment ?? [])].map(
    ({ name = "", value = "" }) => [name, value] as const,
  )
  const kind = launchType === "FARGATE" ? "AWS_ECS_FARGATE" : "AWS_ECS_EC2"
  return { AWS_EXECUTION_ENV: kind, ...Object.fromEntries(pairs) }
}

function filesOf({ environmentFiles = [] }: ContainerDefinition, override: ContainerOverride) {
  const files = [...environmentFiles, ...(override.environmentFiles ?? [])]
  return files.length === 0 ? undefined : files.map(({ value = "", type = "s3" }) => ({ value, type }))
}

/** The agent asks for the values itself, with the task's execution role. */
function secretsOf({ secrets = [], logConfiguration }: ContainerDefinition, region: string): Secret[] {
  return [
    ...secrets.map((secret) => secretPayload(secret, region, "CONTAINER")),
    ...(logConfiguration?.secretOptions ?? []).map((secret) => secretPayload(secret, region, "LOG_DRIVER")),
  ]
}

/** A parameter of the task's own region may go by its name alone. */
function secretPayload({ name, valueFrom }: SecretShape, region: string, target: Secret["target"]): Secret {
  const arn = parseArn(valueFrom!)
  return {
    name: name!,
    valueFrom: valueFrom!,
    region: arn?.region || region,
    provider: arn?.service === "secretsmanager" ? "asm" : "ssm",
    type: "ENVIRONMENT_VARIABLE",
    target,
  }
}

/** Whom the agent asks for a password before it pulls; the name of an image in ECR says it itself. */
function registryOf(
  image: string,
  { repositoryCredentials }: ContainerDefinition,
  region: string,
  { execution }: TaskCredentials,
): RegistryAuthentication | undefined {
  const credentialsParameter = repositoryCredentials?.credentialsParameter
  if (credentialsParameter !== undefined) {
    return {
      type: "asm",
      asmAuthData: { credentialsParameter, region: parseArn(credentialsParameter)?.region || region },
    }
  }
  const registry = ecrRegistryOf(image)
  if (registry === undefined) return undefined
  return { type: "ecr", ecrAuthData: { ...registry, useExecutionRole: execution !== undefined } }
}
