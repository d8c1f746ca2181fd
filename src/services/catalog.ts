import type { Service } from "../aws/service.ts"
import type { AnyTable } from "../store/table.ts"
import { accountTables } from "./accounts/index.ts"
import { ec2 } from "./ec2/index.ts"
import { type BlobStore, ecr, ecrPublic, ecrTables, type Upstream } from "./ecr/index.ts"
import { ecs, instanceStanding } from "./ecs/index.ts"
import { fabric } from "./fabric/index.ts"
import { flowDelivery } from "./flow-logs/index.ts"
import { iam } from "./iam/index.ts"
import { kms } from "./kms/index.ts"
import { type EventStore, logs, logTables } from "./logs/index.ts"
import { s3 } from "./s3/index.ts"
import { secretsManager } from "./secretsmanager/index.ts"
import { ssm } from "./ssm/index.ts"
import { type IssuerKeys, sts } from "./sts/index.ts"

/** Tables of what is no AWS service. */
export const otherTables: readonly AnyTable[] = accountTables

/** The services that need nothing but the store, earlier ones first: one may call another only if it stands further down. */
export const catalog: readonly Service[] = [
  iam,
  sts(),
  kms,
  secretsManager,
  s3,
  ssm,
  ec2,
  beside(fabric(instanceStanding), ecs),
]

/** A part that is no service of AWS's: what it offers to agents they ask for, and sign, as what they ask of that service. */
function beside(part: Pick<Service, "tables" | "controllers" | "sockets">, service: Service): Service {
  return {
    ...service,
    tables: [...part.tables, ...service.tables],
    controllers: [...part.controllers, ...service.controllers],
    sockets: (host) => ({ ...part.sockets?.(host), ...service.sockets?.(host) }),
  }
}

/** Every AWS service there is, in the same order, over what a process has beside the store. */
export function catalogOver({ logEvents, blobs, upstream, issuerKeys }: BesideTheStore): readonly Service[] {
  const overLogEvents = logs(logEvents)
  const overBlobs = blobs === undefined ? [] : [ecr(blobs, upstream), ecrPublic(blobs)]
  const toldOfFlows = beside(fabric(instanceStanding, flowDelivery(logEvents)), ecs)
  const overTheStore = catalog.map((service) => {
    if (service.name === ecs.name) return toldOfFlows
    return service.name === "sts" ? sts(issuerKeys) : service
  })
  return [...overTheStore, overLogEvents, ...overBlobs]
}

export interface BesideTheStore {
  readonly logEvents: EventStore

  /** Where images lie; without one there is no registry. */
  readonly blobs?: BlobStore

  /** Registries that pulls go through to; without it there are only rules for them. */
  readonly upstream?: Upstream

  /** The keys of issuers of web identities; without them nobody is let in by one. */
  readonly issuerKeys?: IssuerKeys
}

export const allTables: readonly AnyTable[] = [
  ...otherTables,
  ...catalog.flatMap((service) => service.tables),
  ...logTables,
  ...ecrTables,
]
