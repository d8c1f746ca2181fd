import type { LogLine } from "../driver.ts"

export type SyslogFormat = "rfc3164" | "rfc5424" | "rfc5424micro"

export interface SyslogSender {
  readonly facility: number
  readonly format: SyslogFormat
  readonly hostname: string
  readonly tag: string
  readonly pid: number
}

/** One message, without what ends or frames it. */
export function syslogMessage({ stream, bytes, at }: LogLine, sender: SyslogSender): Uint8Array {
  const priority = sender.facility * 8 + (stream === "stderr" ? ERROR : INFO)
  return Buffer.concat([encoder.encode(`<${priority}>${headerOf(at, sender)}`), bytes])
}

function headerOf(at: number, { format, hostname, tag, pid }: SyslogSender): string {
  if (format === "rfc3164") return `${oldTime(at)} ${hostname} ${tag}[${pid}]: `
  const time = new Date(at).toISOString()
  const precise = format === "rfc5424micro" ? time.replace("Z", "000Z") : time.replace(/\.\d+Z/, "Z")
  return `1 ${precise} ${hostname} ${tag} ${pid} ${tag} - `
}

/** As in `Jan  2 15:04:05`. */
function oldTime(at: number): string {
  const [, month = "", day = "", time = ""] = /^\w+, (\d+) (\w+) \d+ ([\d:]+)/.exec(new Date(at).toUTCString()) ?? []
  return `${day} ${String(Number(month)).padStart(2, " ")} ${time}`
}

export const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "",
  "",
  "",
  "",
  ...Array.from({ length: 8 }, (_, index) => `local${index}`),
]

const encoder = new TextEncoder()
const ERROR = 3
const INFO = 6
