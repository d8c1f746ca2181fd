import { sleep, type World } from "../../../world/world.ts"
import { type Region, RegionError } from "../../region.ts"
import type { Identity } from "../records.ts"
import { Backoff } from "./backoff.ts"

/** What an agent says of itself and its machine. */
export interface Registration {
  /** A name or an ARN; the empty text when nobody has named one, and then it is `default`. */
  readonly cluster: string
  readonly attributes: readonly Attribute[]

  /** Of the operator; said at the first registration only, as they may be changed in the region later. */
  readonly customAttributes: readonly Attribute[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly totalResources: readonly object[]
  readonly platformDevices: readonly { readonly id: string; readonly type: "GPU" }[]

  /** One for each start of a process, the same over all tries. */
  readonly clientToken: string
  readonly bootId: string
}

export interface Attribute {
  readonly name: string
  readonly value?: string
}

/** The region will not have this agent, and another try would not help: its operator has to see to it. */
export class NotRegistered extends Error {
  override readonly name = "NotRegistered"
}

/** Registers until it has succeeded. Throws `NotRegistered` when it never will, and the signal's reason. */
export async function register(
  {
    world,
    region,
    signal,
  }: { readonly world: World; readonly region: Pick<Region, "call">; readonly signal: AbortSignal },
  registration: Registration,
  known: Identity | undefined,
): Promise<Identity> {
  checkCluster(registration.cluster, known)
  const throttled = new Backoff(world.random, THROTTLED)
  const away = new Backoff(world.random, AWAY)
  for (;;) {
    try {
      return await registerOnce(region, registration, known)
    } catch (error) {
      if (!(error instanceof RegionError)) throw error
      signal.throwIfAborted()
      if (FINAL.includes(error.code)) throw refused(error)
      if (isClusterMissing(error) && registration.cluster === "" && known === undefined) {
        await region.call("ecs", "CreateCluster", { clusterName: "default" }).catch(() => {})
      }
      world.log.warn("the instance cannot be registered yet", { error: error.code, message: error.message })
      await sleep(world, (SLOW.includes(error.code) ? throttled : away).next(), signal)
    }
  }
}

async function registerOnce(
  region: Pick<Region, "call">,
  { cluster, attributes, customAttributes, tags, totalResources, platformDevices, clientToken, bootId }: Registration,
  known: Identity | undefined,
): Promise<Identity> {
  const sent = known === undefined ? [...attributes, ...customAttributes] : attributes
  const { containerInstance } = (await region.call("ecs", "RegisterContainerInstance", {
    cluster: cluster || "default",
    ...(known !== undefined && { containerInstanceArn: known.containerInstanceArn }),
    attributes: sent,
    clientToken,
    instanceIdentityDocument: "",
    instanceIdentityDocumentSignature: "",
    platformDevices,
    tags,
    totalResources,
  })) as { containerInstance?: RegisteredInstance }
  const { containerInstanceArn, attributes: echoed = [] } = containerInstance ?? {}
  if (!containerInstanceArn) throw new RegionError("Unreadable", 200, "The answer names no container instance.")
  checkEcho(sent, echoed)
  const availabilityZone = echoed.find(({ name }) => name === "ecs.availability-zone")?.value
  return {
    cluster: cluster || "default",
    containerInstanceArn,
    ...(availabilityZone && { availabilityZone }),
    bootId,
  }
}

interface RegisteredInstance {
  readonly containerInstanceArn?: string
  readonly attributes?: readonly Attribute[]
}

/** Tasks would be placed by what the region has understood; if that is not what was said, it is no use to go on. */
function checkEcho(sent: readonly Attribute[], echoed: readonly Attribute[]): void {
  const heard = new Map(echoed.map(({ name, value = "" }) => [name, value]))
  const wrong = sent.find(({ name, value = "" }) => heard.get(name) !== value)
  if (wrong === undefined) return
  throw new NotRegistered(
    `The region did not take attribute ${wrong.name} as it was sent, but as ${heard.get(wrong.name)}.`,
  )
}

function checkCluster(cluster: string, known: Identity | undefined): void {
  if (known === undefined || nameOf(cluster || "default") === nameOf(known.cluster)) return
  throw new NotRegistered(
    `This instance belongs to cluster ${known.cluster}, not to ${cluster || "default"}. Remove the agent's state to register it anew.`,
  )
}

function nameOf(cluster: string): string {
  return cluster.slice(cluster.lastIndexOf("/") + 1)
}

function refused({ code, message }: RegionError): NotRegistered {
  return new NotRegistered(`The region refuses this instance: ${message} (${code})`)
}

function isClusterMissing({ code, message }: RegionError): boolean {
  return code === "ClusterNotFoundException" || message.includes("Cluster not found.")
}

const FINAL = ["ClientException", "InvalidParameterException"]
const SLOW = ["ThrottlingException", "ServerException", "LimitExceededException"]
const THROTTLED = { ms: 3_000, msMax: 192_000, factor: 2, jitter: 0.2 }

/** A region that starts together with its nodes is there within a second or so. */
const AWAY = { ms: 250, msMax: 30_000, factor: 1.5, jitter: 0.2 }
