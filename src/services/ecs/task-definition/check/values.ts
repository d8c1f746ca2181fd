import type * as sdk from "@aws-sdk/client-ecs"
import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

/** A schema says what type a value has; which values there are, only the service checks. */
export function checkValues(definition: FilledDefinition): void {
  oneOf("networkMode", definition.networkMode, NETWORK_MODES)
  oneOf("pidMode", definition.pidMode, PID_MODES)
  oneOf("ipcMode", definition.ipcMode, IPC_MODES)
  oneOf("cpuArchitecture", definition.runtimePlatform?.cpuArchitecture, ARCHITECTURES)
  oneOf("operatingSystemFamily", definition.runtimePlatform?.operatingSystemFamily, SYSTEMS)
  for (const required of definition.requiresCompatibilities ?? []) {
    oneOf("requiresCompatibilities", required, COMPATIBILITIES)
  }
  for (const { type } of definition.placementConstraints) oneOf("type", type ?? "", CONSTRAINT_TYPES)
  for (const { dockerVolumeConfiguration: docker, efsVolumeConfiguration: efs } of definition.volumes) {
    oneOf("scope", docker?.scope, SCOPES)
    oneOf("transitEncryption", efs?.transitEncryption, SWITCHES)
    oneOf("iam", efs?.authorizationConfig?.iam, SWITCHES)
  }
  for (const container of definition.containerDefinitions) checkContainerValues(container)
}

function checkContainerValues(container: FilledContainer): void {
  oneOf("versionConsistency", container.versionConsistency, CONSISTENCIES)
  oneOf("type", container.firelensConfiguration?.type, LOG_ROUTERS)
  for (const { appProtocol } of container.portMappings) oneOf("appProtocol", appProtocol, APPLICATION_PROTOCOLS)
  for (const { condition } of container.dependsOn ?? []) oneOf("condition", condition, CONDITIONS)
  for (const { type } of container.environmentFiles ?? []) oneOf("type", type, FILE_TYPES)
  for (const { name } of container.ulimits ?? []) oneOf("name", name, ULIMITS)
  for (const { type } of container.resourceRequirements ?? []) oneOf("type", type, RESOURCE_TYPES)
  for (const { permissions = [] } of container.linuxParameters?.devices ?? []) {
    for (const permission of permissions) oneOf("permissions", permission, DEVICE_PERMISSIONS)
  }
}

function oneOf<V extends string>(member: string, value: V | undefined | "", values: readonly V[]): void {
  if (value === undefined || (values as readonly string[]).includes(value)) return
  throw refusal(`${member} should be one of [${values.join(",")}]`)
}

const NETWORK_MODES: readonly sdk.NetworkMode[] = ["awsvpc", "bridge", "host", "none"]
const PID_MODES: readonly sdk.PidMode[] = ["host", "task"]
const IPC_MODES: readonly sdk.IpcMode[] = ["host", "none", "task"]
const COMPATIBILITIES: readonly sdk.Compatibility[] = ["EC2", "EXTERNAL", "FARGATE", "MANAGED_INSTANCES"]
const ARCHITECTURES: readonly sdk.CPUArchitecture[] = ["ARM64", "X86_64"]
const SYSTEMS: readonly sdk.OSFamily[] = [
  "LINUX",
  "WINDOWS_SERVER_2004_CORE",
  "WINDOWS_SERVER_2016_FULL",
  "WINDOWS_SERVER_2019_CORE",
  "WINDOWS_SERVER_2019_FULL",
  "WINDOWS_SERVER_2022_CORE",
  "WINDOWS_SERVER_2022_FULL",
  "WINDOWS_SERVER_2025_CORE",
  "WINDOWS_SERVER_2025_FULL",
  "WINDOWS_SERVER_20H2_CORE",
]
const CONSTRAINT_TYPES: readonly sdk.TaskDefinitionPlacementConstraintType[] = ["memberOf"]
const SCOPES: readonly sdk.Scope[] = ["shared", "task"]
const SWITCHES: readonly sdk.EFSTransitEncryption[] = ["DISABLED", "ENABLED"]
const CONSISTENCIES: readonly sdk.VersionConsistency[] = ["disabled", "enabled"]
const LOG_ROUTERS: readonly sdk.FirelensConfigurationType[] = ["fluentbit", "fluentd"]
const APPLICATION_PROTOCOLS: readonly sdk.ApplicationProtocol[] = ["grpc", "http", "http2"]
const CONDITIONS: readonly sdk.ContainerCondition[] = ["COMPLETE", "HEALTHY", "START", "SUCCESS"]
const FILE_TYPES: readonly sdk.EnvironmentFileType[] = ["s3"]
const RESOURCE_TYPES: readonly sdk.ResourceType[] = ["GPU", "InferenceAccelerator", "NeuronDevice"]
const DEVICE_PERMISSIONS: readonly sdk.DeviceCgroupPermission[] = ["mknod", "read", "write"]
const ULIMITS: readonly sdk.UlimitName[] = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
]
