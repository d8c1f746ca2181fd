import { isIP } from "node:net"
import type { ContainerSpec, NetworkState } from "../../engine.ts"

/** `/etc/hosts` of a container, as Docker writes it. */
export function hostsFile(
  { extraHosts }: Pick<ContainerSpec, "extraHosts">,
  hostname: string,
  { address, address6 }: NetworkState,
): string {
  const extra = extraHosts.map((line) => {
    // An address of version 6 has colons as well.
    const colon = line.indexOf(":")
    return `${line.slice(colon + 1)}\t${line.slice(0, colon)}`
  })
  const own = [address, address6].filter((known) => known !== undefined).map((known) => `${known}\t${hostname}`)
  return `${[...LOCAL, ...extra, ...own].join("\n")}\n`
}

/** `/etc/resolv.conf` of a container: what is asked for, and for the rest the machine's. */
export function resolvConf(
  { dns, dnsSearch }: Pick<ContainerSpec, "dns" | "dnsSearch">,
  machine: string,
  ownNetwork: boolean,
): string {
  const lines = machine.split("\n").map((line) => line.trim().split(/\s+/))
  const of = (keyword: string) => lines.filter(([first]) => first === keyword).flatMap(([, ...values]) => values)
  // A server on the machine's loopback is out of reach in another network.
  const reachable = of("nameserver").filter((server) => !ownNetwork || !isLoopback(server))
  const servers = dns.length > 0 ? dns : reachable.length > 0 ? reachable : ownNetwork ? PUBLIC : []
  const search = (dnsSearch.length > 0 ? dnsSearch : of("search")).filter((domain) => domain !== ".")
  const options = of("options")
  return [
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n")
}

function isLoopback(server: string): boolean {
  return (isIP(server) === 4 && server.startsWith("127.")) || server === "::1"
}

const LOCAL = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "ff00::0\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
]

/** What Docker falls back to. */
const PUBLIC = ["8.8.8.8", "8.8.4.4"]
