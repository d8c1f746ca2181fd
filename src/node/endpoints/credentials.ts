import type { Log } from "../../world/log.ts"
import type { EndpointRequest, EndpointResponse } from "./message.ts"
import type { Scope, Tenant } from "./tenant.ts"

/**
 * The credentials of a task's role, for whoever knows their id and is in that very task: an id that was carried out of
 * a task is worth nothing elsewhere. Each request leaves a line in the log, without secrets.
 */
export function giveCredentials(
  request: EndpointRequest,
  scope: Scope,
  { version, id }: { readonly version: 1 | 2; readonly id: string },
  log: Log,
): EndpointResponse {
  const tenant = scope().find(({ task }) => task.taskCredentialsId === id)
  const response = respond(`CredentialsV${version}Request: `, id, tenant)
  log.info("credentials were asked for", {
    event: "GetCredentials",
    status: response.status,
    userAgent: request.userAgent.slice(0, USER_AGENT_LENGTH_MAX),
    ...(tenant !== undefined && { task: tenant.task.arn, instance: tenant.agent.instance }),
  })
  return response
}

function respond(prefix: string, id: string, tenant: Tenant | undefined): EndpointResponse {
  if (id === "") return refuse(400, "NoIdInRequest", `${prefix}No Credential ID in the request`)
  if (tenant === undefined) return refuse(400, "InvalidIdInRequest", `${prefix}Credentials not found`)
  const credentials = tenant.agent.credentials(id)

  // After a restart of the agent they are not there until the region has sent them again.
  if (credentials === undefined) {
    return refuse(503, "CredentialsUninitialized", `${prefix}Credentials uninitialized for ID`)
  }
  return {
    status: 200,
    body: {
      RoleArn: credentials.roleArn ?? "",
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: credentials.expiration,
    },
  }
}

function refuse(status: number, code: string, message: string): EndpointResponse {
  return { status, body: { code, message, HTTPErrorCode: status } }
}

const USER_AGENT_LENGTH_MAX = 200
