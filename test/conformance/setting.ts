import type { NormalizedSchema } from "@smithy/core/schema"
import type { TestWorld } from "../../src/services/testing.ts"
import { requiredNames } from "./arbitrary.ts"

/** What is there before a service's operations are tried, so that some inputs mean something. */
export interface Setting {
  readonly prepare: (region: TestWorld) => Promise<unknown>

  /** By member, the text that means what was prepared. */
  readonly names: (region: TestWorld) => Readonly<Record<string, string>>
}

/** One for each service of the catalogue. */
const settings: Readonly<Record<string, Setting>> = {
  sts: { prepare: async () => {}, names: () => ({}) },
  ecs: {
    prepare: ({ ecs }) => ecs.createCluster({ clusterName: "known" }),
    names: ({ account }) => ({
      cluster: "known",
      clusterName: "known",
      resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/known`,
      name: "containerInsights",
      value: "enabled",
    }),
  },
}

export function settingFor(service: string): Setting {
  const setting = settings[service]
  if (setting === undefined)
    throw new Error(`The service ${service} has no setting in test/conformance/setting.ts yet.`)
  return setting
}

/** The smallest input that has all it must have; texts are those of the setting. */
export function smallestInput(
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
  if (schema.isStructSchema()) return smallestInput(schema, names)
  if (schema.isNumericSchema()) return 1
  if (schema.isBooleanSchema()) return false
  if (schema.isTimestampSchema()) return new Date(0)
  if (schema.isBlobSchema()) return new Uint8Array(1)
  return names[schema.getMemberName()] ?? "a"
}
