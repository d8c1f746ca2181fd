import type { Input } from "../../api.ts"
import type { NodeProperties } from "../host.ts"

export function registrationOf({
  cluster,
  processors,
  memory,
  zone,
  tier,
}: NodeProperties): Input<"RegisterContainerInstance"> {
  return {
    cluster,
    instanceIdentityDocument: "",
    instanceIdentityDocumentSignature: "",
    totalResources: [
      { name: "CPU", type: "INTEGER", integerValue: processors * 1024 },
      { name: "MEMORY", type: "INTEGER", integerValue: memory },
      { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
      { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
    ],
    attributes: [
      ...CAPABILITIES.map((name) => ({ name })),
      { name: "ecs.os-type", value: "linux" },
      { name: "ecs.cpu-architecture", value: "x86_64" },
      { name: "ecs.availability-zone", value: zone },
      { name: "tier", value: tier },
    ],
  }
}

const CAPABILITIES = [
  "com.amazonaws.ecs.capability.docker-remote-api.1.17",
  "com.amazonaws.ecs.capability.docker-remote-api.1.18",
  "com.amazonaws.ecs.capability.docker-remote-api.1.19",
  "com.amazonaws.ecs.capability.docker-remote-api.1.21",
  "com.amazonaws.ecs.capability.docker-remote-api.1.24",
  "com.amazonaws.ecs.capability.docker-remote-api.1.25",
  "com.amazonaws.ecs.capability.docker-remote-api.1.29",
  "com.amazonaws.ecs.capability.logging-driver.json-file",
  "com.amazonaws.ecs.capability.logging-driver.awslogs",
  "com.amazonaws.ecs.capability.task-iam-role",
  "ecs.capability.task-eni",
  "ecs.capability.execution-role-awslogs",
  "ecs.capability.execution-role-ecr-pull",
  "ecs.capability.container-health-check",
  "ecs.capability.container-ordering",
] as const
