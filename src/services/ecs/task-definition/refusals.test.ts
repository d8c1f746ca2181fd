import {
  ClientException,
  type ContainerDefinition,
  InvalidParameterException,
  type RegisterTaskDefinitionCommandInput,
  type Volume,
} from "@aws-sdk/client-ecs"
import { beforeAll, describe, expect, test } from "vitest"
import { startWorld, type TestWorld } from "../../testing.ts"

type Request = Omit<Partial<RegisterTaskDefinitionCommandInput>, "containerDefinitions"> & {
  readonly containerDefinitions?: readonly ContainerDefinition[]
}

/** What is wrong with each request stands in it; all else is as it should be. */
const app: ContainerDefinition = { name: "app", image: "nginx", memory: 128 }
const side: ContainerDefinition = { name: "side", image: "envoy", memory: 64, essential: false }

const role = "arn:aws:iam::{account}:role/execution"

function containers(...changes: Partial<ContainerDefinition>[]): Request {
  return { containerDefinitions: changes.map((change, index) => ({ ...[app, side][index]!, ...change })) }
}

function awsvpc(...changes: Partial<ContainerDefinition>[]): Request {
  return { ...containers(...changes), networkMode: "awsvpc" }
}

function fargate(change: Request = {}, container: Partial<ContainerDefinition> = {}): Request {
  return {
    ...awsvpc({ ...container, memory: container.memory ?? 128 }),
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    ...change,
  }
}

function volume(definition: Volume): Request {
  return {
    ...containers({ mountPoints: [{ sourceVolume: "v", containerPath: "/v" }] }),
    volumes: [{ name: "v", ...definition }],
  }
}

