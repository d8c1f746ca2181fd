import type {
  ContainerDefinition,
  KernelCapabilities,
  RegisterTaskDefinitionCommandInput,
  RuntimePlatform,
  SystemControl,
  TaskDefinition,
  TaskDefinitionPlacementConstraint,
  Ulimit,
  Volume,
} from "@aws-sdk/client-ecs"
import fc from "fast-check"
import { expect, test } from "vitest"
import { startWorld } from "../../testing.ts"

const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
const line = fc.string({ maxLength: 20, unit: "binary" })
const labels = fc.dictionary(word, line, { maxKeys: 3 })

/** Members that a container may have whatever its task is like. */
const container = fc.record(
  {
    image: fc.constantFrom("nginx", "ghcr.io/a/b:1.2", "123456789012.dkr.ecr.us-east-1.amazonaws.com/app"),
    memory: fc.integer({ min: 64, max: 4096 }),
    cpu: fc.integer({ min: 0, max: 1024 }),
    memoryReservation: fc.integer({ min: 6, max: 64 }),
    command: fc.array(line, { maxLength: 3 }),
    entryPoint: fc.array(line, { maxLength: 2 }),
    environment: fc.array(fc.record({ name: word, value: line }), { maxLength: 4 }),
    user: word,
    workingDirectory: fc.constant("/srv"),
    readonlyRootFilesystem: fc.boolean(),
    privileged: fc.boolean(),
    interactive: fc.boolean(),
    pseudoTerminal: fc.boolean(),
    dockerLabels: labels,
    stopTimeout: fc.integer({ min: 2, max: 300 }),
    ulimits: fc.constant<Ulimit[]>([{ name: "nofile", softLimit: 1024, hardLimit: -1 }]),
    logConfiguration: fc.record({
      logDriver: fc.constantFrom("json-file" as const, "journald" as const),
      options: labels,
    }),
    healthCheck: fc.record(
      {
        command: fc.constant<string[]>(["CMD-SHELL", "true"]),
        interval: fc.integer({ min: 5, max: 300 }),
        startPeriod: fc.constant(0),
      },
      { requiredKeys: ["command"] },
    ),
    restartPolicy: fc.record({ enabled: fc.boolean(), ignoredExitCodes: fc.array(fc.nat(255), { maxLength: 3 }) }),
    linuxParameters: fc.record(
      { initProcessEnabled: fc.boolean(), capabilities: fc.constant<KernelCapabilities>({ add: ["NET_ADMIN"] }) },
      { requiredKeys: [] },
    ),
    versionConsistency: fc.constantFrom("enabled" as const, "disabled" as const),
    systemControls: fc.constant<SystemControl[]>([{ namespace: "fs.mqueue.msg_max", value: "10" }]),
  },
  { requiredKeys: ["image", "memory"] },
)

const definition = fc
  .record(
    {
      containers: fc.uniqueArray(fc.tuple(word, container), { minLength: 1, maxLength: 4, selector: ([name]) => name }),
      networkMode: fc.constantFrom("bridge" as const, "awsvpc" as const, "host" as const, "none" as const),
      cpu: fc.constantFrom("4096", "4 vCPU", "8.5vcpu"),
      memory: fc.constantFrom("16384", "16 GB", "4.5GB"),
      pidMode: fc.constantFrom("task" as const, "host" as const),
      taskRoleArn: word,
      executionRoleArn: word,
      runtimePlatform: fc.constantFrom<RuntimePlatform[]>(
        { cpuArchitecture: "ARM64" },
        { operatingSystemFamily: "LINUX" },
      ),
      placementConstraints: fc.constant<TaskDefinitionPlacementConstraint[]>([
        { type: "memberOf", expression: "attribute:zone == a" },
      ]),
      volumes: fc.constant<Volume[]>([
        { name: "data", host: { sourcePath: "/data" } },
        { name: "scratch", host: {} },
      ]),
      enableFaultInjection: fc.boolean(),
    },
    { requiredKeys: ["containers"] },
  )
  .map(({ containers, ...rest }) => {
    const [first, ...others] = containers.map(([name, container]): ContainerDefinition => ({ name, ...container }))
    return {
      ...rest,
      containerDefinitions: [
        first!,
        // Each of the others waits for the one before it, and some share its volumes.
        ...others.map((other, index) => ({
          ...other,
          essential: false,
          dependsOn: [{ containerName: containers[index]![0], condition: "START" as const }],
          volumesFrom: [{ sourceContainer: containers[index]![0], readOnly: true }],
        })),
      ],
    }
  })

/** What a caller could have sent, of what was shown. */
function request(shown: TaskDefinition): Omit<RegisterTaskDefinitionCommandInput, "family"> {
  const { taskDefinitionArn, family, revision, status, registeredAt, registeredBy, ...rest } = shown
  const { compatibilities, requiresAttributes, containerDefinitions, ...sent } = rest
  return { ...sent, containerDefinitions }
}

test("what was registered is described: all that was sent, and registering that again makes the same", async () => {
  const { ecs } = await startWorld()
  await fc.assert(
    fc.asyncProperty(definition, async ({ cpu, memory, ...sent }) => {
      const sizes = { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) }
      const { taskDefinition: registered } = await ecs.registerTaskDefinition({ family: "web", ...sent, ...sizes })
      expect(registered).toMatchObject(sent)
      expect(Object.keys(registered!)).toEqual(expect.arrayContaining(Object.keys(sizes)))
      expect((await ecs.describeTaskDefinition({ taskDefinition: "web" })).taskDefinition).toEqual(registered)

      const { taskDefinition: again } = await ecs.registerTaskDefinition({ family: "web", ...request(registered!) })
      const { taskDefinitionArn, revision, registeredAt } = again!
      expect(again).toEqual({ ...registered, taskDefinitionArn, revision, registeredAt })
      expect(revision).toBe(registered!.revision! + 1)
    }),
    { numRuns: 150 },
  )
})
