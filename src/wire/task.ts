import { choice, flag, id, list, map, number, type Of, optional, struct, text, whole } from "./shape.ts"

// A task as a payload tells an agent of it. What the agent takes for granted is required here: some of it, when it is
// null, ends the agent. Field names are the protocol's.

/** The id stays the same over all refreshes of a role of a task: containers have it in their environment. */
export const credentials = struct({
  credentialsId: id,
  roleArn: optional(text),
  accessKeyId: text,
  secretAccessKey: text,
  sessionToken: text,
  expiration: text,
  credentialScope: optional(text),
})
export type Credentials = Of<typeof credentials>

export const networkInterface = struct({
  ec2Id: id,
  macAddress: id,

  /** What the agent reports as attached. */
  attachmentArn: id,
  name: optional(text),
  index: optional(whole),
  ipv4Addresses: optional(list(struct({ privateAddress: text, primary: flag }))),
  ipv6Addresses: optional(list(struct({ address: text, primary: optional(flag) }))),

  /** With the length of the subnet's prefix, as in `10.0.0.1/24`. */
  subnetGatewayIpv4Address: optional(text),
  subnetGatewayIpv6Address: optional(text),
  domainName: optional(list(text)),
  domainNameServers: optional(list(text)),
  privateDnsName: optional(text),
  interfaceAssociationProtocol: optional(text),
  interfaceVlanProperties: optional(struct({ vlanId: text, trunkInterfaceMacAddress: text })),
})
export type NetworkInterface = Of<typeof networkInterface>

export const taskAttachment = struct({
  attachmentArn: optional(text),
  attachmentType: id,
  attachmentProperties: list(struct({ name: id, value: text })),
})

const secret = struct({
  name: id,
  valueFrom: text,
  region: text,
  provider: choice("ssm", "asm"),
  type: choice("ENVIRONMENT_VARIABLE", "MOUNT_POINT", "BOOTSTRAP"),
  target: choice("CONTAINER", "LOG_DRIVER"),
  containerPath: optional(text),
})
export type Secret = Of<typeof secret>

const registryAuthentication = struct({
  type: choice("ecr", "asm"),
  ecrAuthData: optional(
    struct({
      registryId: text,
      region: text,
      endpointOverride: optional(text),
      useExecutionRole: optional(flag),
    }),
  ),
  asmAuthData: optional(struct({ credentialsParameter: text, region: text })),
})
export type RegistryAuthentication = Of<typeof registryAuthentication>

const portMapping = struct({
  containerPort: optional(whole),

  /** 0 for any that is free. */
  hostPort: optional(whole),
  protocol: choice("tcp", "udp"),
  containerPortRange: optional(text),
})

const container = struct({
  name: id,
  image: text,
  containerArn: optional(text),
  command: optional(list(text)),
  entryPoint: optional(list(text)),

  /** Shares; of memory the hard limit in MiB, 0 for none. What is reserved stands in `hostConfig`. */
  cpu: whole,
  memory: whole,

  /** Absent, the agent would take it for false. */
  essential: flag,
  environment: optional(map(text)),
  environmentFiles: optional(list(struct({ value: text, type: text }))),
  secrets: optional(list(secret)),
  links: optional(list(text)),
  portMappings: optional(list(portMapping)),
  mountPoints: optional(list(struct({ sourceVolume: text, containerPath: text, readOnly: flag }))),
  volumesFrom: optional(list(struct({ sourceContainer: text, readOnly: flag }))),

  /** Two of Docker's own objects, each as a text of JSON. */
  dockerConfig: optional(struct({ version: optional(text), config: optional(text), hostConfig: optional(text) })),

  /** JSON as a text; any key in it but `command` makes the task unusable, so it is `{}`. */
  overrides: optional(id),
  healthCheckType: optional(choice("docker")),
  registryAuthentication: optional(registryAuthentication),
  logsAuthStrategy: optional(choice("ExecutionRole")),
  dependsOn: optional(
    list(struct({ containerName: text, condition: choice("START", "COMPLETE", "SUCCESS", "HEALTHY") })),
  ),
  startTimeout: optional(whole),
  stopTimeout: optional(whole),
  firelensConfiguration: optional(struct({ type: text, options: optional(map(text)) })),
  managedAgents: optional(list(struct({ name: text, properties: optional(map(text)) }))),
  restartPolicy: optional(
    struct({
      enabled: flag,
      ignoredExitCodes: optional(list(whole)),
      restartAttemptPeriod: optional(whole),
    }),
  ),
  credentialSpecs: optional(list(text)),
})
export type Container = Of<typeof container>

const volume = struct({
  name: id,
  type: choice("host", "docker", "efs", "fsxWindowsFileServer"),

  /** For the type `host` there even when empty; without a path the volume is the task's own. */
  host: optional(struct({ sourcePath: optional(text) })),
  dockerVolumeConfiguration: optional(
    struct({
      scope: optional(text),
      autoprovision: optional(flag),
      driver: optional(text),
      driverOpts: optional(map(text)),
      labels: optional(map(text)),
    }),
  ),
  efsVolumeConfiguration: optional(
    struct({
      fileSystemId: text,
      rootDirectory: optional(text),
      transitEncryption: optional(text),
      transitEncryptionPort: optional(whole),
      authorizationConfig: optional(struct({ accessPointId: optional(text), iam: optional(text) })),
    }),
  ),
  fsxWindowsFileServerVolumeConfiguration: optional(
    struct({
      fileSystemId: text,
      rootDirectory: text,
      authorizationConfig: struct({ credentialsParameter: text, domain: text }),
    }),
  ),
})
export type Volume = Of<typeof volume>

const association = struct({
  name: id,
  type: choice("gpu", "elastic-inference"),
  content: struct({ value: text, encoding: text }),
  containers: list(text),
})

export const task = struct({
  arn: id,
  taskClusterArn: optional(text),
  desiredStatus: choice("RUNNING", "STOPPED"),
  family: id,
  version: id,
  taskDefinitionAccountId: optional(text),
  containers: list(container),
  volumes: optional(list(volume)),

  /** The whole task's limits: in vCPU, and in MiB. */
  cpu: optional(number),
  memory: optional(whole),
  networkMode: optional(choice("awsvpc", "bridge", "host", "none")),
  pidMode: optional(text),
  ipcMode: optional(text),
  roleCredentials: optional(credentials),
  executionRoleCredentials: optional(credentials),
  elasticNetworkInterfaces: optional(list(networkInterface)),
  attachments: optional(list(taskAttachment)),
  associations: optional(list(association)),
  proxyConfiguration: optional(struct({ type: id, containerName: text, properties: map(text) })),
  launchType: optional(choice("EC2", "EXTERNAL", "FARGATE")),
  serviceName: optional(text),
  group: optional(text),
  enableFaultInjection: optional(flag),
})
export type TaskPayload = Of<typeof task>
