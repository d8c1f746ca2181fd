import type * as sdk from "@aws-sdk/client-ec2"
import { formatCidr, parseCidr } from "../cidr.ts"
import { invalidValue } from "../fault.ts"
import type { PrefixList, PrefixListVersion } from "../tables.ts"

type Entries = PrefixListVersion["entries"]

export function checkedEntries(family: PrefixList["addressFamily"], sent: readonly sdk.AddPrefixListEntry[]): Entries {
  const entries = sent.map(({ Cidr, Description }) => ({
    cidr: checkedCidr(family, Cidr),
    description: Description === "" ? undefined : Description,
  }))
  if (new Set(entries.map(({ cidr }) => cidr)).size < entries.length) {
    throw invalidValue("The same CIDR block must not appear multiple times")
  }
  return entries
}

export function currentEntries({ version, versions }: PrefixList): Entries {
  return versions.find((one) => one.version === version)!.entries
}

/** A block that is added anew takes the new description. */
export function changedEntries(
  list: PrefixList,
  added: readonly sdk.AddPrefixListEntry[],
  removed: readonly sdk.RemovePrefixListEntry[],
): Entries {
  const present = new Map(currentEntries(list).map((entry) => [entry.cidr, entry]))
  for (const { Cidr } of removed) {
    const cidr = checkedCidr(list.addressFamily, Cidr)
    if (!present.delete(cidr)) throw invalidValue(`The prefix list ${list.id} has no entry ${cidr}`)
  }
  for (const entry of checkedEntries(list.addressFamily, added)) present.set(entry.cidr, entry)
  return [...present.values()]
}

function checkedCidr(family: PrefixList["addressFamily"], text = ""): string {
  const cidr = parseCidr(text)
  if (cidr?.family === (family === "IPv4" ? 4 : 6)) return formatCidr(cidr)
  throw invalidValue(`Value (${text}) for parameter Cidr is invalid. This is not a valid ${family} CIDR block.`)
}
