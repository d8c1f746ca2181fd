import type { Attribute, RegisterContainerInstanceRequest, Resource } from "@aws-sdk/client-ecs"
import { fault, invalid } from "../fault.ts"
import { ZONE } from "../placement/face.ts"
import type { ContainerInstance } from "../tables/container-instance.ts"
import { type IdentityDocument, readIdentityDocument } from "./identity-document.ts"

/** What a registration says of a machine. */
export type Registration = Pick<
  ContainerInstance,
  "attributes" | "zoneIsAssumed" | "registeredResources" | "ec2InstanceId"
>

export function readRegistration(input: RegisterContainerInstanceRequest, region: string): Registration {
  const document = readIdentityDocument(input.instanceIdentityDocument)
  const attributes = checkedAttributes(input.attributes ?? [])
  const isSomewhere = document.availabilityZone !== undefined || attributeValue(attributes, ZONE) !== undefined
  return {
    attributes: withBuiltIn(attributes, document, region),
    ...(!isSomewhere && { zoneIsAssumed: true }),
    registeredResources: withGpus(checkedResources(input.totalResources ?? []), input),
    ec2InstanceId: document.instanceId,
  }
}

/**
 * An agent that comes back says anew what it can do. What others have put on the instance stays, and so does what the
 * agent said only when it came first; but a machine cannot have become another.
 */
export function reregistered(instance: ContainerInstance, registration: Registration): ContainerInstance {
  const said = new Map(registration.attributes.map((attribute) => [attribute.name, attribute]))
  const [before, now] = [attributeValue(instance.attributes, TYPE), attributeValue(registration.attributes, TYPE)]
  if (before !== undefined && now !== undefined && before !== now) {
    // Agents look for the first sentence.
    throw fault(
      "ClientException",
      `Container instance type changes are not supported. Container instance ${instance.arn} was previously registered as ${before}.`,
    )
  }
  // A zone that it named then is better than one that is assumed now.
  const { zoneIsAssumed: wasAssumed, ...rest } = instance
  const isAssumed = registration.zoneIsAssumed === true && wasAssumed === true
  if (registration.zoneIsAssumed && !isAssumed && attributeValue(instance.attributes, ZONE)) said.delete(ZONE)
  const kept = instance.attributes.filter(({ name }) => !said.has(name) && !isCapability(name!))
  return {
    ...rest,
    ...(isAssumed && { zoneIsAssumed: true }),
    attributes: [...said.values(), ...kept],
    registeredResources: registration.registeredResources,
    ec2InstanceId: registration.ec2InstanceId ?? instance.ec2InstanceId,
  }
}

/**
 * With this attribute a machine says which capacity provider stands for the group that it is in, as nobody starts groups
 * here. The provider may be made before or after.
 */
const PROVIDER = "homeport.capacity-provider"

/** A copy of the instance with these attributes, and with what follows from them. */
export function withAttributes(instance: ContainerInstance, attributes: readonly Attribute[]): ContainerInstance {
  return { ...instance, attributes, capacityProvider: attributeValue(attributes, PROVIDER) || undefined }
}

/** Whether a name is one that agents and AWS give meaning to, and not a label of somebody's own. */
export function isBuiltIn(name: string): boolean {
  return name.startsWith("ecs.") || name.startsWith("com.amazonaws.ecs.")
}

function isCapability(name: string): boolean {
  return name.startsWith("ecs.capability.") || name.startsWith("com.amazonaws.ecs.capability.")
}

function attributeValue(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value
}

/** Agents end when an attribute does not come back as it was sent, so nothing is changed about what can be taken at all. */
function checkedAttributes(sent: readonly Attribute[]): Attribute[] {
  if (sent.length > ATTRIBUTES_MAX) throw invalid(`An instance cannot have more than ${ATTRIBUTES_MAX} attributes.`)
  const attributes = new Map<string, Attribute>()
  for (const { name = "", value } of sent) {
    if (name.length < 1 || name.length > LENGTH_MAX) {
      throw invalid(`The name of an attribute must have 1 to ${LENGTH_MAX} characters.`)
    }
    if (value !== undefined && value.length > LENGTH_MAX) {
      throw invalid(`The value of attribute ${name} cannot have more than ${LENGTH_MAX} characters.`)
    }
    attributes.set(name, value === undefined ? { name } : { name, value })
  }
  return [...attributes.values()]
}

/** What agents leave to the control plane to find out. What they do say stands. */
function withBuiltIn(sent: readonly Attribute[], document: IdentityDocument, region: string): Attribute[] {
  const found: Attribute[] = [
    // A machine that EC2 knows nothing of is somewhere, too.
    { name: ZONE, value: document.availabilityZone ?? `${region}a` },
    { name: "ecs.os-type", value: "linux" },
    { name: TYPE, value: document.instanceType },
    { name: "ecs.ami-id", value: document.imageId },
    { name: "ecs.cpu-architecture", value: document.architecture },
  ]
  const names = new Set(sent.map(({ name }) => name))
  return [...sent, ...found.filter(({ name, value }) => value !== undefined && !names.has(name))]
}

function checkedResources(sent: readonly Resource[]): Resource[] {
  if (sent.length > RESOURCES_MAX) throw invalid(`An instance cannot have more than ${RESOURCES_MAX} resources.`)
  const names = new Set<string>()
  for (const { name = "", type, integerValue, stringSetValue = [] } of sent) {
    if (name === "" || name.length > LENGTH_MAX || names.has(name)) {
      throw invalid("Each resource must have a name of its own.")
    }
    names.add(name)
    checkSet(name, stringSetValue)
    const isWhole = Number.isInteger(integerValue) && integerValue! >= 0 && integerValue! <= RESOURCE_MAX
    if (NUMBERS.includes(name) && (type !== "INTEGER" || !isWhole)) {
      throw invalid(`Resource ${name} must be an INTEGER from 0 to ${RESOURCE_MAX}.`)
    }
  }
  return [...sent]
}

function checkSet(name: string, values: readonly string[]): void {
  if (values.length <= SET_MAX && values.every((value) => value.length <= LENGTH_MAX)) return
  throw invalid(`Resource ${name} cannot have more than ${SET_MAX} values of at most ${LENGTH_MAX} characters.`)
}

/** GPUs are sent on their own and shown among the resources. */
function withGpus(
  resources: readonly Resource[],
  { platformDevices = [] }: RegisterContainerInstanceRequest,
): Resource[] {
  const ids = platformDevices.filter(({ type }) => type === "GPU").map(({ id }) => id!)
  checkSet("GPU", ids)
  if (ids.length === 0) return [...resources]
  const others = resources.filter(({ name }) => name !== "GPU")
  return [...others, { name: "GPU", type: "STRINGSET", stringSetValue: [...new Set(ids)] }]
}

const TYPE = "ecs.instance-type"
const NUMBERS = ["CPU", "MEMORY"]
const RESOURCE_MAX = 2 ** 31 - 1
const RESOURCES_MAX = 50
const SET_MAX = 1000
const ATTRIBUTES_MAX = 500
const LENGTH_MAX = 128
