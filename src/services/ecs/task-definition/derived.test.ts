import type { ContainerDefinition, RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { attributesOf } from "./attributes.ts"
import { compatibilitiesOf } from "./compatibilities.ts"
import { fill } from "./fill.ts"

type Request = Partial<Omit<RegisterTaskDefinitionRequest, "family">>

const filled = ({ containerDefinitions, ...request }: Request, container: ContainerDefinition = {}) =>
  fill({ ...request, containerDefinitions: containerDefinitions ?? [{ name: "app", image: "nginx", ...container }] })

const attributes = (...given: Parameters<typeof filled>) => attributesOf(filled(...given)).map(({ name }) => name)
const compatibilities = (...given: Parameters<typeof filled>) => compatibilitiesOf(filled(...given))

const fargate: Request = { networkMode: "awsvpc", cpu: "256", memory: "512" }

test("the network mode says where a definition can run", () => {
  expect(compatibilities({})).toEqual(["EXTERNAL", "EC2"])
  expect(compatibilities({ networkMode: "none" })).toEqual(["EXTERNAL", "EC2"])
  expect(compatibilities({ networkMode: "host" })).toEqual(["EXTERNAL", "EC2", "MANAGED_INSTANCES"])
  expect(compatibilities({ networkMode: "awsvpc" })).toEqual(["EC2", "MANAGED_INSTANCES"])
  expect(compatibilities(fargate)).toEqual(["EC2", "MANAGED_INSTANCES", "FARGATE"])
})

test("what FARGATE would refuse is silently not compatible with it", () => {
  expect(compatibilities({ ...fargate, memory: "600" })).not.toContain("FARGATE")
  expect(compatibilities(fargate, { privileged: true })).not.toContain("FARGATE")
  expect(compatibilities(fargate, { stopTimeout: 121 })).not.toContain("FARGATE")
  expect(compatibilities(fargate, { logConfiguration: { logDriver: "json-file" } })).not.toContain("FARGATE")
})

test("Windows and more room on the disk are not for every place", () => {
  const runtimePlatform = { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } as const
  expect(compatibilities({ ...fargate, cpu: "1024", memory: "2048", runtimePlatform })).toEqual(["EC2", "FARGATE"])
  expect(compatibilities({ ...fargate, ephemeralStorage: { sizeInGiB: 30 } })).toEqual(["FARGATE"])
})

test("a plain definition requires nothing of an agent", () => {
  expect(attributes({})).toEqual([])
})

const R = "com.amazonaws.ecs.capability.docker-remote-api."
const C = "com.amazonaws.ecs.capability."
const E = "ecs.capability."
const roles = { taskRoleArn: "task", executionRoleArn: "execution" }
const ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"

test.each<[Request, ContainerDefinition, string[]]>([
  [{ networkMode: "awsvpc" }, {}, [`${R}1.18`, `${E}task-eni`]],
  [{ taskRoleArn: "task" }, {}, [`${R}1.17`, `${C}task-iam-role`]],
  [{ taskRoleArn: "task", networkMode: "host" }, {}, [`${R}1.17`, `${C}task-iam-role-network-host`]],
  [{ pidMode: "task" }, {}, [`${E}pid-ipc-namespace-sharing`]],
  [{ memory: "512" }, {}, [`${E}task-cpu-mem-limit`]],
  [{ cpu: "16 vCPU" }, {}, [`${E}task-cpu-mem-limit`, `${E}increased-task-cpu-limit`]],
  [{ ...fargate, requiresCompatibilities: ["FARGATE"] }, {}, [`${R}1.18`, `${E}task-eni`]],
  [{ enableFaultInjection: true }, {}, [`${E}fault-injection`]],
  [{}, { image: ecr }, [`${C}ecr-auth`, `${R}1.19`]],
  [roles, { image: ecr }, [`${R}1.17`, `${C}task-iam-role`, `${C}ecr-auth`, `${R}1.19`, `${E}execution-role-ecr-pull`]],
  [{}, { image: `nginx@sha256:${"0".repeat(64)}` }, [`${R}1.21`]],
  [{}, { memoryReservation: 64 }, [`${R}1.21`]],
  [{}, { privileged: true }, [`${C}privileged-container`]],
  [{}, { secrets: [{ name: "A", valueFrom: "a" }] }, [`${E}secrets.ssm.environment-variables`]],
  [{}, { secrets: [{ name: "A", valueFrom: secret }] }, [`${E}secrets.asm.environment-variables`]],
  [{}, { environmentFiles: [{ type: "s3", value: "arn:aws:s3:::b/a.env" }] }, [`${E}env-files.s3`]],
  [{}, { logConfiguration: { logDriver: "syslog" } }, [`${C}logging-driver.syslog`, `${R}1.18`]],
  [
    { executionRoleArn: "e" },
    { logConfiguration: { logDriver: "awslogs" } },
    [`${C}logging-driver.awslogs`, `${R}1.19`, `${E}execution-role-awslogs`],
  ],
  [
    {},
    { logConfiguration: { logDriver: "splunk", secretOptions: [{ name: "splunk-token", valueFrom: secret }] } },
    [`${E}secrets.asm.bootstrap.log-driver`, `${C}logging-driver.splunk`, `${R}1.22`],
  ],
  [
    {},
    { firelensConfiguration: { type: "fluentbit", options: { "config-file-type": "s3" } } },
    [`${E}firelens.fluentbit`, `${E}firelens.options.config.s3`],
  ],
  [{}, { healthCheck: { command: ["CMD", "a"], startPeriod: 1 } }, [`${E}container-health-check`, `${R}1.29`]],
  [{}, { stopTimeout: 2 }, [`${E}container-ordering`]],
  [{}, { restartPolicy: { enabled: true } }, [`${E}container-restart-policy`]],
  [{}, { restartPolicy: { enabled: false } }, []],
  [{}, { linuxParameters: { initProcessEnabled: true, sharedMemorySize: 1 } }, [`${R}1.25`, `${R}1.22`]],
  [
    {},
    { repositoryCredentials: { credentialsParameter: secret } },
    [`${E}private-registry-authentication.secretsmanager`],
  ],
  [{}, { credentialSpecs: ["credentialspecdomainless:arn"] }, [`${E}gmsa-domainless`]],
  [{}, { dockerSecurityOptions: ["label:user:a", "apparmor:b"] }, [`${C}selinux`, `${C}apparmor`]],
  [{ volumes: [{ name: "v", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] }, {}, [`${E}efs`, `${R}1.25`]],
  [
    { volumes: [{ name: "v", efsVolumeConfiguration: { fileSystemId: "fs-1", transitEncryption: "ENABLED" } }] },
    {},
    [`${E}efs`, `${R}1.25`, `${E}efsAuth`],
  ],
  [{ volumes: [{ name: "v", dockerVolumeConfiguration: { driver: "rexray" } }] }, {}, [`${E}docker-plugin.rexray`]],
  [{ volumes: [{ name: "v", dockerVolumeConfiguration: {} }] }, {}, [`${E}docker-plugin.local`]],
  [{ volumes: [{ name: "v", configuredAtLaunch: true }] }, {}, [`${E}storage.ebs-task-volume-attach`]],
])("a definition requires what its agent must be able to do (%#)", (request, container, expected) => {
  expect(attributes(request, container)).toEqual(expected)
})

test("nothing is required twice", () => {
  const names = attributes({
    containerDefinitions: ["a", "b"].map((name) => ({ name, image: ecr, memoryReservation: 64 })),
  })
  expect(new Set(names).size).toBe(names.length)
})
