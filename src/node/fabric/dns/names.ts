import type { FabricDnsName, FabricInterface } from "../../../wire/fabric.ts"
import { contains, familyOf } from "../../linux/ip.ts"
import type { FabricRecords } from "../records.ts"
import type { Answer } from "./message.ts"

/** What the resolver of one VPC knows by itself. */
export interface Names {
  /** By name: those that there are, and those above them, which have no records of their own. */
  readonly records: ReadonlyMap<string, readonly Answer[]>
  readonly cidrs: readonly string[]
}

export function namesOf(vpcId: string, records: FabricRecords): Names {
  const vpc = records.vpc.get(vpcId)
  const all = new Map<string, Answer[]>()
  const add = (answer: Answer) => {
    const { name } = answer
    const there = all.get(name)
    if (there !== undefined) there.push(answer)
    else all.set(name, [answer])
  }
  for (const dnsName of records.dnsName.values()) {
    if (dnsName.vpcIds.length === 0 || dnsName.vpcIds.includes(vpcId)) for (const one of answersOf(dnsName)) add(one)
  }
  if (vpc?.dnsHostnames) {
    for (const one of records.interface.values())
      if (one.vpcId === vpcId) for (const answer of ownNames(one)) add(answer)
  }
  addParents(all)
  return { records: all, cidrs: vpc?.cidrs ?? [] }
}

function answersOf({ name, type, ttl, values }: FabricDnsName): Answer[] {
  return values.map((value) => ({ name: canonicalName(name), type, ttl, value }))
}

function ownNames({ privateDnsName, addresses }: FabricInterface): Answer[] {
  const [address] = addresses
  if (privateDnsName === undefined || address === undefined) return []
  const name = canonicalName(privateDnsName)
  return [
    { name, type: "A", ttl: TTL, value: address },
    { name: reverseName(address), type: "PTR", ttl: TTL, value: name },
  ]
}

/** In seconds, as AWS has it. */
const TTL = 60

function addParents(all: Map<string, Answer[]>): void {
  for (const name of [...all.keys()]) {
    for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
      const parent = name.slice(dot + 1)
      // The domains of everybody are not ours, nor is AWS's, of which an endpoint has but one name.
      if (!parent.includes(".") || parent.endsWith(".arpa") || /(^|\.)amazonaws\.com(\.cn)?$/.test(parent)) break
      if (!all.has(parent)) all.set(parent, [])
    }
  }
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "")
}

export function reverseName(address: string): string {
  return `${address.split(".").toReversed().join(".")}.in-addr.arpa`
}

/** Undefined when the name is not known here, and another resolver may know it. */
export function find(names: Names, name: string): readonly Answer[] | undefined {
  const found = names.records.get(name)
  if (found !== undefined) return found
  const wild = wildcard(names, name)
  if (wild !== undefined) return wild.map((answer) => ({ ...answer, name }))
  const address = addressInName(name)
  if (address !== undefined && names.cidrs.some((cidr) => contains(cidr, address))) {
    return [{ name, type: "A", ttl: TTL, value: address }]
  }
  return isOwnReverse(names, name) ? [] : undefined
}

/** `*.example.org` stands for every name below that has no record of its own. */
function wildcard({ records }: Names, name: string): readonly Answer[] | undefined {
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    const parent = name.slice(dot + 1)
    const wild = records.get(`*.${parent}`)
    if (wild !== undefined) return wild
    if (records.has(parent)) return undefined
  }
  return undefined
}

/** Every address of a VPC has such a name. */
function addressInName(name: string): string | undefined {
  const match = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.(?:[a-z0-9-]+\.compute|ec2)\.internal$/.exec(name)
  return match?.slice(1).map(Number).join(".")
}

function isOwnReverse({ cidrs }: Names, name: string): boolean {
  if (!name.endsWith(".in-addr.arpa")) return false
  const address = name.slice(0, -".in-addr.arpa".length).split(".").toReversed().join(".")
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) && cidrs.some((cidr) => familyOf(cidr) === 4 && contains(cidr, address))
}
