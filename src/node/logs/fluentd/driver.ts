import { ExtData, encode } from "@msgpack/msgpack"
import type { World } from "../../../world/world.ts"
import { readAddress } from "../address.ts"
import { connectedDriver } from "../connected-driver.ts"
import type { Connect } from "../connection.ts"
import type { LogDriver, LogLine } from "../driver.ts"
import { checkOptions, readFlag } from "../options.ts"
import { attributesOf, tagOf } from "../tag.ts"

/** Sends lines to Fluentd or Fluent Bit in the forward protocol, each as a message of its own. */
export function fluentdDriver(world: World, connect: Connect): LogDriver {
  return connectedDriver(world, (target) => {
    checkOptions(target, KNOWN)
    const { options, container } = target
    const address = readAddress("fluentd-address", options["fluentd-address"] || DEFAULT_ADDRESS, KINDS, 24_224)
    const isPrecise = readFlag("fluentd-sub-second-precision", options["fluentd-sub-second-precision"], false)
    const isAsync = readFlag("fluentd-async", options["fluentd-async"] ?? options["fluentd-async-connect"], false)
    const tag = tagOf(target)
    const { tag: _, ...attributes } = attributesOf(target) ?? {}
    const named = { container_id: container.id, container_name: `/${container.runtimeName}` }
    return {
      connection: connect(address),
      mustConnect: !isAsync,
      encode(line) {
        const record = {
          ...named,
          source: line.stream,
          log: decoder.decode(line.bytes),
          ...partOf(line),
          ...attributes,
        }
        return [encode([tag, isPrecise ? eventTime(line.at) : Math.floor(line.at / 1000), record, {}])]
      },
    }
  })
}

function partOf({ part }: LogLine) {
  if (part === undefined) return {}
  return {
    partial_message: "true",
    partial_id: part.id,
    partial_ordinal: String(part.ordinal),
    partial_last: String(part.isLast),
  }
}

/** Seconds and nanoseconds, as Fluentd extends MessagePack for. */
function eventTime(at: number): ExtData {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(Math.floor(at / 1000))
  bytes.writeUInt32BE(Math.floor((at % 1000) * 1e6), 4)
  return new ExtData(0, bytes)
}

const decoder = new TextDecoder()
const KINDS = ["tcp", "tls", "unix"] as const
const DEFAULT_ADDRESS = "tcp://127.0.0.1:24224"
const KNOWN = [
  "fluentd-address",
  "fluentd-async",
  "fluentd-async-connect",
  "fluentd-sub-second-precision",
  "fluentd-buffer-limit",
  "fluentd-retry-wait",
  "fluentd-max-retries",
  "fluentd-write-timeout",
  "tag",
  "labels",
  "labels-regex",
  "env",
  "env-regex",
]
