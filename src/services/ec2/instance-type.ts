import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../aws/filters.ts"
import type { Operations } from "../../aws/operations.ts"
import { chosen } from "./describe.ts"
import { fault, invalidCombination, invalidValue } from "./fault.ts"
import { type InstanceType, instanceTypes } from "./instance-type/data.ts"
import { permit } from "./permit.ts"
import { zonesOf } from "./zones.ts"

export const instanceTypeOperations = {
  DescribeInstanceTypes(call, input) {
    permit(call, input, "*")
    const { InstanceTypes: names = [] } = input
    if (names.length > 0 && input.MaxResults !== undefined) {
      throw invalidCombination("The parameter InstanceTypes cannot be used with the parameter MaxResults")
    }
    const all = instanceTypes()
    const unknown = names.filter((name) => !all.some((type) => type.name === name))
    if (unknown.length > 0) {
      throw fault("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`)
    }
    const { page, nextToken } = chosen(
      call,
      { MaxResults: 100, ...input },
      {
        all: names.length === 0 ? all : all.filter(({ name }) => names.includes(name as sdk._InstanceType)),
        fields,
        position: ({ name }) => name,
      },
    )
    return { InstanceTypes: page.map(describe), NextToken: nextToken }
  },

  DescribeInstanceTypeOfferings(call, input) {
    permit(call, input, "*")
    const { LocationType = "region" } = input
    const zones = zonesOf(call.region)
    const locations: Readonly<Record<string, readonly string[]>> = {
      region: [call.region],
      "availability-zone": zones.map(({ name }) => name),
      "availability-zone-id": zones.map(({ id }) => id),
    }
    const places = locations[LocationType]
    if (places === undefined) throw invalidValue(`Value (${LocationType}) for parameter locationType is invalid.`)
    const { page, nextToken } = chosen(call, input, {
      all: instanceTypes().flatMap(({ name }) => places.map((location) => ({ name, location }))),
      fields: { "instance-type": ({ name }) => name, location: ({ location }) => location },
      position: ({ name, location }) => `${name} ${location}`,
    })
    return {
      InstanceTypeOfferings: page.map(({ name, location }) => ({
        InstanceType: name as sdk._InstanceType,
        LocationType,
        Location: location,
      })),
      NextToken: nextToken,
    }
  },
} satisfies Operations<typeof sdk>

function describe(type: InstanceType): sdk.InstanceTypeInfo {
  const threads = threadsPerCore(type)
  return {
    InstanceType: type.name as sdk._InstanceType,
    CurrentGeneration: type.isCurrent,
    FreeTierEligible: type.name === "t2.micro" || type.name === "t3.micro",
    SupportedUsageClasses: ["on-demand", "spot"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: false,
    Hypervisor: isXen(type) ? "xen" : "nitro",
    ProcessorInfo: { SupportedArchitectures: [type.architecture] },
    VCpuInfo: {
      DefaultVCpus: type.vcpus,
      DefaultCores: Math.max(1, type.vcpus / threads),
      DefaultThreadsPerCore: threads,
    },
    MemoryInfo: { SizeInMiB: type.memoryMiB },
    InstanceStorageSupported: type.hasLocalDisk,
    NetworkInfo: {
      MaximumNetworkInterfaces: type.interfaces,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      Ipv4AddressesPerInterface: type.addressesPerInterface,
      Ipv6AddressesPerInterface: type.addressesPerInterface,
      Ipv6Supported: true,
      EnaSupport: isXen(type) ? "unsupported" : "required",
      EfaSupported: false,
    },
    HibernationSupported: false,
    BurstablePerformanceSupported: type.isBurstable,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: true,
    SupportedBootModes: type.architecture === "arm64" ? ["uefi"] : ["legacy-bios", "uefi"],
  }
}

function isXen({ isCurrent, architecture }: InstanceType): boolean {
  return !isCurrent && architecture === "x86_64"
}

function threadsPerCore({ architecture, vcpus, name }: InstanceType): number {
  return architecture === "arm64" || vcpus === 1 || name.startsWith("t2.") ? 1 : 2
}

const fields: FilterFields<InstanceType> = {
  "auto-recovery-supported": () => true,
  "bare-metal": () => false,
  "burstable-performance-supported": ({ isBurstable }) => isBurstable,
  "current-generation": ({ isCurrent }) => isCurrent,
  "dedicated-hosts-supported": () => false,
  "free-tier-eligible": (type) => describe(type).FreeTierEligible,
  "hibernation-supported": () => false,
  hypervisor: (type) => describe(type).Hypervisor,
  "instance-storage-supported": ({ hasLocalDisk }) => hasLocalDisk,
  "instance-type": ({ name }) => name,
  "memory-info.size-in-mib": ({ memoryMiB }) => memoryMiB,
  "network-info.efa-supported": () => false,
  "network-info.ena-support": (type) => describe(type).NetworkInfo!.EnaSupport,
  "network-info.ipv4-addresses-per-interface": ({ addressesPerInterface }) => addressesPerInterface,
  "network-info.ipv6-addresses-per-interface": ({ addressesPerInterface }) => addressesPerInterface,
  "network-info.ipv6-supported": () => true,
  "network-info.maximum-network-cards": () => 1,
  "network-info.maximum-network-interfaces": ({ interfaces }) => interfaces,
  "processor-info.supported-architecture": ({ architecture }) => architecture,
  "supported-boot-mode": (type) => describe(type).SupportedBootModes,
  "supported-root-device-type": () => "ebs",
  "supported-usage-class": () => ["on-demand", "spot"],
  "supported-virtualization-type": () => "hvm",
  "vcpu-info.default-cores": (type) => describe(type).VCpuInfo!.DefaultCores,
  "vcpu-info.default-threads-per-core": threadsPerCore,
  "vcpu-info.default-vcpus": ({ vcpus }) => vcpus,
}
