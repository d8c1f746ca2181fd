import { expect, test } from "vitest"
import { attributesOf } from "./capabilities.ts"
import { allFeatures, aMachine, anEngine } from "./link/testing.ts"
import { platformDevices, totalResources } from "./resources.ts"

const capable = {
  abilities: anEngine.abilities,
  features: allFeatures,
  machine: aMachine,
  logDrivers: ["json-file", "awslogs"],
}
const names = (attributes: readonly { readonly name: string }[]) => attributes.map(({ name }) => name)

test("what the machine is, is told in full", () => {
  expect(attributesOf(capable)).toEqual(
    expect.arrayContaining([
      { name: "ecs.os-type", value: "linux" },
      { name: "ecs.os-family", value: "LINUX" },
      { name: "ecs.os-type-detailed", value: "debian_12" },
      { name: "ecs.cpu-architecture", value: "x86_64" },
    ]),
  )
})

test("nothing is told twice", () => {
  const all = names(attributesOf({ ...capable, abilities: { ...anEngine.abilities, volumeDrivers: ["local", "nfs"] } }))
  expect(new Set(all).size).toBe(all.length)
})

test.each([
  ["privileged-container", { abilities: { ...anEngine.abilities, privileged: false } }],
  ["privileged-container", { features: { ...allFeatures, privileged: false } }],
  ["task-cpu-mem-limit", { abilities: { ...anEngine.abilities, taskLimits: false } }],
  ["task-eni", { abilities: { ...anEngine.abilities, givenNetworks: false } }],
  ["task-eni", { features: { ...allFeatures, interfaces: false } }],
  ["task-eni", { features: { ...allFeatures, external: true } }],
  ["pid-ipc-namespace-sharing", { abilities: { ...anEngine.abilities, sharedNamespaces: false } }],
  ["logging-driver.awslogs", { logDrivers: ["json-file"] }],
  ["execution-role-awslogs", { logDrivers: ["json-file"] }],
  ["task-iam-role", { features: { ...allFeatures, taskRoles: false } }],
  ["ecr-auth", { features: { ...allFeatures, ecr: false } }],
  ["secrets.ssm.environment-variables", { features: { ...allFeatures, secretsOfSystemsManager: false } }],
  ["env-files.s3", { features: { ...allFeatures, environmentFiles: false } }],
])("%s is told only by who can do it (%#)", (suffix, lacking) => {
  const isIt = (name: string) => name.endsWith(`ecs.capability.${suffix}`)
  expect(names(attributesOf(capable)).some(isIt)).toBe(true)
  expect(names(attributesOf({ ...capable, ...lacking })).some(isIt)).toBe(false)
})

test.each([
  ["com.amazonaws.ecs.capability.apparmor", { abilities: { ...anEngine.abilities, apparmor: true } }],
  ["com.amazonaws.ecs.capability.selinux", { abilities: { ...anEngine.abilities, selinux: true } }],
  ["ecs.capability.docker-plugin.nfs", { abilities: { ...anEngine.abilities, volumeDrivers: ["nfs"] } }],
  ["ecs.capability.external", { features: { ...allFeatures, external: true } }],
  ["ecs.capability.firelens.fluentbit", { logDrivers: ["awsfirelens"] }],
])("%s is told by who can do it, and not otherwise", (name, able) => {
  expect(names(attributesOf(capable))).not.toContain(name)
  expect(names(attributesOf({ ...capable, ...able }))).toContain(name)
})

test("an instance offers its processors and what memory is not kept back, and names the ports that are taken", () => {
  expect(totalResources(aMachine, { memoryMiB: 512, udpPorts: [53] })).toEqual([
    { name: "CPU", type: "INTEGER", integerValue: 4096 },
    { name: "MEMORY", type: "INTEGER", integerValue: 7680 },
    { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
    { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: ["53"] },
  ])
})

test("GPUs are devices", () => {
  expect(platformDevices(["GPU-1"])).toEqual([{ id: "GPU-1", type: "GPU" }])
})
