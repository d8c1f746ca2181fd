import { LogRefusal, type LogTarget } from "../driver.ts"
import { checkOptions, readFlag } from "../options.ts"

export interface SplunkOptions {
  /** Of the collector's events. */
  readonly url: string
  readonly token: string
  readonly format: "inline" | "json" | "raw"
  readonly compresses: boolean
  readonly verifies: boolean
  readonly common: Readonly<Record<string, string>>
  readonly tls: {
    readonly ca: string | undefined
    readonly serverName: string | undefined
    readonly skipsVerify: boolean
  }
}

/** Throws `LogRefusal` in the words of Docker's driver. */
export function readSplunkOptions(target: LogTarget): SplunkOptions {
  checkOptions(target, KNOWN)
  const { options } = target
  const { "splunk-token": token, "splunk-format": format = "inline" } = options
  if (!token) throw new LogRefusal("splunk: splunk-token is expected")
  if (format !== "inline" && format !== "json" && format !== "raw") {
    throw new LogRefusal(`splunk: unknown format specified ${format}, supported formats are inline, json and raw`)
  }
  const named = { source: "splunk-source", sourcetype: "splunk-sourcetype", index: "splunk-index" }
  const common = Object.entries(named).flatMap(([name, option]) => (options[option] ? [[name, options[option]]] : []))
  return {
    url: urlOf(options["splunk-url"]),
    token,
    format,
    compresses: readFlag("splunk-gzip", options["splunk-gzip"], false),
    verifies: readFlag("splunk-verify-connection", options["splunk-verify-connection"], true),
    common: Object.fromEntries(common),
    tls: {
      ca: options["splunk-capath"],
      serverName: options["splunk-caname"],
      skipsVerify: readFlag("splunk-insecureskipverify", options["splunk-insecureskipverify"], false),
    },
  }
}

function urlOf(text: string | undefined): string {
  if (!text) throw new LogRefusal("splunk: splunk-url is expected")
  const url = URL.parse(text)
  const isBare = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === ""
  if (!isBare || (url.pathname !== "/" && url.pathname !== "")) {
    throw new LogRefusal(
      "splunk: expected format scheme://dns_name_or_ip:port for splunk-url, without a path, query or fragment",
    )
  }
  return `${url.origin}/services/collector/event/1.0`
}

const KNOWN = [
  "splunk-token",
  "splunk-url",
  "splunk-source",
  "splunk-sourcetype",
  "splunk-index",
  "splunk-capath",
  "splunk-caname",
  "splunk-insecureskipverify",
  "splunk-format",
  "splunk-verify-connection",
  "splunk-gzip",
  "tag",
  "labels",
  "labels-regex",
  "env",
  "env-regex",
]
