import type { Call } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { activeCluster } from "../cluster.ts"
import { fault } from "../fault.ts"
import { clusterArn, serviceArn } from "../names.ts"
import type { Cluster } from "../tables/cluster.ts"
import { type Deployment, deployments } from "../tables/deployment.ts"
import { type Service, services } from "../tables/service.ts"

/** The ARNs that a caller means by a cluster and a service, whether or not there are such. */
export interface NamedService {
  readonly cluster: string
  readonly arn: string
}

export function namedService(
  call: Call,
  { cluster = "default", service }: { readonly cluster?: string | undefined; readonly service?: string | undefined },
): NamedService {
  const inCluster = clusterArn(call, cluster)
  return { cluster: inCluster, arn: serviceArn(call, inCluster, service!) }
}

/** A service of another cluster than the one that was named does not exist. */
export function serviceIn({ tx }: Call, { arn: inCluster }: Pick<Cluster, "arn">, arn: string): Service | undefined {
  const service = tx.get(services, arn)
  return service?.clusterArn === inCluster ? service : undefined
}

/** The service that an operation changes. */
export function activeService(
  call: Call,
  named: NamedService,
): { readonly cluster: Cluster; readonly service: Service } {
  const cluster = activeCluster(call, named.cluster)
  const service = serviceIn(call, cluster, named.arn)
  if (service === undefined) throw fault("ServiceNotFoundException", "Service not found.")
  if (service.status !== "ACTIVE") throw fault("ServiceNotActiveException", "Service was not ACTIVE.")
  return { cluster, service }
}

export function primaryOf(tx: Tx, { arn }: Pick<Service, "arn">): Deployment | undefined {
  return tx.where(deployments, "serviceRole", `${arn} PRIMARY`)[0]
}

/** Those that `deployments[]` shows, newest first: the others have no task left. */
export function shownDeployments(tx: Tx, { arn }: Pick<Service, "arn">): Deployment[] {
  const shown = SHOWN_ROLES.flatMap((role) => tx.where(deployments, "serviceRole", `${arn} ${role}`))
  return shown.sort((a, b) => SHOWN_ROLES.indexOf(a.role) - SHOWN_ROLES.indexOf(b.role) || b.createdAt - a.createdAt)
}

const SHOWN_ROLES: readonly Deployment["role"][] = ["PRIMARY", "ACTIVE", "DRAINING"]
