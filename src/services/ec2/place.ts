import type * as sdk from "@aws-sdk/client-ec2"
import { domainOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { chosen } from "./describe.ts"
import { fault, invalidValue } from "./fault.ts"
import { permit } from "./permit.ts"
import { type Region, regionsSeenFrom, type Zone, zonesOf } from "./zones.ts"

export const placeOperations = {
  DescribeAvailabilityZones(call, input) {
    permit(call, input, "*")
    const zones = zonesOf(call.region)
    checkZones(zones, input)
    const named = zones.filter(
      ({ name, id }) => (input.ZoneNames?.includes(name) ?? true) && (input.ZoneIds?.includes(id) ?? true),
    )
    const { page } = chosen(
      call,
      { Filters: input.Filters },
      {
        all: named,
        fields: {
          "group-name": () => groupName(call.region),
          "opt-in-status": () => "opt-in-not-required",
          "region-name": () => call.region,
          state: () => "available",
          "zone-id": ({ id }) => id,
          "zone-name": ({ name }) => name,
          "zone-type": () => "availability-zone",
          "parent-zone-id": () => undefined,
          "parent-zone-name": () => undefined,
          message: () => undefined,
        },
        position: ({ name }) => name,
      },
    )
    return { AvailabilityZones: page.map((zone) => describeZone(call, zone)) }
  },

  DescribeRegions(call, input) {
    permit(call, input, "*")
    const { RegionNames = [], AllRegions = false } = input
    const regions = regionsSeenFrom(call.region)
    const unknown = RegionNames.find((name) => !regions.some((region) => region.name === name))
    if (unknown !== undefined) throw invalidValue(`Invalid region(s) provided: '${unknown}'`)
    const { page } = chosen(
      call,
      { Filters: input.Filters },
      {
        all: regions.filter(({ name, isOptional }) =>
          RegionNames.length > 0 ? RegionNames.includes(name) : AllRegions || !isOptional,
        ),
        fields: {
          endpoint: (region) => endpointOf(call, region),
          "opt-in-status": optInStatus,
          "region-name": ({ name }) => name,
        },
        position: ({ name }) => name,
      },
    )
    return {
      Regions: page.map((region) => ({
        RegionName: region.name,
        Endpoint: endpointOf(call, region),
        OptInStatus: optInStatus(region),
      })),
    }
  },
} satisfies Operations<typeof sdk>

function checkZones(zones: readonly Zone[], { ZoneNames = [], ZoneIds = [] }: sdk.DescribeAvailabilityZonesRequest) {
  const unknown =
    ZoneNames.find((name) => !zones.some((zone) => zone.name === name)) ??
    ZoneIds.find((id) => !zones.some((zone) => zone.id === id))
  if (unknown !== undefined) throw fault("InvalidParameterValue", `Invalid availability zone: [${unknown}]`)
}

function describeZone({ region }: Call, { name, id }: Zone): sdk.AvailabilityZone {
  return {
    State: "available",
    OptInStatus: "opt-in-not-required",
    Messages: [],
    RegionName: region,
    ZoneName: name,
    ZoneId: id,
    GroupName: groupName(region),
    NetworkBorderGroup: region,
    ZoneType: "availability-zone",
  }
}

function groupName(region: string): string {
  return `${region}-zg-1`
}

function endpointOf({ partition }: Call, { name }: Region): string {
  return `ec2.${name}.${domainOf(partition)}`
}

/** Where one has to opt in on AWS, nobody has here. */
function optInStatus({ isOptional }: Region): string {
  return isOptional ? "not-opted-in" : "opt-in-not-required"
}
