import { LogRefusal } from "./driver.ts"

/** Where a log is sent. */
export type LogAddress =
  | { readonly kind: "tcp" | "udp" | "tls"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }

export type LogAddressKind = LogAddress["kind"]

/** As in `udp://10.0.0.1:514`. Throws `LogRefusal` for one that the driver does not speak. */
export function readAddress(
  option: string,
  text: string,
  kinds: readonly LogAddressKind[],
  portOtherwise?: number,
): LogAddress {
  const [, scheme = "tcp", rest = ""] = /^(?:([a-z+]+):\/\/)?(.*)$/.exec(text) ?? []
  const kind = (scheme === "tcp+tls" ? "tls" : scheme) as LogAddressKind
  if (!kinds.includes(kind)) {
    throw new LogRefusal(`${option} should be in form proto://address, with proto one of ${kinds.join(", ")}: ${text}`)
  }
  if (kind === "unix") {
    if (!rest.startsWith("/")) throw new LogRefusal(`${option} has no path: ${text}`)
    return { kind, path: rest }
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:/]+))?(?::(\d+))?\/?$/.exec(rest) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? portOtherwise : Number(digits)
  if (host === undefined || port === undefined || port < 1 || port > 65_535) {
    throw new LogRefusal(`${option} should be in form proto://host:port: ${text}`)
  }
  return { kind, host, port }
}
