import type * as sdk from "@aws-sdk/client-ecs"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import { activeCluster } from "./cluster.ts"
import { findInstance, instanceArn } from "./container-instance/find.ts"
import { isBuiltIn, withAttributes } from "./container-instance/registration.ts"
import { putInstance } from "./container-instance/write.ts"
import { fault, invalid } from "./fault.ts"
import { listed } from "./list.ts"
import { clusterArn } from "./names.ts"
import { permit } from "./permit.ts"
import type { Cluster } from "./tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "./tables/container-instance.ts"

export const attributeOperations = {
  PutAttributes(call, input) {
    const { cluster, byTarget } = targetsOf(call, input)
    for (const [arn, sent] of byTarget) {
      const instance = targetOf(call, cluster, arn)
      const attributes = new Map(instance.attributes.map((attribute) => [attribute.name, attribute]))
      for (const { name, value } of sent) attributes.set(name, value === undefined ? { name } : { name, value })
      const own = [...attributes.keys()].filter((name) => !isBuiltIn(name!))
      if (own.length > Math.max(CUSTOM_MAX, customCount(instance))) {
        throw fault(
          "AttributeLimitExceededException",
          `You can apply up to ${CUSTOM_MAX} custom attributes for each resource.`,
        )
      }
      putInstance(call, instance, withAttributes(instance, [...attributes.values()]))
    }
    return { attributes: shown(byTarget) }
  },

  DeleteAttributes(call, input) {
    const { cluster, byTarget } = targetsOf(call, input)
    for (const [arn, sent] of byTarget) {
      const instance = targetOf(call, cluster, arn)
      const names = new Set(sent.map(({ name }) => name))
      const left = instance.attributes.filter(({ name }) => !names.has(name))
      if (left.length < instance.attributes.length) {
        putInstance(call, instance, withAttributes(instance, left))
      }
    }
    return { attributes: shown(byTarget) }
  },

  ListAttributes(call, input) {
    const arn = clusterArn(call, input.cluster ?? "default")
    permit(call, arn)
    const cluster = activeCluster(call, arn)
    checkTargetType(input.targetType)
    if (input.attributeValue !== undefined && input.attributeName === undefined) {
      throw invalid("You must specify an attribute name when you specify an attribute value.")
    }
    const { page, nextToken } = listed(call, input, {
      usual: 100,
      most: 100,
      list: (from) => matching(call, cluster, input, from),
      position: ({ targetId, name }) => `${targetId} ${name}`,
    })
    return { attributes: [...page], ...(nextToken !== undefined && { nextToken }) }
  },
} satisfies Operations<typeof sdk>

interface TargetsInput {
  readonly cluster?: string | undefined
  readonly attributes: sdk.Attribute[] | undefined
}

/** The attributes of a request by the ARN of the instance that each is for, once the caller is known to be allowed. */
function targetsOf(
  call: Call,
  { cluster: identifier = "default", attributes = [] }: TargetsInput,
): { cluster: Cluster; byTarget: ReadonlyMap<string, readonly sdk.Attribute[]> } {
  const inCluster = clusterArn(call, identifier)
  if (attributes.length === 0) throw invalid("Attributes cannot be empty.")
  if (attributes.length > SENT_MAX) throw invalid(`Attributes cannot have more than ${SENT_MAX} elements`)
  for (const attribute of attributes) checkAttribute(attribute)
  const byTarget = Map.groupBy(attributes, ({ targetId, targetType }) => {
    if (!targetId) throw invalid("The target ID of an attribute cannot be empty.")
    // An ARN tells what it is the name of, an id does not.
    if (targetType !== undefined || !targetId.startsWith("arn:")) checkTargetType(targetType)
    return instanceArn(call, inCluster, targetId)
  })
  permit(call, [...byTarget.keys()], () => ({ "ecs:cluster": inCluster }))
  return { cluster: activeCluster(call, inCluster), byTarget }
}

function targetOf(call: Call, cluster: Cluster, arn: string): ContainerInstance {
  const instance = findInstance(call, cluster, arn)
  if (instance !== undefined && instance.status !== "INACTIVE") return instance
  throw fault(
    "TargetNotFoundException",
    "The specified target wasn't found. You can view your available container instances with ListContainerInstances. Amazon ECS container instances are cluster-specific and Region-specific.",
  )
}

function checkTargetType(type: string | undefined): void {
  if (type !== "container-instance") throw invalid("targetType should be one of [container-instance]")
}

function checkAttribute({ name = "", value = "" }: sdk.Attribute): void {
  if (!NAME.test(name)) throw invalid("The name of an attribute must match ^[A-Za-z0-9\\-_/.]{1,128}$")
  if (!VALUE.test(value) || value !== value.trim()) {
    throw invalid(
      "The value of an attribute must match ^[A-Za-z0-9\\-_.@/\\\\: ]{1,128}$, without a space at either end",
    )
  }
  if (isBuiltIn(name)) throw invalid(`The attribute ${name} is for agents and Amazon ECS to set.`)
}

/** An agent may have brought more of its own than can be put; they stay, and can be changed. */
function customCount({ attributes }: ContainerInstance): number {
  return attributes.filter(({ name }) => !isBuiltIn(name!)).length
}

function shown(byTarget: ReadonlyMap<string, readonly sdk.Attribute[]>): sdk.Attribute[] {
  return [...byTarget].flatMap(([targetId, sent]) =>
    sent.map(({ name, value }) => ({ name, targetId, ...(value !== undefined && { value }) })),
  )
}

/** In the order of instances, then of names. A page begins in the middle of an instance's, when they did not all fit. */
function matching(
  { tx }: Call,
  cluster: Cluster,
  { attributeName, attributeValue }: sdk.ListAttributesRequest,
  { after = "", limit }: { readonly after: string | undefined; readonly limit: number },
): sdk.Attribute[] {
  const space = after.indexOf(" ")
  const lastArn = after.slice(0, Math.max(space, 0))
  const lastName = after.slice(space + 1)
  const found: sdk.Attribute[] = []
  const first = tx.get(containerInstances, lastArn)
  let instances = first === undefined || first.status === "INACTIVE" ? [] : [first]
  let from = lastArn
  for (;;) {
    for (const { arn, attributes } of instances) {
      const own = attributes
        .filter(({ name }) => attributeName === undefined || name === attributeName)
        .filter(({ value }) => attributeValue === undefined || value === attributeValue)
        .filter(({ name }) => arn !== lastArn || name! > lastName)
        .toSorted((a, b) => compareStrings(a.name!, b.name!))
      found.push(...own.map((attribute) => ({ ...attribute, targetId: arn })))
    }
    if (found.length >= limit) return found.slice(0, limit)
    instances = [...tx.list(containerInstances, { where: ["cluster", cluster.arn], after: from, limit: LOOKED_AT })]
    if (instances.length === 0) return found
    from = instances.at(-1)!.arn
  }
}

const NAME = /^[A-Za-z0-9\-_/.]{1,128}$/
const VALUE = /^[A-Za-z0-9\-_.@/\\: ]{0,128}$/
const SENT_MAX = 10

/** On one instance, beside those of agents and AWS. */
const CUSTOM_MAX = 10
const LOOKED_AT = 100
