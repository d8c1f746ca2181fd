import type { ContainerInstance, RegisterContainerInstanceRequest } from "@aws-sdk/client-ecs"
import { HttpRequest } from "@smithy/core/protocols"
import { SignatureV4 } from "@smithy/signature-v4"
import { Sha256 } from "../../../aws/official-signer.suite.ts"
import { ourRequest, untilAnswered } from "../../../aws/testing.ts"
import { regionScope } from "../../../store/changes.ts"
import type { Clients, TestWorld } from "../../testing.ts"
import { connected } from "./write.ts"

/** A machine of 2 vCPU and 4 GiB whose agent is connected. */
export async function anInstanceIn(
  started: TestWorld,
  request: RegisterContainerInstanceRequest = {},
): Promise<ContainerInstance> {
  const { containerInstance } = await started.ecs.registerContainerInstance({ totalResources: RESOURCES, ...request })
  connect(started, containerInstance!.containerInstanceArn!)
  return containerInstance!
}

export const RESOURCES = [
  { name: "CPU", type: "INTEGER", integerValue: 2048 },
  { name: "MEMORY", type: "INTEGER", integerValue: 4096 },
  { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
  { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
]

export function connect({ store, account, world }: TestWorld, arn: string, isConnected = true): void {
  store.transact(regionScope(account, "us-east-1"), (tx) =>
    connected({ tx, now: world.now(), random: world.random }, arn, isConnected, {
      agentVersion: "1.105.1",
      agentHash: "a8b3e7d3",
      dockerVersion: "DockerVersion: 28.1.1",
    }),
  )
}

/** A request as the open-source agent makes it, which is not quite what the SDK would send. */
export async function sendAsAgent(
  { door, world }: Pick<TestWorld, "door" | "world">,
  { credentials }: Pick<Clients, "credentials">,
  operation: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const request = new HttpRequest({
    method: "POST",
    path: "/",
    headers: {
      host: "homeport.example:8443",
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
      "user-agent": "Amazon ECS Agent - v1.105.1 (a8b3e7d3) (linux; Debian GNU/Linux 12) (+http://aws.amazon.com/ecs/)",
      ...headers,
    },
    body: JSON.stringify(body),
  })
  const signer = new SignatureV4({ service: "ecs", region: "us-east-1", credentials, sha256: Sha256 })
  const signed = await signer.sign(request, { signingDate: new Date(world.now()) })
  const { status, body: answer } = await untilAnswered(door.handle(ourRequest(signed as HttpRequest)), world)
  return { status, answer: JSON.parse(String(answer)) }
}

const CAPABILITIES = [
  "com.amazonaws.ecs.capability.privileged-container",
  ...["1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25", "1.28", "1.29", "1.30", "1.32"].map(
    (version) => `com.amazonaws.ecs.capability.docker-remote-api.${version}`,
  ),
  "com.amazonaws.ecs.capability.logging-driver.json-file",
  "com.amazonaws.ecs.capability.logging-driver.none",
  "com.amazonaws.ecs.capability.logging-driver.awslogs",
  "com.amazonaws.ecs.capability.logging-driver.awsfirelens",
  "com.amazonaws.ecs.capability.ecr-auth",
  "com.amazonaws.ecs.capability.task-iam-role",
  "com.amazonaws.ecs.capability.task-iam-role-network-host",
  "ecs.capability.private-registry-authentication.secretsmanager",
  "ecs.capability.secrets.ssm.environment-variables",
  "ecs.capability.secrets.ssm.bootstrap.log-driver",
  "ecs.capability.secrets.asm.environment-variables",
  "ecs.capability.secrets.asm.bootstrap.log-driver",
  "ecs.capability.ecr-endpoint",
  "ecs.capability.container-ordering",
  "ecs.capability.full-sync",
  "ecs.capability.env-files.s3",
  "ecs.capability.network.container-port-range",
  "ecs.capability.container-restart-policy",
  "ecs.capability.execution-role-ecr-pull",
  "ecs.capability.container-health-check",
  "ecs.capability.execution-role-awslogs",
  "ecs.capability.task-cpu-mem-limit",
  "ecs.capability.increased-task-cpu-limit",
  "ecs.capability.docker-plugin.local",
  "ecs.capability.firelens.fluentd",
  "ecs.capability.firelens.fluentbit",
  "ecs.capability.firelens.options.config.file",
  "ecs.capability.efs",
  "ecs.capability.external",
]

/** What the open-source agent registers with in external mode, in the shape in which it goes over the wire. */
export const RECORDED_REGISTRATION = {
  attributes: [
    ...CAPABILITIES.map((name) => ({ name })),
    { name: "ecs.os-type", value: "linux" },
    { name: "ecs.os-family", value: "LINUX" },
    { name: "ecs.os-type-detailed", value: "debian_12" },
    { name: "ecs.cpu-architecture", value: "x86_64" },
    { name: "rack", value: "r 7" },
    { name: "empty", value: "" },
  ],
  clientToken: "0f3e7d8c-2f6d-4c68-9a51-3c1c1d0e6a11",
  cluster: "default",
  instanceIdentityDocument: "",
  instanceIdentityDocumentSignature: "",
  platformDevices: [],
  tags: [],
  totalResources: [
    { doubleValue: 0, integerValue: 4096, longValue: 0, name: "CPU", type: "INTEGER" },
    { doubleValue: 0, integerValue: 15_730, longValue: 0, name: "MEMORY", type: "INTEGER" },
    {
      doubleValue: 0,
      integerValue: 0,
      longValue: 0,
      name: "PORTS",
      stringSetValue: ["22", "2375", "2376", "51678", "51679"],
      type: "STRINGSET",
    },
    { doubleValue: 0, integerValue: 0, longValue: 0, name: "PORTS_UDP", stringSetValue: [], type: "STRINGSET" },
  ],
}
