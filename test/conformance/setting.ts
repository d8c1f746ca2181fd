import type { NormalizedSchema } from "@smithy/core/schema"
import type { OperationShape } from "../../src/aws/protocols/protocol.ts"
import type { Service } from "../../src/aws/service.ts"
import { catalogOver } from "../../src/services/catalog.ts"
import { memoryBlobStore } from "../../src/services/ecr/index.ts"
import { memoryEventStore } from "../../src/services/logs/segments/memory.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import { requiredNames } from "./arbitrary.ts"
import { ec2Setting } from "./ec2-setting.ts"
import { ecrPublicSetting, ecrSetting } from "./ecr-setting.ts"
import { ecsSetting } from "./ecs-setting.ts"
import { iamSetting } from "./iam-setting.ts"
import { kmsSetting } from "./kms-setting.ts"
import { logsSetting } from "./logs-setting.ts"
import { s3Setting } from "./s3-setting.ts"
import { secretsManagerSetting } from "./secretsmanager-setting.ts"
import { ssmSetting } from "./ssm-setting.ts"
import { stsSetting } from "./sts-setting.ts"

/** What a service needs before its operations are tried, so that some inputs mean something. */
export interface Setting {
  /** Its name in `clients.ts`. */
  readonly client: string
  readonly prepare: (region: TestWorld) => Promise<Prepared>

  /** By operation, the fault that answers even an input that is right, as Homeport has nothing to answer it with. */
  readonly refusals: Readonly<Record<string, string>>

  /** The codes that AWS documents, of a service whose SDK declares none. */
  readonly faults?: readonly string[]
}

/** What is there then. */
export interface Prepared {
  /** By member, the text that means what was prepared. */
  readonly names: Readonly<Record<string, string>>

  /** By operation, an input that is right, where the shape alone does not tell what must be in it. */
  readonly inputs: Readonly<Record<string, object>>
}

/** Every service, with what it needs beside the store; new for each region, as some of that remembers. */
export function wholeCatalog(): readonly Service[] {
  return catalogOver({ logEvents: memoryEventStore(), blobs: memoryBlobStore() })
}

/** One for each service of the catalogue. */
const settings: Readonly<Record<string, Setting>> = {
  iam: iamSetting,
  sts: stsSetting,
  kms: kmsSetting,
  secretsmanager: secretsManagerSetting,
  ssm: ssmSetting,
  ec2: ec2Setting,
  ecs: ecsSetting,
  ecr: ecrSetting,
  "ecr-public": ecrPublicSetting,
  logs: logsSetting,
  s3: s3Setting,
}

export function settingFor(service: string): Setting {
  const setting = settings[service]
  if (setting === undefined)
    throw new Error(`The service ${service} has no setting in test/conformance/setting.ts yet.`)
  return setting
}

/** The smallest input that is right, as far as what was prepared and the shape tell. */
export function smallestInput({ name, input }: OperationShape, { names, inputs }: Prepared): object {
  return inputs[name] ?? requiredMembers(input, names)
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
