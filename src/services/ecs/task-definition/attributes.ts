import type { Attribute, LogDriver, Volume } from "@aws-sdk/client-ecs"
import { parseArn } from "../../../aws/arn.ts"
import type { FilledContainer, FilledDefinition } from "./fill.ts"
import { isEcrImage } from "./image.ts"

const CAPABILITY = "com.amazonaws.ecs.capability."
const API = `${CAPABILITY}docker-remote-api.`
const AGENT = "ecs.capability."

/** What an instance's agent must have registered for the definition's tasks to be placed there. */
export function attributesOf(definition: FilledDefinition): Attribute[] {
  const names = new Set([
    ...taskAttributes(definition),
    ...definition.volumes.flatMap(volumeAttributes),
    ...definition.containerDefinitions.flatMap((container) => [
      ...imageAttributes(container, definition),
      ...secretAttributes(container),
      ...logAttributes(container, definition),
      ...lifeAttributes(container),
      ...kernelAttributes(container),
    ]),
  ])
  return Array.from(names, (name) => ({ name }))
}

function taskAttributes(definition: FilledDefinition): string[] {
  const { networkMode, taskRoleArn, proxyConfiguration, pidMode, ipcMode, cpu, memory } = definition
  // Definitions made for FARGATE are shown without what only an instance of one's own must be able to limit.
  const isLimited = (cpu ?? memory) !== undefined && !definition.requiresCompatibilities?.includes("FARGATE")
  return chosen(
    networkMode === "awsvpc" && [`${API}1.18`, `${AGENT}task-eni`],
    taskRoleArn !== undefined && [
      `${API}1.17`,
      `${CAPABILITY}task-iam-role${networkMode === "host" ? "-network-host" : ""}`,
    ],
    proxyConfiguration !== undefined && [`${AGENT}aws-appmesh`],
    (pidMode ?? ipcMode) !== undefined && [`${AGENT}pid-ipc-namespace-sharing`],
    isLimited && [`${AGENT}task-cpu-mem-limit`],
    isLimited && Number(cpu) > USUAL_CPU_MAX && [`${AGENT}increased-task-cpu-limit`],
    definition.enableFaultInjection && [`${AGENT}fault-injection`],
  )
}

function volumeAttributes(volume: Volume): string[] {
  const { efsVolumeConfiguration: efs, dockerVolumeConfiguration: docker } = volume
  const isSecured = efs?.transitEncryption === "ENABLED"
  return chosen(
    efs !== undefined && [`${AGENT}efs`, `${API}1.25`],
    isSecured && [`${AGENT}efsAuth`],
    volume.fsxWindowsFileServerVolumeConfiguration !== undefined && [`${AGENT}fsxWindowsFileServer`],
    docker !== undefined && [`${AGENT}docker-plugin.${docker.driver ?? "local"}`],
    volume.configuredAtLaunch && [`${AGENT}storage.ebs-task-volume-attach`],
  )
}

function imageAttributes(
  { image, repositoryCredentials }: FilledContainer,
  { executionRoleArn }: FilledDefinition,
): string[] {
  return chosen(
    isEcrImage(image) && [`${CAPABILITY}ecr-auth`, `${API}1.19`],
    isEcrImage(image) && executionRoleArn !== undefined && [`${AGENT}execution-role-ecr-pull`],
    image.includes("@sha256:") && [`${API}1.21`],
    repositoryCredentials !== undefined && [`${AGENT}private-registry-authentication.secretsmanager`],
  )
}

function secretAttributes({
  secrets = [],
  logConfiguration,
  environmentFiles,
  credentialSpecs,
}: FilledContainer): string[] {
  return [
    ...secrets.map(({ valueFrom = "" }) => `${AGENT}secrets.${providerOf(valueFrom)}.environment-variables`),
    ...(logConfiguration?.secretOptions ?? []).map(
      ({ valueFrom = "" }) => `${AGENT}secrets.${providerOf(valueFrom)}.bootstrap.log-driver`,
    ),
    ...(environmentFiles?.length ? [`${AGENT}env-files.s3`] : []),
    ...(credentialSpecs ?? []).map((spec) => {
      return spec.startsWith("credentialspecdomainless:") ? `${AGENT}gmsa-domainless` : `${AGENT}gmsa`
    }),
  ]
}

function logAttributes(
  { logConfiguration: log, firelensConfiguration: router }: FilledContainer,
  { executionRoleArn }: FilledDefinition,
): string[] {
  const driver = log?.logDriver
  const version = driver && LOG_DRIVER_APIS[driver]
  const file = router?.options?.["config-file-type"]
  return chosen(
    driver !== undefined && [`${CAPABILITY}logging-driver.${driver}`],
    version !== undefined && [`${API}${version}`],
    driver === "awslogs" && executionRoleArn !== undefined && [`${AGENT}execution-role-awslogs`],
    driver === "awsfirelens" &&
      log?.options?.["log-driver-buffer-limit"] !== undefined && [
        `${AGENT}logging-driver.awsfirelens.log-driver-buffer-limit`,
      ],
    router !== undefined && [`${AGENT}firelens.${router.type}`],
    file !== undefined && [`${AGENT}firelens.options.config.${file}`],
  )
}

/** How a container begins, is looked after, and ends. */
function lifeAttributes(container: FilledContainer): string[] {
  const { healthCheck, dependsOn, startTimeout, stopTimeout, restartPolicy, portMappings } = container
  const isOrdered = dependsOn?.length || (startTimeout ?? stopTimeout) !== undefined
  return chosen(
    healthCheck !== undefined && [
      `${AGENT}container-health-check`,
      `${API}${healthCheck.startPeriod === undefined ? "1.24" : "1.29"}`,
    ],
    isOrdered && [`${AGENT}container-ordering`],
    restartPolicy?.enabled && [`${AGENT}container-restart-policy`],
    portMappings.some(({ containerPortRange }) => containerPortRange) && [`${AGENT}network.container-port-range`],
  )
}

function kernelAttributes(container: FilledContainer): string[] {
  const { privileged, memoryReservation, linuxParameters: linux, dockerSecurityOptions: security = [] } = container
  const isShaped = linux?.devices?.length || linux?.tmpfs?.length || linux?.sharedMemorySize !== undefined
  return chosen(
    privileged && [`${CAPABILITY}privileged-container`],
    memoryReservation !== undefined && [`${API}1.21`],
    linux?.initProcessEnabled && [`${API}1.25`],
    isShaped && [`${API}1.22`],
    security.some((option) => option.startsWith("label")) && [`${CAPABILITY}selinux`],
    security.some((option) => option.startsWith("apparmor")) && [`${CAPABILITY}apparmor`],
    security.some((option) => option.startsWith("credentialspec")) && [`${AGENT}gmsa`],
  )
}

/** Secrets Manager is always named by an ARN; all else is a parameter of Systems Manager. */
function providerOf(valueFrom: string): "asm" | "ssm" {
  return parseArn(valueFrom)?.service === "secretsmanager" ? "asm" : "ssm"
}

function chosen(...groups: (readonly string[] | false | 0 | undefined)[]): string[] {
  return groups.flatMap((group) => group || [])
}

/** The first version of Docker's API that knows each driver; what is not here needs none. */
const LOG_DRIVER_APIS: Readonly<Partial<Record<LogDriver, string>>> = {
  "json-file": "1.18",
  syslog: "1.18",
  journald: "1.19",
  awslogs: "1.19",
  gelf: "1.20",
  fluentd: "1.20",
  splunk: "1.22",
}

/** An agent of any age can limit a task to as much as this. */
const USUAL_CPU_MAX = 10_240
