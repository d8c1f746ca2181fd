import type { EndpointResponse } from "./message.ts"
import { type Scope, tenantOfEndpoint } from "./tenant.ts"

/**
 * Faults in a task's network are not brought about here, and no agent of ours claims that it can. A tool that asks for
 * one is told so, after what it would have been refused for anyway.
 */
export function refuseFault(scope: Scope, endpointId: string): EndpointResponse {
  const tenant = tenantOfEndpoint(scope, endpointId)
  if (tenant === undefined) {
    return refuse(404, `unable to lookup container: ${endpointId}`)
  }
  const { arn, payload } = tenant.task
  if (!payload.enableFaultInjection) return refuse(400, `enableFaultInjection is not enabled for task: ${arn}`)
  const mode = payload.networkMode ?? "bridge"
  if (mode !== "host" && mode !== "awsvpc") {
    return refuse(400, `${mode} mode is not supported. Please use either host or awsvpc mode.`)
  }
  return refuse(501, "Fault injection is not supported on this container instance.")
}

function refuse(status: number, message: string): EndpointResponse {
  return { status, body: { Error: message } }
}
