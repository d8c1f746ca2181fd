import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations, OperationTable, Plain } from "../../aws/operations.ts"
import { addressAt, knownCidr } from "./cidr.ts"
import { newId } from "./ids.ts"
import { type Maker, regionIn } from "./maker.ts"
import { mainAssociation } from "./route-table/find.ts"
import { makeSubnet } from "./subnet/make.ts"
import { beginnings, dhcpOptions, internetGateways, routeTables, type Vpc, vpcs } from "./tables.ts"
import { makeVpc } from "./vpc/make.ts"
import { zonesOf } from "./zones.ts"

export const DEFAULT_CIDR = "172.31.0.0/16"

/** Subnets of the default VPC that are made for someone are /20, one behind the other. */
export const DEFAULT_SUBNET_PREFIX = 20

/**
 * What every account has in every region from the start: DHCP options, and a default VPC with a subnet in each zone.
 * It is made when it is first asked for. Who deletes the VPC has none until they ask for a new one.
 */
export function ensureBeginning(maker: Maker): string {
  const { tx, now, random } = maker
  const known = tx.get(beginnings, "beginning")
  if (known !== undefined) return known.dhcpOptionsId
  const dhcpOptionsId = newId(random, "dopt")
  tx.put(dhcpOptions, { id: dhcpOptionsId, options: usualOptions(regionIn(tx)) })
  tx.put(beginnings, { key: "beginning", dhcpOptionsId, madeAt: now })
  makeDefaultVpc(maker)
  return dhcpOptionsId
}

export function defaultVpc({ tx }: Pick<Maker, "tx">): Vpc | undefined {
  return tx.where(vpcs, "default", "true")[0]
}

export function makeDefaultVpc(maker: Maker): Vpc {
  const { tx, random } = maker
  const vpc = makeVpc(maker, {
    cidr: DEFAULT_CIDR,
    hasIpv6: false,
    isDefault: true,
    tenancy: "default",
    dhcpOptionsId: ensureBeginning(maker),
  })
  const gateway = { id: newId(random, "igw"), vpcId: vpc.id }
  tx.put(internetGateways, gateway)
  tx.put(routeTables, {
    ...tx.mustGet(routeTables, mainAssociation(tx, vpc.id).routeTableId),
    routes: [
      {
        destination: { kind: "ipv4", cidr: "0.0.0.0/0" },
        target: { kind: "internet-gateway", id: gateway.id },
      },
    ],
  })
  const block = knownCidr(DEFAULT_CIDR)
  for (const [at, { name: zone }] of zonesOf(regionIn(tx)).entries()) {
    const cidr = `${addressAt(block, at * 2 ** (32 - DEFAULT_SUBNET_PREFIX))}/${DEFAULT_SUBNET_PREFIX}`
    makeSubnet(maker, vpc, { cidr, zone, isDefaultForZone: true })
  }
  return vpc
}

/** Machines of a region find each other by their names in its domain. */
export function privateDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`
}

function usualOptions(region: string) {
  return [
    { key: "domain-name", values: [privateDomain(region)] },
    { key: "domain-name-servers", values: ["AmazonProvidedDNS"] },
  ]
}

/** The same operations, each of which finds the account's beginning there. */
export function withBeginning<O extends Operations<typeof sdk>>(operations: O): O {
  const after = Object.entries(operations as OperationTable).map(([name, operation]) => {
    const plain = operation as Plain<object, object>
    return [
      name,
      (call: Call, input: object) => {
        ensureBeginning(call)
        return plain(call, input)
      },
    ]
  })
  return Object.fromEntries(after) as O
}
