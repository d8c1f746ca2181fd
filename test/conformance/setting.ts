import type { NormalizedSchema } from "@smithy/core/schema"
import type { OperationShape } from "../../src/aws/protocols/protocol.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import { requiredNames } from "./arbitrary.ts"

/** What is there before a service's operations are tried, so that some inputs mean something. */
export interface Setting {
  readonly prepare: (region: TestWorld) => Promise<unknown>

  /** By member, the text that means what was prepared. */
  readonly names: (region: TestWorld) => Readonly<Record<string, string>>

  /** By operation, an input that is right, where the shape alone does not tell what must be in it. */
  readonly inputs: Readonly<Record<string, object>>
}

const containerDefinitions = [{ name: "app", image: "app", memory: 64 }]

/** One for each service of the catalogue. */
const settings: Readonly<Record<string, Setting>> = {
  sts: { prepare: async () => {}, names: () => ({}), inputs: {} },
  ecs: {
    async prepare({ ecs }) {
      await ecs.createCluster({ clusterName: "known" })
      for (const family of ["known", "retired"]) await ecs.registerTaskDefinition({ family, containerDefinitions })
      await ecs.deregisterTaskDefinition({ taskDefinition: "retired:1" })
    },
    names: ({ account }) => ({
      cluster: "known",
      clusterName: "known",
      resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/known`,
      family: "known",
      taskDefinition: "known:1",
      name: "containerInsights",
      value: "enabled",
    }),
    inputs: {
      RegisterTaskDefinition: { family: "known", containerDefinitions },
      DeleteTaskDefinitions: { taskDefinitions: ["retired:1"] },
    },
  },
}

export function settingFor(service: string): Setting {
  const setting = settings[service]
  if (setting === undefined)
    throw new Error(`The service ${service} has no setting in test/conformance/setting.ts yet.`)
  return setting
}

/** The smallest input that is right, as far as the setting and the shape tell. */
export function smallestInput({ name, input }: OperationShape, { names, inputs }: Setting, region: TestWorld): object {
  return inputs[name] ?? requiredMembers(input, names(region))
}

function requiredMembers(
  schema: NormalizedSchema,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  if (schema.isUnitSchema()) return {}
  const required = new Set(requiredNames(schema))
  const members = [...schema.structIterator()].filter(([name]) => required.has(name))
  return Object.fromEntries(members.map(([name, member]) => [name, smallestValue(member, names)]))
}

function smallestValue(schema: NormalizedSchema, names: Readonly<Record<string, string>>): unknown {
  if (schema.isListSchema()) return []
  if (schema.isMapSchema()) return {}
  if (schema.isStructSchema()) return requiredMembers(schema, names)
  if (schema.isNumericSchema()) return 1
  if (schema.isBooleanSchema()) return false
  if (schema.isTimestampSchema()) return new Date(0)
  if (schema.isBlobSchema()) return new Uint8Array(1)
  return names[schema.getMemberName()] ?? "a"
}
