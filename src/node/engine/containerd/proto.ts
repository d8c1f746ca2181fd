import { join } from "node:path"
import { loadSync, type MessageTypeDefinition, type MethodDefinition, type ServiceDefinition } from "@grpc/proto-loader"
import type { Any, Timestamp } from "./services.ts"

/** The services of containerd's API by the name that the client gives them. */
export const definitions = loadSync(
  [
    "containers",
    "content",
    "diff",
    "events",
    "images",
    "introspection",
    "leases",
    "namespaces",
    "runc-options",
    "snapshots",
    "task-events",
    "tasks",
    "version",
  ].map((name) => `${name}.proto`),
  { includeDirs: [join(import.meta.dirname, "proto")], longs: Number, enums: String, defaults: true },
)

export type Method = MethodDefinition<object, object>

/** Each service's name and methods, as `tasks` and `create`. */
export function services(): { readonly name: string; readonly methods: ReadonlyMap<string, Method> }[] {
  return Object.entries(definitions).flatMap(([path, definition]) => {
    const name = /^containerd\.services\.(\w+)\.v1\.\w+$/.exec(path)?.[1]
    if (name === undefined || "format" in definition) return []
    const methods = Object.values(definition as ServiceDefinition) as Method[]
    return [{ name, methods: new Map(methods.map((method) => [method.originalName!, method])) }]
  })
}

/** A message for a field that takes any; containerd knows its type by the name alone. */
export function pack(type: string, message: object): Any {
  return { type_url: type, value: messageType(type).serialize(message) }
}

export function unpack<Message>({ type_url: typeUrl, value }: Any): Message {
  return messageType(typeUrl.slice(typeUrl.lastIndexOf("/") + 1)).deserialize(value) as Message
}

/** What is JSON to containerd too: the specifications of containers and processes. */
export function packJson(typeUrl: string, value: object): Any {
  return { type_url: typeUrl, value: Buffer.from(JSON.stringify(value)) }
}

export function milliseconds({ seconds, nanos }: Timestamp): number {
  return seconds * 1000 + Math.floor(nanos / 1e6)
}

function messageType(name: string): MessageTypeDefinition<object, object> {
  return definitions[name] as MessageTypeDefinition<object, object>
}
