import type { World } from "../../world/world.ts"
import { associationsOf, contentOf } from "./associations.ts"
import { giveCredentials } from "./credentials.ts"
import { dockerStats } from "./docker-stats.ts"
import { refuseFault } from "./fault.ts"
import { answer, type EndpointRequest, type EndpointResponse } from "./message.ts"
import { describeContainer, type MetadataVersion } from "./metadata/container.ts"
import { tagsOf } from "./metadata/tags.ts"
import { describeTask } from "./metadata/task.ts"
import { taskProtection } from "./protection.ts"
import { type Scope, type Tenant, tenantOfEndpoint } from "./tenant.ts"

/** What a task can ask at 169.254.170.2. The scope is where it asks from, and all that it is told of. */
export async function handleEndpoint(
  request: EndpointRequest,
  scope: Scope,
  { log }: Pick<World, "log">,
): Promise<EndpointResponse> {
  const [version, ...rest] = request.path.split("/").filter((part) => part !== "")
  const { method } = request
  if (version === "api") {
    const [endpointId = "", api, , ...action] = rest
    if (api === "fault") return method === "POST" ? refuseFault(scope, endpointId) : NOT_ALLOWED
    if (api !== "task-protection" || action.join("/") !== "state") return NOT_FOUND
    return method === "GET" || method === "PUT" ? taskProtection(request, scope, endpointId) : NOT_ALLOWED
  }
  if (method !== "GET" && method !== "HEAD") return NOT_ALLOWED

  const [first = "", ...path] = rest
  switch (version) {
    case "v1":
      if (first !== "credentials") return NOT_FOUND
      return giveCredentials(request, scope, { version: 1, id: request.query.get("id") ?? "" }, log)
    case "v2":
      if (first !== "credentials") return ofConnection(scope, first, path)
      return giveCredentials(request, scope, { version: 2, id: path[0] ?? "" }, log)
    case "v3":
      return ofContainer(scope, 3, first, path)
    case "v4":
      return ofContainer(scope, 4, first, path)
    default:
      return NOT_FOUND
  }
}

/** The second version knows the asking task by its connection alone, so it must come from a network of one task. */
async function ofConnection(scope: Scope, what: string, [dockerId]: readonly string[]): Promise<EndpointResponse> {
  const tenants = scope()
  const [tenant] = tenants
  if (tenant === undefined || tenants.length > 1) {
    return answer("Unable to get task arn from request: unable to associate the address with a task", 400)
  }
  const container = tenant.task.containers.find(({ id }) => id === dockerId)
  if (dockerId !== undefined && container === undefined) {
    return answer(`Unable to get container ID from request: unable to find container '${dockerId}'`, 400)
  }
  switch (what) {
    case "metadata":
      return answer(container === undefined ? describeTask(tenant, 2) : describeContainer(tenant, container, 2))
    case "metadataWithTags":
      return answer({ ...describeTask(tenant, 2), ...(await tagsOf(tenant)) })
    case "stats":
      return container === undefined ? taskStats(tenant) : containerStats(tenant, container.id, 2)
    default:
      return NOT_FOUND
  }
}

async function ofContainer(
  scope: Scope,
  version: MetadataVersion,
  endpointId: string,
  path: readonly string[],
): Promise<EndpointResponse> {
  const [what, type = "", name] = path[0] === "associations" ? path : [path.join("/")]
  const asked = WORDS[what ?? ""]
  if (asked === undefined) return NOT_FOUND
  const tenant = tenantOfEndpoint(scope, endpointId)
  if (tenant === undefined) {
    const status = version === 4 ? 404 : 400
    return answer(`V${version} ${asked.handler}: ${asked.missing} from v3 endpoint ID: ${endpointId}`, status)
  }
  const { task, container } = tenant
  switch (what) {
    case "":
      return answer(describeContainer(tenant, container, version))
    case "task":
      return answer(describeTask(tenant, version))
    case "taskWithTags":
      return answer({ ...describeTask(tenant, version), ...(await tagsOf(tenant)) })
    case "stats":
      return containerStats(tenant, container.id, version)
    case "task/stats":
      return taskStats(tenant)
    default: {
      const found = associationsOf(task.payload, container, type)
      if (name === undefined) return answer({ Associations: found.map((association) => association.name) })
      const association = found.find((association) => association.name === name)
      if (association !== undefined) return { status: 200, text: contentOf(association) }
      return answer(`V${version} ${asked.handler}: unable to find association ${name}`, version === 4 ? 404 : 400)
    }
  }
}

const NO_TASK = "unable to get task arn from request: unable to get task Arn"
const NO_CONTAINER = "unable to get container ID from request: unable to get docker ID"

/** What can be asked of a container, and the agent's words for one that it does not know. */
const WORDS: Readonly<Record<string, { readonly handler: string; readonly missing: string }>> = {
  "": { handler: "container metadata handler", missing: NO_CONTAINER },
  task: { handler: "task metadata handler", missing: NO_TASK },
  taskWithTags: { handler: "task metadata handler", missing: NO_TASK },
  stats: { handler: "container stats handler", missing: NO_TASK },
  "task/stats": { handler: "task stats handler", missing: NO_TASK },
  associations: { handler: "container associations handler", missing: NO_CONTAINER },
}

function containerStats(tenant: Tenant, id: string, version: MetadataVersion): EndpointResponse {
  const stats = statsOf(tenant, id)
  if (stats !== null) return answer(stats)
  return answer(`Unable to get container stats for: ${id}`, version === 4 ? 500 : 400)
}

function taskStats(tenant: Tenant): EndpointResponse {
  return answer(Object.fromEntries(tenant.task.containers.map(({ id }) => [id, statsOf(tenant, id)])))
}

/** There are none before the second sample. */
function statsOf({ agent, task }: Tenant, id: string): ReturnType<typeof dockerStats> | null {
  const container = task.containers.find((container) => container.id === id)!
  const latest = agent.latest(id)
  return latest === undefined ? null : dockerStats(container.runtimeName, id, latest)
}

const NOT_FOUND: EndpointResponse = { status: 404, text: "404 page not found\n" }
const NOT_ALLOWED: EndpointResponse = answer("method not allowed", 405)
