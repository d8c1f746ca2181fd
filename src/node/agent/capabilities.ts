import type { Abilities } from "../engine/engine.ts"
import type { Attribute } from "./link/registration.ts"
import type { Machine } from "./resources.ts"

/** What an agent can do beyond running containers, as it was put together. What is not named here it has always. */
export interface Features {
  /** Credentials of a task's role at their address, also for tasks in the host's network. */
  readonly taskRoles: boolean
  readonly taskRolesInHostNetwork: boolean

  /** Images of a registry that speaks ECR's API, and of others with a login that a secret holds. */
  readonly ecr: boolean
  readonly registryLogins: boolean
  readonly secretsOfSystemsManager: boolean
  readonly secretsOfSecretsManager: boolean
  readonly environmentFiles: boolean

  /** Logs are written with the execution role's credentials. */
  readonly executionRoleLogs: boolean

  /** The fabric gives tasks interfaces of their own. */
  readonly interfaces: boolean
  readonly efs: boolean
  readonly executeCommand: boolean

  /** An instance that says of itself that it is not one of EC2's. */
  readonly external: boolean
  readonly privileged: boolean
}

export interface Capable {
  readonly abilities: Abilities
  readonly features: Features
  readonly machine: Pick<Machine, "architecture" | "system">

  /** By the names that log configurations use. */
  readonly logDrivers: readonly string[]
}

/** All that the region places tasks by. A name that is missing keeps tasks away which would fail here. */
export function attributesOf({ abilities, features, machine, logDrivers }: Capable): Attribute[] {
  const isFirelens = logDrivers.includes("awsfirelens")
  const names = [
    ...DOCKER_APIS.map((version) => `docker-remote-api.${version}`),
    ...logDrivers.map((driver) => `logging-driver.${driver}`),
    ...when(abilities.privileged && features.privileged, "privileged-container"),
    ...when(abilities.selinux, "selinux"),
    ...when(abilities.apparmor, "apparmor"),
    ...when(features.ecr, "ecr-auth"),
    ...when(features.taskRoles, "task-iam-role"),
    ...when(features.taskRolesInHostNetwork, "task-iam-role-network-host"),
  ].map((name) => `com.amazonaws.ecs.capability.${name}`)

  const newerNames = [
    ...ALWAYS,
    ...when(features.ecr, "ecr-endpoint", "execution-role-ecr-pull"),
    ...when(features.registryLogins, "private-registry-authentication.secretsmanager"),
    ...when(features.secretsOfSystemsManager, "secrets.ssm.environment-variables", "secrets.ssm.bootstrap.log-driver"),
    ...when(features.secretsOfSecretsManager, "secrets.asm.environment-variables", "secrets.asm.bootstrap.log-driver"),
    ...when(features.environmentFiles, "env-files.s3"),
    ...when(features.executionRoleLogs && logDrivers.includes("awslogs"), "execution-role-awslogs"),
    ...when(abilities.taskLimits, "task-cpu-mem-limit", "increased-task-cpu-limit"),
    ...when(abilities.givenNetworks && features.interfaces && !features.external, "task-eni"),
    ...when(abilities.sharedNamespaces, "pid-ipc-namespace-sharing"),
    ...when(isFirelens, ...FIRELENS),
    ...when(features.efs, "efs"),
    ...when(features.executeCommand, "execute-command"),
    ...when(features.external, "external"),
    ...["local", ...abilities.volumeDrivers.filter((driver) => driver !== "local")].map((it) => `docker-plugin.${it}`),
  ].map((name) => `ecs.capability.${name}`)

  return [
    ...[...names, ...newerNames].map((name) => ({ name })),
    { name: "ecs.os-type", value: "linux" },
    { name: "ecs.os-family", value: "LINUX" },
    { name: "ecs.os-type-detailed", value: machine.system },
    { name: "ecs.cpu-architecture", value: machine.architecture },
  ]
}

function when(isSo: boolean, ...names: readonly string[]): readonly string[] {
  return isSo ? names : []
}

/** Definitions ask for the version of Docker's API in which what they use appeared; agents leave out the same ones. */
const DOCKER_APIS = [
  ...["1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25"],
  ...["1.28", "1.29", "1.30", "1.32"],
]

const ALWAYS = [
  "container-ordering",
  "full-sync",
  "container-health-check",
  "container-restart-policy",
  "network.container-port-range",
]

const FIRELENS = [
  "firelens.fluentd",
  "firelens.fluentbit",
  "firelens.options.config.file",
  "logging-driver.awsfirelens.log-driver-buffer-limit",
]
