import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { newUuid } from "../../world/ids.ts"
import { fault, invalid, noSuchEntity } from "./fault.ts"
import { arnOfNamed, permitted, roleKind } from "./kind.ts"
import { checkedName, checkLength } from "./names.ts"
import { addRole, checkQuota, describeRole, SERVICE_PATH } from "./role.ts"
import { LINKED_ROLES, type LinkedRole } from "./service-linked.ts"
import { type Role, roleDeletions, roles } from "./tables.ts"

export const serviceLinkedRoleOperations = {
  CreateServiceLinkedRole(call, { AWSServiceName, Description, CustomSuffix }) {
    const service = AWSServiceName!
    checkLength(service, "AWSServiceName", 1, 128)
    if (!/^[\w+=,.@-]+$/.test(service)) throw invalid(`${service} is not a service name.`)
    if (CustomSuffix !== undefined) checkedName(CustomSuffix, "customSuffix", 64)
    if (Description !== undefined) checkLength(Description, "description", 0, 1000)
    const linked = Object.hasOwn(LINKED_ROLES, service) ? LINKED_ROLES[service] : undefined
    const name = linked === undefined ? "*" : nameOf(linked, CustomSuffix)
    const path = pathOf(service)
    call.authorize(arnOfNamed(call, roleKind, { path, name }), { "iam:AWSServiceName": service })
    if (linked === undefined) {
      throw fault("InvalidInputException", `Service role creation isn't supported for service ${service}.`)
    }
    if (CustomSuffix !== undefined && !linked.takesSuffix) {
      throw fault("InvalidInputException", `Custom suffix is not allowed for ${service}`)
    }
    if (call.tx.get(roles, name.toLowerCase()) !== undefined) {
      throw fault(
        "InvalidInputException",
        `Service role name ${name} has been taken in this account, please try a different suffix.`,
      )
    }
    checkQuota(call)
    return { Role: describeRole(call, addLinkedRole(call, service, linked, name, Description)) }
  },

  DeleteServiceLinkedRole(call, { RoleName }) {
    const role = permitted(call, roleKind, RoleName!)
    if (role.linkedTo === undefined) {
      throw fault("InvalidInputException", `The role ${role.name} is not a service-linked role. Use DeleteRole.`)
    }
    const taskId = `task/aws-service-role/${role.linkedTo}/${role.name}/${newUuid(call.random)}`
    call.tx.delete(roles, roles.key(role))
    call.tx.put(roleDeletions, { taskId, createdAt: call.now })
    return { DeletionTaskId: taskId }
  },

  GetServiceLinkedRoleDeletionStatus(call, { DeletionTaskId }) {
    const taskId = DeletionTaskId!
    checkLength(taskId, "deletionTaskId", 1, 1000)
    const [, path = "/", name = "*"] = /^task(\/.*\/)([^/]+)\/[^/]+$/.exec(taskId) ?? []
    call.authorize(arnOfNamed(call, roleKind, { path, name }))
    if (call.tx.get(roleDeletions, taskId) === undefined) {
      throw noSuchEntity(`The deletion task with id ${taskId} cannot be found.`)
    }
    return { Status: "SUCCEEDED" }
  },
} satisfies Operations<typeof sdk>

/** For a service that makes its own role in an account at the first use of it there; the same role if it has one. */
export function ensureLinkedRole(call: Call, service: keyof typeof LINKED_ROLES): Role {
  const linked = LINKED_ROLES[service]!
  return call.tx.get(roles, linked.name.toLowerCase()) ?? addLinkedRole(call, service, linked, linked.name, undefined)
}

function addLinkedRole(
  call: Call,
  service: string,
  { description, policies }: LinkedRole,
  name: string,
  ownDescription: string | undefined,
): Role {
  const trusted = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }
  return addRole(call, {
    name,
    path: pathOf(service),
    description: ownDescription ?? description,
    sessionSecondsMax: 3600,
    trust: JSON.stringify({ Version: "2012-10-17", Statement: [trusted] }),
    attached: policies.map((policy) => `arn:${call.partition}:iam::aws:policy/${policy}`),
    boundary: undefined,
    tags: [],
    linkedTo: service,
  })
}

function nameOf({ name }: LinkedRole, suffix: string | undefined): string {
  return suffix === undefined ? name : `${name}_${suffix}`
}

function pathOf(service: string): string {
  return `${SERVICE_PATH}${service}/`
}
