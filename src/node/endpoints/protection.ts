import { RegionError } from "../region.ts"
import type { EndpointRequest, EndpointResponse } from "./message.ts"
import { type Scope, type Tenant, tenantOfEndpoint } from "./tenant.ts"

/** A task asks, with its own role, whether it is protected from being stopped, or says that it wants to be. */
export async function taskProtection(
  request: EndpointRequest,
  scope: Scope,
  endpointId: string,
): Promise<EndpointResponse> {
  const wanted = request.method === "PUT" ? readWanted(request.body) : undefined
  if (wanted === "unreadable") {
    return refuse(400, "InvalidParameterException", "UpdateTaskProtection: failed to decode request")
  }
  const tenant = tenantOfEndpoint(scope, endpointId)
  if (tenant === undefined) {
    return refuse(404, "ResourceNotFoundException", "Failed to find a task for the request")
  }
  const { arn } = tenant.task
  if (wanted !== undefined && wanted.ProtectionEnabled === undefined) {
    const message = "Invalid request: does not contain 'ProtectionEnabled' field"
    return refuse(400, "InvalidParameterException", message, arn)
  }
  const credentialsId = tenant.task.taskCredentialsId
  const credentials = credentialsId === undefined ? undefined : tenant.agent.credentials(credentialsId)
  if (credentials === undefined) {
    const message = "Invalid Request: no task IAM role credentials available for task"
    return refuse(403, "AccessDeniedException", message, arn)
  }
  return ask(tenant, wanted, credentials)
}

async function ask(
  { agent, task: { arn, payload } }: Tenant,
  wanted: Wanted | undefined,
  credentials: NonNullable<ReturnType<Tenant["agent"]["credentials"]>>,
): Promise<EndpointResponse> {
  const named = { cluster: payload.taskClusterArn ?? agent.cluster, tasks: [arn] }
  const options = { credentials, msMax: MS_MAX }
  try {
    const output =
      wanted === undefined
        ? await agent.region.call("ecs", "GetTaskProtection", named, options)
        : await agent.region.call("ecs", "UpdateTaskProtection", { ...named, ...updateOf(wanted) }, options)
    return render(output, arn)
  } catch (error) {
    if (!(error instanceof RegionError)) throw error
    if (error.status === 0) return refuse(504, "RequestCanceled", "Timed out calling ECS Task Protection API", arn)
    return refuse(error.status, error.code, error.message, arn)
  }
}

function render({ protectedTasks, failures }: Record<string, unknown>, arn: string): EndpointResponse {
  const [failure] = (failures ?? []) as readonly { arn?: string; reason?: string; detail?: string }[]
  if (failure !== undefined) {
    return {
      status: 200,
      body: { failure: { Arn: failure.arn, Detail: failure.detail, Reason: failure.reason } },
    }
  }
  const [protectedTask] = (protectedTasks ?? []) as readonly {
    taskArn: string
    protectionEnabled: boolean
    expirationDate?: number
  }[]
  if (protectedTask === undefined) return refuse(500, "ServerException", "Unexpected error occurred", arn)
  const { expirationDate, protectionEnabled, taskArn } = protectedTask
  return {
    status: 200,
    body: {
      protection: {
        // The region's JSON has seconds.
        ...(expirationDate !== undefined && { ExpirationDate: new Date(expirationDate * 1000).toISOString() }),
        ProtectionEnabled: protectionEnabled,
        TaskArn: taskArn,
      },
    },
  }
}

interface Wanted {
  readonly ProtectionEnabled?: boolean
  readonly ExpiresInMinutes?: number
}

/** What is not known is refused: a misspelt member would leave a task unprotected that thinks it is. */
function readWanted(body: string): Wanted | "unreadable" {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return "unreadable"
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "unreadable"
  const { ProtectionEnabled, ExpiresInMinutes, ...unknown } = value as Record<string, unknown>
  const isReadable =
    Object.keys(unknown).length === 0 &&
    (ProtectionEnabled == null || typeof ProtectionEnabled === "boolean") &&
    (ExpiresInMinutes == null || Number.isSafeInteger(ExpiresInMinutes))
  if (!isReadable) return "unreadable"
  return {
    ...(typeof ProtectionEnabled === "boolean" && { ProtectionEnabled }),
    ...(typeof ExpiresInMinutes === "number" && { ExpiresInMinutes }),
  }
}

/** Only protection has a term. */
function updateOf({ ProtectionEnabled, ExpiresInMinutes }: Wanted) {
  return {
    protectionEnabled: ProtectionEnabled,
    ...(ProtectionEnabled && ExpiresInMinutes !== undefined && { expiresInMinutes: ExpiresInMinutes }),
  }
}

function refuse(status: number, Code: string, Message: string, Arn?: string): EndpointResponse {
  return { status, body: { error: { ...(Arn !== undefined && { Arn }), Code, Message } } }
}

const MS_MAX = 4_000
