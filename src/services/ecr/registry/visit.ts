import { partitionOf } from "../../../aws/arn.ts"
import { type HttpRequest, originOf } from "../../../aws/http.ts"
import type { Call, Caller } from "../../../aws/operations.ts"
import { pageTokens } from "../../../aws/page.ts"
import { runCall } from "../../../aws/run.ts"
import { newUuid } from "../../../world/ids.ts"
import { addressed } from "../address.ts"
import {
  checkedRepositoryName,
  type Found,
  type Home,
  isPublic,
  noRepository,
  permittedRepository,
  recordsOf,
} from "../names.ts"
import { repositories } from "../tables.ts"
import type { Asker } from "./asker.ts"
import type { Registry } from "./registry.ts"

/** One request of someone who is known, to one repository. */
export interface Visit {
  readonly registry: Registry
  readonly request: HttpRequest
  readonly asker: Asker
  readonly home: Home
  readonly name: string

  /** What the caller has written before the last part of the path, to send it there again. */
  readonly base: string
}

export function visitTo(registry: Registry, request: HttpRequest, asker: Asker, named: string): Visit {
  const { home, name } = addressed(request.headers.host, named)
  const own = { account: asker.principal.account, region: asker.region }
  return {
    registry,
    request,
    asker,
    home: home ?? own,
    name: checkedRepositoryName(name, "name"),
    base: `/v2/${named}`,
  }
}

/**
 * Does what one action of IAM stands for, in a transaction, if whoever asks may: the protocol of registries knows no
 * actions, so each of its requests is one of ECR's operations, or several. Resolves once it is durable.
 */
export function act<T>(visit: Visit, operation: string, work: (found: Found, call: Call) => T): T | Promise<T> {
  const { home, name } = visit
  return actAs(visit, operation, (call) => {
    if (isPublic(home) && READING.includes(operation)) return work(openRepository(call, home, name), call)
    return work(permittedRepository(call, home, name), call)
  })
}

/** What everyone may do with a public repository. */
const READING = ["BatchGetImage", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "ListImages"]

function openRepository(call: Call, home: Home, name: string): Found {
  call.openToAll()
  const tx = recordsOf(call, home)
  const repository = tx.get(repositories, name)
  if (repository === undefined) throw noRepository(home, name)
  return { home, tx, repository }
}

/** The same for what is no matter of the repository alone. */
export function actAs<T>(
  visit: Pick<Visit, "registry" | "request" | "asker" | "home">,
  operation: string,
  work: (call: Call) => T,
): T | Promise<T> {
  const { registry } = visit
  const run = runCall(registry, callerOf(visit, operation), work)
  if (registry.store.isDurable(run.version)) return run.output()
  return registry.store.whenDurable(run.version).then(() => run.output())
}

function callerOf(
  { registry, request, asker, home }: Pick<Visit, "registry" | "request" | "asker" | "home">,
  operation: string,
): Caller {
  const { world, keys } = registry
  const { principal } = asker
  const service = isPublic(home) ? "ecr-public" : "ecr"
  return {
    account: principal.account,
    region: home.region,
    partition: partitionOf(home.region),
    principal,
    requestId: newUuid(world.random),
    origin: originOf(request),
    sourceIp: request.sourceIp,
    userAgent: request.headers["user-agent"],
    service,
    action: `${service}:${operation}`,
    operation,
    now: world.now(),
    random: world.random,
    pages: pageTokens(keys.derive("page-tokens/v1")),
    keys,
  }
}
