import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { invalidValue } from "../fault.ts"
import { regionIn } from "../maker.ts"
import { subnets } from "../tables.ts"
import { zonesOf } from "../zones.ts"

interface ZoneInput {
  readonly AvailabilityZone?: string | undefined
  readonly AvailabilityZoneId?: string | undefined
}

/** The zone that a caller names in one way or the other; undefined if in none. */
export function checkedZone(
  { region }: Pick<Call, "region">,
  { AvailabilityZone, AvailabilityZoneId }: ZoneInput,
): string | undefined {
  const zones = zonesOf(region)
  const [parameter, value] =
    AvailabilityZone === undefined
      ? (["availabilityZoneId", AvailabilityZoneId] as const)
      : (["availabilityZone", AvailabilityZone] as const)
  if (value === undefined) return undefined
  const named = parameter === "availabilityZone" ? "name" : "id"
  const zone = zones.find((one) => one[named] === value)
  if (zone !== undefined) return zone.name
  const there = zones.map((one) => one[named]).join(", ")
  throw invalidValue(
    `Value (${value}) for parameter ${parameter} is invalid. Subnets can currently only be created in the following availability zones: ${there}.`,
  )
}

/** Where a subnet goes that may be anywhere: to the zone with the fewest of its VPC. */
export function emptiestZone(tx: Tx, vpcId: string): string {
  const counts = new Map(zonesOf(regionIn(tx)).map(({ name }) => [name, 0]))
  for (const { zone } of tx.where(subnets, "vpc", vpcId)) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return [...counts].reduce((least, one) => (one[1] < least[1] ? one : least))[0]
}
