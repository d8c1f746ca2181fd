import { deflateSync, gzipSync } from "node:zlib"
import type { World } from "../../../world/world.ts"
import { readAddress } from "../address.ts"
import { connectedDriver } from "../connected-driver.ts"
import type { Connect } from "../connection.ts"
import { type LogDriver, type LogLine, LogRefusal, type LogTarget } from "../driver.ts"
import { checkOptions } from "../options.ts"
import { askedFor, attributesOf, tagOf } from "../tag.ts"
import { chunksOf } from "./chunks.ts"

/** Sends lines to a Graylog server: compressed datagrams, or a stream of texts that each end in a zero. */
export function gelfDriver(world: World, connect: Connect, hostname: string): LogDriver {
  return connectedDriver(world, (target) => {
    checkOptions(target, KNOWN)
    const { options } = target
    if (!options["gelf-address"]) throw new LogRefusal("gelf-address is a required parameter")
    const address = readAddress("gelf-address", options["gelf-address"], ["udp", "tcp"])
    const isUdp = address.kind === "udp"
    const compress = compressionOf(target, isUdp)
    const extra = extraOf(target)
    return {
      connection: connect(address),
      mustConnect: !isUdp,
      encode(line) {
        const bytes = Buffer.from(JSON.stringify(messageOf(line, hostname, extra)))
        return isUdp ? chunksOf(compress(bytes), world.random) : [bytes, ZERO]
      },
    }
  })
}

function messageOf({ stream, bytes, at }: LogLine, host: string, extra: object) {
  return {
    version: "1.1",
    host,
    short_message: decoder.decode(bytes),
    timestamp: at / 1000,
    level: stream === "stderr" ? 3 : 6,
    ...extra,
  }
}

function extraOf(target: LogTarget) {
  const { container } = target
  const { tag: _, ...attributes } = attributesOf(target) ?? {}
  const asked = askedFor(target)
  return {
    _container_id: container.id,
    _container_name: container.runtimeName,
    _image_id: container.imageId ?? "",
    _image_name: asked?.image ?? "",
    _command: [...(asked?.entryPoint ?? []), ...(asked?.command ?? [])].join(" "),
    _created: new Date(container.createdAt ?? 0).toISOString(),
    _tag: tagOf(target),
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`_${name}`, value])),
  }
}

function compressionOf({ options }: LogTarget, isUdp: boolean): (bytes: Uint8Array) => Uint8Array {
  const { "gelf-compression-type": type, "gelf-compression-level": level } = options
  if (!isUdp && (type !== undefined || level !== undefined)) {
    throw new LogRefusal("compression is only supported on UDP")
  }
  const number = level === undefined ? 1 : Number(level)
  if (!Number.isInteger(number) || number < -1 || number > 9) {
    throw new LogRefusal(`unknown value "${level}" for log opt "gelf-compression-level" for gelf log driver`)
  }
  switch (type ?? "gzip") {
    case "gzip":
      return (bytes) => gzipSync(bytes, { level: number })
    case "zlib":
      return (bytes) => deflateSync(bytes, { level: number })
    case "none":
      return (bytes) => bytes
    default:
      throw new LogRefusal(`unknown value "${type}" for log opt "gelf-compression-type" for gelf log driver`)
  }
}

const decoder = new TextDecoder()
const ZERO = new Uint8Array([0])
const KNOWN = [
  "gelf-address",
  "gelf-compression-type",
  "gelf-compression-level",
  "gelf-tcp-max-reconnect",
  "gelf-tcp-reconnect-delay",
  "tag",
  "labels",
  "labels-regex",
  "env",
  "env-regex",
]
