import { NormalizedSchema } from "@smithy/core/schema"
import type { Unpublished } from "../service.ts"
import type { OperationShape, ServiceShape } from "./protocol.ts"

/** Everything that protocols read from one SDK package. */
export interface ServiceShapes {
  readonly service: ServiceShape

  /** Undefined for a name that the SDK does not have. */
  operation(name: string): OperationShape | undefined
  readonly operationNames: readonly string[]
}

/** Reads a package such as `@aws-sdk/client-ecs`: its schemas are what it exports under names that end in `$`. */
export function serviceShape(sdk: object, { missing, unpublished = {} }: ServiceFacts = {}): ServiceShapes {
  const schemas = Object.entries(sdk).filter(([name, value]) => name.endsWith("$") && Array.isArray(value))
  const errors = errorsByCode(schemas.map(([, schema]) => schema).filter(isDeclaredError))
  const operations = new Map<string, OperationSchema>(
    schemas.filter(([, [kind]]) => kind === OPERATION).map(([, schema]) => [schema[2], schema]),
  )
  const { version, xmlNamespace = "", defaultNamespace } = protocolSettings(sdk)

  const service: ServiceShape = {
    version,
    xmlNamespace,
    namespace: defaultNamespace,
    missing,
    error: (code) => errors.get(code),
  }
  const shapes = new Map<string, OperationShape>()

  return {
    service,
    operationNames: [...operations.keys()],
    operation(name) {
      const known = shapes.get(name)
      const schema = operations.get(name)
      if (known !== undefined || schema === undefined) return known
      const shape = operationShape(withMembers(schema, unpublished[name] ?? []), service)
      shapes.set(name, shape)
      return shape
    },
  }
}

/** What the service itself says beside its SDK. */
interface ServiceFacts extends Pick<ServiceShape, "missing"> {
  readonly unpublished?: Unpublished
}

/** The operation with texts in its input that the SDK does not have. */
function withMembers(schema: OperationSchema, added: readonly string[]): OperationSchema {
  if (added.length === 0) return schema
  const [kind, namespace, name, traits, input, output] = schema
  const structure = NormalizedSchema.of(input).getSchema() as unknown as unknown[]
  const members = [...(structure[MEMBERS] as readonly string[]), ...added]
  const shapes = [...(structure[SHAPES] as readonly unknown[]), ...added.map(() => STRING)]
  return [kind, namespace, name, traits, structure.with(MEMBERS, members).with(SHAPES, shapes) as never, output]
}

/** Where a structure's schema has its members' names and their shapes. */
const MEMBERS = 4
const SHAPES = 5

const STRING = 0
const OPERATION = 9
const ERROR = -3

/** Each package also makes up a base for its errors, which no service knows. */
function isDeclaredError([kind, namespace]: readonly unknown[]): boolean {
  return kind === ERROR && !String(namespace).startsWith("smithy.ts.sdk.synthetic")
}

type OperationSchema = readonly [kind: 9, namespace: string, name: string, traits: unknown, input: never, output: never]

function operationShape([, , name, traits, input, output]: OperationSchema, service: ServiceShape): OperationShape {
  const { http } = (typeof traits === "object" && traits !== null ? traits : {}) as Pick<OperationShape, "http">
  return { name, service, http, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }
}

/** Errors go by their name and, in query protocols, by a code. Where one's code is another's name, the name wins. */
function errorsByCode(schemas: readonly (readonly unknown[])[]): ReadonlyMap<string, NormalizedSchema> {
  const shapes = schemas.map((schema) => NormalizedSchema.of(schema as never))
  const coded = shapes.map((shape) => [queryCode(shape), shape] as const)
  const named = shapes.map((shape) => [shape.getName(), shape] as const)
  const known = [...coded, ...named].filter((entry): entry is [string, NormalizedSchema] => entry[0] !== undefined)
  return new Map(known)
}

function queryCode(error: NormalizedSchema): string | undefined {
  const { awsQueryError } = error.getMergedTraits() as { awsQueryError?: readonly [string, number] }
  return awsQueryError?.[0]
}

interface ProtocolSettings {
  readonly version: string
  readonly xmlNamespace?: string
  readonly defaultNamespace: string
}

type ClientClass = new (
  config: object,
) => { readonly config: { readonly protocolSettings: ProtocolSettings }; destroy(): void }

/** Versions and namespaces are told to an SDK's client alone, so one is made and asked. It sends nothing. */
function protocolSettings(sdk: object): ProtocolSettings {
  const exported = Object.entries(sdk)
  const base = exported.find(([name]) => name === "__Client")?.[1]
  const found = exported.find(([name, value]) => name.endsWith("Client") && value?.prototype instanceof base)
  if (found === undefined) throw new Error("This SDK package has no client")
  const Client = found[1] as ClientClass
  const client = new Client({ region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } })
  client.destroy()
  return client.config.protocolSettings
}