const list = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Requests and the one sentence that AWS, or where it is unknown we, answer each with. */
const REFUSALS: Readonly<Record<string, readonly (readonly [Request, string])[]>> = {
  "the definition as a whole": [
    [{ family: "" }, "Family contains invalid characters."],
    [{ family: "a b" }, "Family contains invalid characters."],
    [{ family: "x".repeat(256) }, "Family contains invalid characters."],
    [{ tags: [] }, "Tags can not be empty"],
    [{ tags: [{ key: "team" }] }, "Tag value can not be null."],
    [{ tags: [{ value: "a" }] }, "Tag key can not be null or empty."],
    [{ tags: [{ key: "aws:x", value: "a" }] }, "Tag keys that begin with aws: are reserved for AWS."],
    [{ containerDefinitions: [] }, "Container list cannot be empty."],
    [
      { containerDefinitions: list(11).map((index) => ({ ...app, name: `c${index}` })) },
      "A task definition cannot have more than 10 containers.",
    ],
    [{ networkMode: "vpc" as never }, "networkMode should be one of [awsvpc,bridge,host,none]"],
    [{ pidMode: "container" as never }, "pidMode should be one of [host,task]"],
    [{ ipcMode: "container" as never }, "ipcMode should be one of [host,none,task]"],
    [
      { requiresCompatibilities: ["LAMBDA" as never] },
      "requiresCompatibilities should be one of [EC2,EXTERNAL,FARGATE,MANAGED_INSTANCES]",
    ],
    [{ runtimePlatform: { cpuArchitecture: "MIPS" as never } }, "cpuArchitecture should be one of [ARM64,X86_64]"],
    [{ taskRoleArn: "arn:aws:iam::999999999999:role/other" }, "Role is not valid"],
    [{ executionRoleArn: "arn:aws:s3:::bucket" }, "Role is not valid"],
    [{ placementConstraints: [{ type: "distinctInstance" as never }] }, "type should be one of [memberOf]"],
    [{ placementConstraints: [{ type: "memberOf" }] }, "A memberOf placement constraint must have an expression."],
    [
      { placementConstraints: list(11).map(() => ({ type: "memberOf", expression: "task:group == a" })) },
      "A task definition cannot have more than 10 placement constraints.",
    ],
    [{ inferenceAccelerators: [{ deviceName: "a", deviceType: "b" }] }, "Unsupported field 'inferenceAccelerators'."],
    [{ ephemeralStorage: { sizeInGiB: 30 } }, "Tasks using the EC2 launch type do not support EphemeralStorage."],
    [
      { requiresCompatibilities: ["EC2"], networkMode: "awsvpc", ephemeralStorage: { sizeInGiB: 30 } },
      "Tasks using the EC2 launch type do not support EphemeralStorage.",
    ],
    [
      { requiresCompatibilities: ["EXTERNAL"], networkMode: "awsvpc" },
      "Tasks using the EXTERNAL launch type do not support networkMode 'awsvpc'.",
    ],
    [
      { requiresCompatibilities: ["MANAGED_INSTANCES"] },
      "Tasks using the MANAGED_INSTANCES launch type do not support networkMode 'bridge'.",
    ],
  ],
  containers: [
    [containers({ name: undefined }), "Container.name should not be null or empty."],
    [containers({ name: "" }), "Container.name should not be null or empty."],
    [containers({ name: "a.b" }), "Container.name contains invalid characters."],
    [containers({ image: undefined }), "Container.image should not be null or empty."],
    [containers({ image: "ngi nx" }), "Container.image contains invalid characters."],
    [containers({}, { name: "app" }), "Container names must be unique within a task definition"],
    [containers({ essential: false }), "Task definition doesn't have any essential container"],
    [containers({ versionConsistency: "off" as never }), "versionConsistency should be one of [disabled,enabled]"],
    [containers({ environment: [{ value: "a" }] }), "Container.environment.name should not be null or empty."],
  ],
  sizes: [
    [
      containers({ memory: undefined }),
      "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified.",
    ],
    [
      containers({ memory: 100, memoryReservation: 101 }),
      "Invalid setting for container 'app'. 'memory' must be greater than or equal to 'memoryReservation'",
    ],
    [containers({ memory: 5 }), "Invalid setting for container 'app'. 'memory' must be greater than or equal to 6."],
    [
      { ...containers({ memory: 513 }), memory: "512" },
      "The 'memory' setting for container 'app' is greater than for the task",
    ],
    [
      { ...containers({ memory: undefined, memoryReservation: 1025 }), memory: "1 GB" },
      "The 'memoryReservation' setting for container 'app' is greater than for the task",
    ],
    [containers({ cpu: -1 }), "Invalid 'cpu' setting for container 'app'."],
    [
      { ...containers({ cpu: 200 }, { cpu: 57 }), cpu: "256" },
      "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ],
    ...["127", "196609", "0.3 vCPU", "-1", "", "1 GB", "many", "1e3"].map((cpu): [Request, string] => [
      { cpu },
      "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    ]),
    ...["0.0003 GB", "5", "1 vCPU", ""].map((memory): [Request, string] => [
      { ...containers({ memory: undefined }), memory },
      "Invalid 'memory' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    ]),
  ],
  network: [
    [awsvpc({ links: ["side"] }, {}), "Links are not supported when networkMode=awsvpc"],
    [{ ...containers({ links: ["side"] }, {}), networkMode: "host" }, "Links are not supported when networkMode=host"],
    [containers({ links: ["nope:n"] }), "Invalid 'links' setting. Unknown container: 'nope'."],
    [awsvpc({ hostname: "web" }), "hostname is not supported on container when networkMode=awsvpc"],
    [
      awsvpc({ extraHosts: [{ hostname: "a", ipAddress: "10.0.0.1" }] }),
      "Extra hosts are not supported on container when networkMode=awsvpc",
    ],
    [awsvpc({ dnsServers: ["10.0.0.2"] }), "DNS servers are not supported on container when networkMode=awsvpc."],
    [
      awsvpc({ dnsSearchDomains: ["a.b"] }),
      "DNS search domains are not supported on container when networkMode=awsvpc.",
    ],
    [awsvpc({ disableNetworking: true }), "Disable Networking is not supported on container when networkMode=awsvpc."],
    [
      awsvpc({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }),
      "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ],
    [
      { ...containers({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }), networkMode: "host" },
      "When networkMode=host, the host ports and container ports in port mappings must match.",
    ],
    [
      { ...containers({ portMappings: [{ containerPort: 80 }] }), networkMode: "none" },
      "Port mappings are not supported when networkMode=none",
    ],
    [
      awsvpc({
        portMappings: [
          { containerPort: 80, name: "web" },
          { containerPort: 81, name: "web" },
        ],
      }),
      "When networkMode=awsvpc, port mapping name is already used",
    ],
    [
      awsvpc({ portMappings: [{ containerPort: 8085 }] }, { portMappings: [{ containerPort: 8085 }] }),
      "TCP container port '8085' is used multiple times in task when networkMode=awsvpc.",
    ],
    [
      awsvpc({ portMappings: list(2).map(() => ({ containerPort: 53, protocol: "udp" as const })) }),
      "UDP container port '53' is used multiple times in task when networkMode=awsvpc.",
    ],
    [
      containers({ portMappings: [80, 81].map((containerPort) => ({ containerPort, hostPort: 8080 })) }),
      "TCP host port '8080' is used multiple times in task when networkMode=bridge.",
    ],
    [containers({ portMappings: [{ hostPort: 80 }] }), "Invalid 'containerPort' setting for container 'app'."],
    [containers({ portMappings: [{ containerPort: 65536 }] }), "Invalid 'containerPort' setting for container 'app'."],
    [
      containers({ portMappings: [{ containerPort: 80, hostPort: 65536 }] }),
      "Invalid 'hostPort' setting for container 'app'.",
    ],
    [
      containers({ portMappings: [{ containerPort: 80, name: "-web" }] }),
      "Invalid 'name' setting in the port mappings of container 'app'.",
    ],
    [
      containers({ portMappings: [{ containerPort: 80, appProtocol: "ftp" as never }] }),
      "appProtocol should be one of [grpc,http,http2]",
    ],
    [
      containers({ portMappings: [{ containerPort: 80, containerPortRange: "81-90" }] }),
      "Invalid port mapping for container 'app', cannot specify both single port and port range.",
    ],
    ...["90-80", "80", "80-80", "0-10", "80-65536", "a-b"].map((containerPortRange): [Request, string] => [
      containers({ portMappings: [{ containerPortRange }] }),
      "Invalid 'containerPortRange' setting for container 'app'.",
    ]),
    [
      containers({ portMappings: [{ containerPortRange: "80-90" }, { containerPortRange: "90-99" }] }),
      "Invalid 'containerPortRange' setting for container 'app'.",
    ],
    [
      containers({ portMappings: [{ containerPortRange: "80-90" }, { containerPort: 85 }] }),
      "Invalid 'containerPortRange' setting for container 'app'.",
    ],
    [
      { ...containers({ portMappings: [{ containerPortRange: "80-90" }] }), networkMode: "host" },
      "Invalid 'containerPortRange' setting for container 'app'.",
    ],
    [
      { proxyConfiguration: { containerName: "app" } },
      "APPMESH proxy configuration is only supported in networkMode=awsvpc",
    ],
    [
      { networkMode: "awsvpc", proxyConfiguration: { containerName: "envoy" } },
      "Proxy container [envoy] does not exist.",
    ],
    [{ networkMode: "awsvpc", proxyConfiguration: { containerName: "app" } }, "Ingress port not found"],
    [
      {
        networkMode: "awsvpc",
        proxyConfiguration: { containerName: "app", properties: [{ name: "ProxyIngressPort", value: "15000" }] },
      },
      "Egress port not found",
    ],
  ],
  volumes: [
    [containers({ mountPoints: [{ sourceVolume: "nope", containerPath: "/v" }] }), "Unknown volume 'nope'."],
    [
      { ...containers({ mountPoints: [{ sourceVolume: "v" }] }), volumes: [{ name: "v" }] },
      "Invalid 'containerPath' setting for container 'app'.",
    ],
    [
      containers({ volumesFrom: [{ sourceContainer: "nope" }] }),
      "Invalid 'volumesFrom' setting. Unknown container: 'nope'.",
    ],
    [{ volumes: [{}] }, "Volume.name should not be null or empty."],
    [{ volumes: [{ name: "a/b" }] }, "Volume.name contains invalid characters."],
    [{ volumes: [{ name: "v" }, { name: "v" }] }, "Volume names must be unique within a task definition"],
    [
      volume({ host: { sourcePath: "/v" }, dockerVolumeConfiguration: {} }),
      "Volume 'v' must have only one configuration.",
    ],
    [{ volumes: [{ name: "v", configuredAtLaunch: true }] }, "Volumes [v] are not referenced by any of the containers"],
    [
      { volumes: ["v", "w"].map((name) => ({ name, configuredAtLaunch: true })) },
      "Only one volume can be configured at launch in a task definition.",
    ],
    [volume({ dockerVolumeConfiguration: { scope: "host" as never } }), "scope should be one of [shared,task]"],
    [
      volume({ efsVolumeConfiguration: { fileSystemId: "fs-1", authorizationConfig: { iam: "ENABLED" } } }),
      "EFS IAM authorization requires TransitEncryption to be enabled.",
    ],
    [
      volume({
        efsVolumeConfiguration: {
          fileSystemId: "fs-1",
          rootDirectory: "/a",
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: "fsap-1" },
        },
      }),
      'When using an EFS access point, the root directory must either be set to "/" or be omitted.',
    ],
    [
      volume({ efsVolumeConfiguration: { fileSystemId: "fs-1", transitEncryptionPort: 2999 } }),
      "TransitEncryptionPort requires that TransitEncryption is enabled.",
    ],
  ],
  dependencies: [
    [
      containers({ dependsOn: [{ containerName: "nope", condition: "START" }] }),
      "Cannot depend on container + 'nope' because it does not exist",
    ],
    ...(["SUCCESS", "COMPLETE"] as const).map((condition): [Request, string] => [
      containers({}, { dependsOn: [{ containerName: "app", condition }] }),
      "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
    ]),
    [
      containers({ dependsOn: [{ containerName: "side", condition: "HEALTHY" }] }, {}),
      "A dependency container with HEALTHY condition must have health check configured",
    ],
    [
      containers(
        { dependsOn: [{ containerName: "side", condition: "START" }] },
        { dependsOn: [{ containerName: "app", condition: "START" }] },
      ),
      "Container dependsOn contains a cycle",
    ],
    [containers({ dependsOn: [{ containerName: "app", condition: "START" }] }), "Container dependsOn contains a cycle"],
    [
      containers({ dependsOn: [{ containerName: "app", condition: "LATER" as never }] }),
      "condition should be one of [COMPLETE,HEALTHY,START,SUCCESS]",
    ],
    [containers({ startTimeout: 1 }), "Granular start timeout on container 'app' must be at least 2 seconds."],
    [containers({ stopTimeout: 1 }), "Granular stop timeout on container 'app' must be at least 2 seconds."],
  ],
  "health and limits": [
    ...(
      [
        ["interval", 301, 300],
        ["timeout", 61, 60],
        ["retries", 11, 10],
        ["startPeriod", 301, 300],
      ] as const
    ).map(([member, value, max]): [Request, string] => [
      containers({ healthCheck: { command: ["CMD", "true"], [member]: value } }),
      `Health check ${member} must be less than or equal to the maximum allowed value ${max} for container 'app'`,
    ]),
    [
      containers({ healthCheck: { command: ["CMD", "true"], interval: 4 } }),
      "Health check interval must be greater than or equal to the minimum allowed value 5 for container 'app'",
    ],
    [
      containers({ healthCheck: { command: ["curl localhost"] } }),
      "Health check command must start with CMD, CMD-SHELL or NONE for container 'app'",
    ],
    [
      containers({ ulimits: [{ name: "nofile", softLimit: 2, hardLimit: 1 }] }),
      "Soft limit exceeds hard limit for ulimit nofile",
    ],
    [
      containers({ ulimits: [{ name: "nofile", softLimit: -1, hardLimit: 1 }] }),
      "Soft limit exceeds hard limit for ulimit nofile",
    ],
    ...[59, 1801].map((restartAttemptPeriod): [Request, string] => [
      containers({ restartPolicy: { enabled: true, restartAttemptPeriod } }),
      "The 'restartAttemptPeriod' setting for container 'app' must be between 60 and 1800.",
    ]),
    [
      containers({ systemControls: [{ namespace: "kernel.panic", value: "1" }] }),
      "Invalid 'systemControls' setting for container 'app'. Namespace kernel.panic is not supported.",
    ],
    [
      { ...containers({ systemControls: [{ namespace: "net.core.somaxconn", value: "1" }] }), networkMode: "host" },
      "Invalid 'systemControls' setting for container 'app'. net.core.somaxconn is not supported when networkMode=host.",
    ],
    [
      containers({ linuxParameters: { swappiness: 101 } }),
      "The 'swappiness' setting for container 'app' must be between 0 and 100.",
    ],
    [
      containers({ resourceRequirements: [{ type: "GPU", value: "0" }] }),
      "Invalid 'resourceRequirements' setting for container 'app'.",
    ],
  ],
  "logs and secrets": [
    [
      containers({ logConfiguration: { logDriver: "awslogs" } }),
      "Log driver awslogs requires options: awslogs-region, awslogs-group",
    ],
    [
      containers({ logConfiguration: { logDriver: "awslogs", options: { "awslogs-region": "r" } } }),
      "Log driver awslogs requires options: awslogs-group",
    ],
    [
      containers({ logConfiguration: { logDriver: "paper" as never } }),
      "paper is not a valid log driver. Must be one of [awslogs,fluentd,gelf,json-file,journald,syslog,splunk,awsfirelens]",
    ],
    [
      containers({ logConfiguration: { logDriver: "awsfirelens" } }),
      "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.",
    ],
    [
      containers({ secrets: [{ name: "A", valueFrom: "a" }] }),
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    ],
    [
      { ...containers({ secrets: [{ name: "A", valueFrom: "a b" }] }), executionRoleArn: role },
      "The Systems Manager parameter name specified for secret A is invalid",
    ],
    [
      {
        ...containers({ secrets: [{ name: "A", valueFrom: "arn:aws:ssm:us-east-1:999999999999:parameter/a" }] }),
        executionRoleArn: role,
      },
      "The Systems Manager parameter ARN has a different account ID than the current account. The current account ID is {account} and the ARN account ID is 999999999999. Cross-account access for ARNs is not currently supported.",
    ],
    [
      { ...containers({ secrets: [{ name: "A", valueFrom: "arn:oh" }] }), executionRoleArn: role },
      "Invalid arn syntax.",
    ],
    [
      {
        ...containers({ environment: [{ name: "A", value: "" }], secrets: [{ name: "A", valueFrom: "a" }] }),
        executionRoleArn: role,
      },
      "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.",
    ],
    [
      containers({ environmentFiles: list(11).map((index) => ({ type: "s3", value: `arn:aws:s3:::b/${index}.env` })) }),
      "The maximum number of environment files was exceeded. Specify ten or less and try again.",
    ],
    [
      containers({ environmentFiles: [{ type: "s3", value: "arn:aws:s3:::b/a.txt" }] }),
      "An environment file must have a .env file extension.",
    ],
  ],
  FARGATE: [
    [fargate({ networkMode: "bridge" }), "Fargate only supports network mode ‘awsvpc’."],
    [fargate({ networkMode: undefined }), "Fargate only supports network mode ‘awsvpc’."],
    [fargate({ cpu: undefined }), "Fargate requires that 'cpu' be defined at the task level."],
    [fargate({ memory: undefined }), "Fargate requires that 'memory' be defined at the task level."],
    [
      fargate({ cpu: "300" }),
      "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    ],
    [
      fargate({ cpu: "512", memory: "512" }),
      "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon ECS documentation for the valid values.",
    ],
    [
      fargate({ cpu: ".25 vCPU", memory: "4GB" }),
      "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.",
    ],
    [
      fargate({ runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } }),
      "No Fargate configuration exists for given values: 256 CPU, 512 memory. See the Amazon ECS documentation for the valid values.",
    ],
    [fargate({ ephemeralStorage: { sizeInGiB: 20 } }), "EphemeralStorage size should be at least 21"],
    [fargate({ ephemeralStorage: { sizeInGiB: 201 } }), "EphemeralStorage size should be at most 200"],
    [fargate({ ipcMode: "task" }), "Fargate compatible task definitions do not support ipcMode"],
    [
      fargate({ volumes: [{ name: "v", host: { sourcePath: "/v" } }] }),
      "Fargate compatible task definitions do not support sourcePath",
    ],
    [
      fargate({ volumes: [{ name: "v", dockerVolumeConfiguration: {} }] }),
      "Fargate compatible task definitions do not support dockerVolumeConfiguration",
    ],
    [
      fargate({ placementConstraints: [{ type: "memberOf", expression: "task:group == a" }] }),
      "Fargate compatible task definitions do not support constraints",
    ],
    [
      fargate({}, { dockerSecurityOptions: ["no-new-privileges"] }),
      "Fargate compatible task definitions do not support dockerSecurityOptions",
    ],
    [
      fargate({}, { linuxParameters: { devices: [{ hostPath: "/dev/kvm" }] } }),
      "Fargate compatible task definitions do not support devices",
    ],
    [fargate({}, { linuxParameters: { maxSwap: 0 } }), "Fargate compatible task definitions do not support maxSwap"],
    [
      fargate({}, { linuxParameters: { sharedMemorySize: 64 } }),
      "Fargate compatible task definitions do not support sharedMemorySize",
    ],
    [
      fargate({ pidMode: "host" }),
      "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
    ],
    [
      fargate({}, { resourceRequirements: [{ type: "GPU", value: "1" }] }),
      "Tasks using the Fargate launch type do not support GPU resource requirements.",
    ],
    [
      fargate({}, { privileged: true }),
      "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.",
    ],
    [
      fargate({}, { linuxParameters: { capabilities: { add: ["SYS_PTRACE", "NET_ADMIN"] } } }),
      "NET_ADMIN is not allowed on Fargate.",
    ],
    [
      fargate({}, { stopTimeout: 121 }),
      "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.",
    ],
    [
      fargate(
        {},
        { logConfiguration: { logDriver: "awslogs", options: { "awslogs-region": "r", "awslogs-group": "g" } } },
      ),
      "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
    ],
    [
      fargate(
        {},
        {
          logConfiguration: {
            logDriver: "awslogs",
            options: { "awslogs-region": "r", "awslogs-group": "g", "awslogs-stream-prefix": "p" },
          },
        },
      ),
      "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    ],
    [
      fargate({}, { image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1" }),
      "Fargate requires task definition to have execution role ARN to support ECR images.",
    ],
    [
      fargate({}, { logConfiguration: { logDriver: "json-file" } }),
      "json-file is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]",
    ],
    [
      fargate({ networkMode: "bridge", memory: undefined }, { memory: 5 }),
      "Invalid setting for container 'app'. 'memory' must be greater than or equal to 6.",
    ],
  ],
}

/** What AWS does and we do not. */
const NOT_YET: readonly (readonly [Request, string])[] = [
  [
    volume({ s3filesVolumeConfiguration: { fileSystemArn: "arn:aws:s3files:us-east-1:1:file-system/fs-1" } }),
    "S3 Files",
  ],
  [containers({ resourceRequirements: [{ type: "NeuronDevice", value: "ALL" }] }), "Neuron devices"],
  [containers({ resourceRequirements: [{ type: "GPU", value: "ALL" }] }), "ALL GPUs"],
  [
    containers({ resourceRequirements: [{ type: "GPU", sharingStrategy: { nvidiaMps: { memory: 1 } } }] }),
    "sharing of GPUs",
  ],
]

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})

/** The account is known only once the world has begun. */
function withAccount<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll("{account}", world.account))
}

async function register(request: Request): Promise<unknown> {
  const input = { family: "web", ...containers({}), ...withAccount(request) }
  return world.ecs.registerTaskDefinition(input as RegisterTaskDefinitionCommandInput).catch((error) => error)
}

for (const [subject, rows] of Object.entries(REFUSALS)) {
  describe(`what is refused of ${subject}`, () => {
    test.each(rows.map(([request, sentence], index) => ({ request, sentence, index })))(
      "$index: $sentence",
      async ({ request, sentence }) => {
        const refused = await register(request)
        expect(refused).toBeInstanceOf(ClientException)
        expect((refused as Error).message).toBe(withAccount(sentence))
      },
    )
  })
}

test.each(NOT_YET)("what works on AWS only is refused by name (%#)", async (request, name) => {
  const refused = await register(request)
  expect(refused).toBeInstanceOf(InvalidParameterException)
  expect((refused as Error).message).toMatch(new RegExp(`^Homeport does not have .*${name}`))
})

test("what is refused takes no number", async () => {
  const { ecs } = await startWorld()
  await expect(ecs.registerTaskDefinition({ family: "web", containerDefinitions: [] })).rejects.toThrow(ClientException)
  expect((await ecs.listTaskDefinitionFamilies({})).families).toEqual([])
  const { taskDefinition } = await ecs.registerTaskDefinition({ family: "web", containerDefinitions: [app] })
  expect(taskDefinition!.revision).toBe(1)
})

test("a definition can be as long as 64 KiB and no longer", async () => {
  const { ecs } = await startWorld()
  const register = (length: number) =>
    ecs.registerTaskDefinition({
      family: "long",
      containerDefinitions: [{ ...app, command: ["x".repeat(length)] }],
    })
  await expect(register(65_000)).resolves.toBeDefined()
  const refused = await register(66_000).catch((error) => error)
  expect(refused).toBeInstanceOf(ClientException)
  expect(refused.message).toMatch(/^Actual length: '66\d{3}'. Max allowed length is '65536' bytes.$/)
})

test("what is allowed at the very edge is allowed", async () => {
  const allowed: Request[] = [
    containers({ stopTimeout: 2, startTimeout: 2 }),
    fargate({}, { stopTimeout: 120, startTimeout: 121 }),
    fargate({ ephemeralStorage: { sizeInGiB: 21 } }),
    fargate({ ephemeralStorage: { sizeInGiB: 200 } }),
    fargate({ pidMode: "task" }),
    fargate(
      {},
      { linuxParameters: { capabilities: { add: ["SYS_PTRACE"] }, tmpfs: [{ containerPath: "/t", size: 1 }] } },
    ),
    { cpu: "128" },
    { cpu: "192 vCPU" },
    containers({ ulimits: [{ name: "nofile", softLimit: 65_535, hardLimit: -1 }] }),
    awsvpc({ portMappings: [{ containerPort: 53 }, { containerPort: 53, protocol: "udp" }] }),
    containers({ portMappings: [{ containerPort: 80 }, { containerPort: 80 }] }),
    containers({ disableNetworking: false, links: [] }),
    { volumes: [{ name: "unused" }] },
    { inferenceAccelerators: [] },
  ]
  for (const request of allowed) expect(await register(request)).not.toBeInstanceOf(Error)
})
