import type { World } from "../../../world/world.ts"
import { readAddress } from "../address.ts"
import { connectedDriver } from "../connected-driver.ts"
import type { Connect } from "../connection.ts"
import { type LogDriver, LogRefusal, type LogTarget } from "../driver.ts"
import { checkOptions, readFlag } from "../options.ts"
import { tagOf } from "../tag.ts"
import { FACILITIES, type SyslogFormat, syslogMessage } from "./format.ts"

export interface Sender {
  readonly hostname: string
  readonly pid: number
}

/** Sends lines to a syslog server. A local one is reached at a socket of streams; Node has none for datagrams. */
export function syslogDriver(world: World, connect: Connect, sender: Sender): LogDriver {
  return connectedDriver(world, (target) => {
    checkOptions(target, KNOWN)
    const { options } = target
    const address = readAddress("syslog-address", options["syslog-address"] ?? "unix:///dev/log", KINDS, 514)
    const format = formatOf(options["syslog-format"])
    const message = { ...sender, format, facility: facilityOf(options), tag: tagOf(target) }
    const connection = connect(address, {
      ca: options["syslog-tls-ca-cert"],
      certificate: options["syslog-tls-cert"],
      key: options["syslog-tls-key"],
      skipsVerify: readFlag("syslog-tls-skip-verify", options["syslog-tls-skip-verify"], false),
    })
    // A secured stream of the newer format counts its messages' lengths; others end them with a new line.
    const counts = address.kind === "tls" && format !== "rfc3164"
    return {
      connection,
      mustConnect: address.kind !== "udp",
      encode(line) {
        const bytes = syslogMessage(line, message)
        if (address.kind === "udp") return [bytes]
        return counts ? [Buffer.from(`${bytes.length} `), bytes] : [bytes, NEWLINE]
      },
    }
  })
}

function formatOf(format = "rfc3164"): SyslogFormat {
  if (format === "") return "rfc3164"
  if (format === "rfc3164" || format === "rfc5424" || format === "rfc5424micro") return format
  throw new LogRefusal("Invalid syslog format")
}

/** By its name or its number. */
function facilityOf({ "syslog-facility": facility = "daemon" }: LogTarget["options"]): number {
  const named = FACILITIES.indexOf(facility || "daemon")
  const number = named === -1 && /^\d+$/.test(facility) ? Number(facility) : named
  if (number < 0 || number >= FACILITIES.length) throw new LogRefusal("invalid syslog facility")
  return number
}

const KINDS = ["tcp", "udp", "tls", "unix"] as const
const NEWLINE = new Uint8Array([0x0a])
const KNOWN = [
  "syslog-address",
  "syslog-facility",
  "syslog-format",
  "syslog-tls-ca-cert",
  "syslog-tls-cert",
  "syslog-tls-key",
  "syslog-tls-skip-verify",
  "tag",
  "labels",
  "labels-regex",
  "env",
  "env-regex",
]
