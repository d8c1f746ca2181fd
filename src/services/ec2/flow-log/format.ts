import { fault } from "../fault.ts"

/** All fields that a record of a flow may have, with the version of flow logs that each came with. */
const FIELDS = {
  version: 2,
  "account-id": 2,
  "interface-id": 2,
  srcaddr: 2,
  dstaddr: 2,
  srcport: 2,
  dstport: 2,
  protocol: 2,
  packets: 2,
  bytes: 2,
  start: 2,
  end: 2,
  action: 2,
  "log-status": 2,
  "vpc-id": 3,
  "subnet-id": 3,
  "instance-id": 3,
  "tcp-flags": 3,
  type: 3,
  "pkt-srcaddr": 3,
  "pkt-dstaddr": 3,
  region: 4,
  "az-id": 4,
  "sublocation-type": 4,
  "sublocation-id": 4,
  "pkt-src-aws-service": 5,
  "pkt-dst-aws-service": 5,
  "flow-direction": 5,
  "traffic-path": 5,
  "ecs-cluster-arn": 7,
  "ecs-cluster-name": 7,
  "ecs-container-instance-arn": 7,
  "ecs-container-instance-id": 7,
  "ecs-container-id": 7,
  "ecs-second-container-id": 7,
  "ecs-service-name": 7,
  "ecs-task-definition-arn": 7,
  "ecs-task-arn": 7,
  "ecs-task-id": 7,
  "reject-reason": 8,
} as const

export type FlowLogField = keyof typeof FIELDS

/** A format is a list of fields, each as `${name}`. Without one a flow log has the fields of version 2. */
export function checkedFormat(format: string | undefined): string {
  if (format === undefined || format === "") {
    const usual = Object.entries(FIELDS).filter(([, version]) => version === 2)
    return usual.map(([field]) => `\${${field}}`).join(" ")
  }
  const fields = format.trim().split(/\s+/)
  const unknown = fields.filter((field) => !Object.hasOwn(FIELDS, nameOf(field) ?? ""))
  if (unknown.length === 0) return fields.join(" ")
  throw fault("InvalidParameter", `Unknown fields provided: ${unknown.join(" ")}`)
}

/** Of a format that was checked. */
export function fieldsOf(format: string): FlowLogField[] {
  return format.split(" ").map((field) => nameOf(field) as FlowLogField)
}

/** What a record says its version is: that of its newest field. */
export function versionOf(fields: readonly FlowLogField[]): number {
  return Math.max(2, ...fields.map((field) => FIELDS[field]))
}

function nameOf(field: string): string | undefined {
  return /^\$\{([a-z0-9-]+)\}$/.exec(field)?.[1]
}
