import { isIP, isIPv4 } from "node:net"
import { command, type Values } from "../command.ts"
import { EXIT, Refusal } from "../exit.ts"
import { imagesStore } from "../images-store.ts"
import type { ServerOptions } from "../server.ts"
import { LOOPBACK } from "../tls.ts"
import { dataOf, oneOf, serverOptions, wholeNumber } from "./options.ts"

export const server = command({
  about: `Runs in the foreground and logs to standard error; SIGTERM lets answers under way finish.
Exit codes: 0 told to stop, 2 wrong options, 3 cannot run until something is changed, 4 the journal was lost: start it again.`,
  options: serverOptions,
  async run(values) {
    const options = serverOptionsOf(values)
    const { runServer } = await import("../server.ts")
    return runServer(options)
  },
})

export const PORT = 4566

export function serverOptionsOf(values: Values<typeof serverOptions>): ServerOptions {
  const postgres = values.postgres ?? (process.env.HOMEPORT_POSTGRES || undefined)
  const images = imagesStore({
    endpoint: values["images-s3"],
    bucket: values["images-s3-bucket"],
    credentialsFile: values["images-s3-credentials"],
    region: values["images-s3-region"],
  })
  return {
    data: dataOf(values),
    masterKey: {
      given: process.env.HOMEPORT_MASTER_KEY || undefined,
      command: values["master-key-command"] ?? (process.env.HOMEPORT_MASTER_KEY_COMMAND || undefined),
    },
    addresses: values.listen === undefined ? LOOPBACK : values.listen.map(addressOf),
    port: wholeNumber("port", values.port ?? String(PORT), 0, 65_535),
    dev: values.dev ?? false,
    logLevel: oneOf("log-level", values["log-level"] ?? "info", ["debug", "info", "warn", "error"]),
    ...(postgres === undefined ? {} : { postgres }),
    ...(images === undefined ? {} : { images }),
    ...(values.advertise === undefined ? {} : { advertise: originOf(values.advertise) }),
    ...(values["public-range"] === undefined ? {} : { publicRange: rangeOf(values["public-range"]) }),
    ...(values["upstream-registry"] === undefined
      ? {}
      : { upstreamRegistries: values["upstream-registry"].map(registryOf) }),
    ...(values["tls-cert"] === undefined ? {} : { certFile: values["tls-cert"] }),
    ...(values["tls-key"] === undefined ? {} : { keyFile: values["tls-key"] }),
  }
}

function addressOf(text: string): string {
  if (text === "localhost") return "127.0.0.1"
  if (isIP(text) !== 0) return text
  throw new Refusal(
    `--listen takes an IP address of this machine, or 0.0.0.0 for all of them, not "${text}".`,
    EXIT.usage,
  )
}

function rangeOf(text: string): string {
  const [address = "", length = "", ...rest] = text.split("/")
  if (rest.length === 0 && isIPv4(address) && /^([89]|[12]\d|3[0-2])$/.test(length)) return text
  throw new Refusal(
    `--public-range takes a block of IPv4 addresses that lead to the machines of this installation, such as 203.0.113.0/24, not "${text}".`,
    EXIT.usage,
  )
}

function registryOf(text: string): string {
  if (REGISTRY.test(text)) return text
  throw new Refusal(
    `--upstream-registry takes the host of a registry, with its port if it has one, such as registry.example:5000, not "${text}".`,
    EXIT.usage,
  )
}

function originOf(text: string): string {
  const url = URL.parse(text)
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url.origin
  throw new Refusal(`--advertise takes a URL such as https://10.0.0.4:4566, not "${text}".`, EXIT.usage)
}

const REGISTRY = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/
