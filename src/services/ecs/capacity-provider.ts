import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import type { Tx } from "../../store/transaction.ts"
import { checkedGroup, checkedManagement } from "./capacity-provider/group.ts"
import { FARGATE_PROVIDERS, isFargate, NO_SUCH_PROVIDER, providerName } from "./capacity-provider/strategy.ts"
import { fault, invalid, notYet } from "./fault.ts"
import { listed } from "./list.ts"
import { capacityProviderArn } from "./names.ts"
import { permit, permitMaking } from "./permit.ts"
import { type CapacityProvider, capacityProviders } from "./tables/capacity-provider.ts"
import { clusters } from "./tables/cluster.ts"
import { checkedTags, forgetTags, putTags, tagsOf } from "./tag.ts"

export const capacityProviderOperations = {
  CreateCapacityProvider(call, input) {
    const name = input.name!
    const arn = capacityProviderArn(call, name)
    const tags = checkedTags(input.tags)
    permitMaking(call, { arn, tags })
    if (!NAME.test(name) || RESERVED.test(name)) {
      throw invalid(
        'The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.',
      )
    }
    if (input.managedInstancesProvider !== undefined) throw notYet("managed instances (managedInstancesProvider)")
    if (input.cluster !== undefined) throw invalid("A capacity provider of an Auto Scaling group has no cluster.")
    const sent = input.autoScalingGroupProvider
    if (sent === undefined) throw invalid("autoScalingGroupProvider is required.")
    const groupArn = checkedGroup(sent)
    const management = checkedManagement(sent, undefined)
    if (call.tx.get(capacityProviders, name)?.status === "ACTIVE") {
      throw fault(
        "ClientException",
        "The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.",
      )
    }
    if (call.tx.some(capacityProviders, "group", groupArn)) {
      throw fault(
        "ClientException",
        "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.",
      )
    }

    const provider: CapacityProvider = {
      arn,
      name,
      status: "ACTIVE",
      groupArn,
      ...management,
      updateStatus: "CREATE_COMPLETE",
      createdAt: call.now,
    }
    call.tx.put(capacityProviders, provider)
    putTags(call.tx, arn, tags)
    return { capacityProvider: { ...describe(provider), tags: [...tags] } }
  },

  DescribeCapacityProviders(call, input) {
    const { capacityProviders: identifiers = [], include = [] } = input
    if (input.cluster !== undefined) throw notYet("managed instances (cluster)")
    const arns = [...new Set(identifiers.map((identifier) => capacityProviderArn(call, identifier)))]
    permit(call, arns)
    if (include.some((field) => field !== "TAGS")) throw invalid("include should be one of [TAGS]")
    if (arns.length > DESCRIBED_MAX) throw invalid(`Capacity providers cannot have more than ${DESCRIBED_MAX} elements`)

    const found = arns.length === 0 ? everyProvider(call) : arns.flatMap((arn) => providerOf(call, arn) ?? [])
    const { page, nextToken } = listed(call, input, {
      usual: 10,
      most: 10,
      list: ({ after = "", limit }) => {
        // Those that were asked for are in the order in which they were, the others in the order of their names.
        if (arns.length === 0) return found.filter(({ name }) => name! > after).slice(0, limit)
        const from = found.findIndex(({ name }) => name === after) + 1
        return found.slice(from, from + limit)
      },
      position: ({ name }) => name!,
    })
    return {
      capacityProviders: page.map((provider) => ({
        ...provider,
        ...(include.includes("TAGS") && { tags: [...tagsOf(call.tx, provider.capacityProviderArn!)] }),
      })),
      failures: arns
        .filter((arn) => !found.some(({ capacityProviderArn }) => capacityProviderArn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
      ...(nextToken !== undefined && { nextToken }),
    }
  },

  UpdateCapacityProvider(call, input) {
    if (input.managedInstancesProvider !== undefined) throw notYet("managed instances (managedInstancesProvider)")
    const provider = ownProvider(call, input.name!, "updated")
    if (provider.status === "INACTIVE") {
      throw fault("ClientException", "The capacity provider could not be updated because it has been deleted.")
    }
    if (input.autoScalingGroupProvider === undefined) throw invalid("autoScalingGroupProvider is required.")
    const management = checkedManagement(input.autoScalingGroupProvider, provider)
    const updated: CapacityProvider = { ...provider, ...management, updateStatus: "UPDATE_COMPLETE" }
    call.tx.put(capacityProviders, updated)
    return { capacityProvider: describe(updated) }
  },

  DeleteCapacityProvider(call, input) {
    if (input.cluster !== undefined) throw notYet("managed instances (cluster)")
    const provider = ownProvider(call, input.capacityProvider!, "deleted")
    // Deleting twice is no mistake.
    if (provider.status === "INACTIVE") return { capacityProvider: describe(provider) }
    // What runs on it belongs to a cluster that has it, and no cluster lets go of one that is used.
    if (isAttached(call.tx, provider.name)) throw fault("ResourceInUseException", IN_USE)
    const deleted: CapacityProvider = {
      ...provider,
      status: "INACTIVE",
      updateStatus: "DELETE_COMPLETE",
      deletedAt: call.now,
    }
    call.tx.put(capacityProviders, deleted)
    forgetTags(call.tx, provider.arn, capacityProviders.retention!.until(deleted))
    return { capacityProvider: describe(deleted) }
  },
} satisfies Operations<typeof sdk>

export const IN_USE = "The specified capacity provider is in use and cannot be removed."

/** A provider that somebody has made: what every account has from the start cannot be changed. */
function ownProvider(call: Call, identifier: string, done: string): CapacityProvider {
  const arn = capacityProviderArn(call, identifier)
  const name = providerName(call, identifier)
  permit(call, arn)
  if (isFargate(name)) {
    throw fault("ClientException", `The capacity provider ${name} is reserved and cannot be ${done}.`)
  }
  const provider = call.tx.get(capacityProviders, name)
  if (provider === undefined) throw fault("ClientException", NO_SUCH_PROVIDER)
  return provider
}

function isAttached(tx: Tx, name: string): boolean {
  return tx.where(clusters, "status", "ACTIVE").some((cluster) => cluster.capacityProviders.includes(name))
}

function providerOf(call: Call, arn: string): sdk.CapacityProvider | undefined {
  const fargate = fargateProviders(call).find(({ capacityProviderArn }) => capacityProviderArn === arn)
  if (fargate !== undefined) return fargate
  const provider = call.tx.get(capacityProviders, arn.slice(arn.indexOf("/") + 1))
  return provider?.arn === arn ? describe(provider) : undefined
}

function everyProvider(call: Call): sdk.CapacityProvider[] {
  const own = call.tx.all(capacityProviders).filter(({ status }) => status === "ACTIVE")
  return [...fargateProviders(call), ...own.map(describe)].sort((a, b) => compareStrings(a.name!, b.name!))
}

function fargateProviders(call: Call): sdk.CapacityProvider[] {
  return FARGATE_PROVIDERS.map((name) => ({
    capacityProviderArn: capacityProviderArn(call, name),
    name,
    status: "ACTIVE",
    type: name,
    tags: [],
  }))
}

function describe(provider: CapacityProvider): sdk.CapacityProvider {
  const { arn, name, status, groupArn, managedScaling, managedTerminationProtection, managedDraining } = provider
  return {
    capacityProviderArn: arn,
    name,
    status,
    type: "EC2_AUTOSCALING",
    autoScalingGroupProvider: {
      autoScalingGroupArn: groupArn,
      managedScaling,
      managedTerminationProtection,
      managedDraining,
    },
    updateStatus: provider.updateStatus,
    tags: [],
  }
}

const NAME = /^[a-zA-Z0-9_-]{1,255}$/
const RESERVED = /^(aws|ecs|fargate)/i
const DESCRIBED_MAX = 100
