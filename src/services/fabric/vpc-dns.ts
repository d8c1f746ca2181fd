import type { Tx } from "../../store/transaction.ts"
import { dhcpOptions, type Vpc } from "../ec2/index.ts"
import type { RecordOf } from "./record.ts"

type Resolving = Pick<RecordOf<"vpc">, "dnsSupport" | "dnsHostnames" | "domainName" | "domainNameServers">

/** How names are resolved in a VPC. */
export function resolving(tx: Tx, { dhcpOptionsId, enableDnsSupport, enableDnsHostnames }: Vpc): Resolving {
  const options = tx.get(dhcpOptions, dhcpOptionsId)?.options ?? []
  const valuesOf = (name: string) => options.find(({ key }) => key === name)?.values ?? []
  const [domainName] = valuesOf("domain-name")
  return {
    dnsSupport: enableDnsSupport,
    dnsHostnames: enableDnsHostnames,
    ...(domainName !== undefined && { domainName }),
    domainNameServers: valuesOf("domain-name-servers").filter((server) => server !== OWN_RESOLVER),
  }
}

/** AWS's word for the VPC's own. */
const OWN_RESOLVER = "AmazonProvidedDNS"
