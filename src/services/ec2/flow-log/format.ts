import { fault } from "../fault.ts"

/** The fields of version 2, which is what a flow log has unless its maker says otherwise. */
const USUAL = [
  "version",
  "account-id",
  "interface-id",
  "srcaddr",
  "dstaddr",
  "srcport",
  "dstport",
  "protocol",
  "packets",
  "bytes",
  "start",
  "end",
  "action",
  "log-status",
]

/** What versions 3 to 8 have added, and ECS's own fields of version 7. */
const ADDED = [
  "vpc-id",
  "subnet-id",
  "instance-id",
  "tcp-flags",
  "type",
  "pkt-srcaddr",
  "pkt-dstaddr",
  "region",
  "az-id",
  "sublocation-type",
  "sublocation-id",
  "pkt-src-aws-service",
  "pkt-dst-aws-service",
  "flow-direction",
  "traffic-path",
  "ecs-cluster-arn",
  "ecs-cluster-name",
  "ecs-container-instance-arn",
  "ecs-container-instance-id",
  "ecs-container-id",
  "ecs-second-container-id",
  "ecs-service-name",
  "ecs-task-definition-arn",
  "ecs-task-arn",
  "ecs-task-id",
  "reject-reason",
]

/** A format is a list of fields, each as `${name}`. */
export function checkedFormat(format: string | undefined): string {
  if (format === undefined || format === "") return USUAL.map((field) => `\${${field}}`).join(" ")
  const fields = format.trim().split(/\s+/)
  const names = fields.map((field) => /^\$\{([a-z0-9-]+)\}$/.exec(field)?.[1] ?? "")
  if (names.every((name) => USUAL.includes(name) || ADDED.includes(name))) return fields.join(" ")
  throw fault(
    "InvalidParameter",
    `Unknown fields provided: ${fields.filter((_, at) => ![...USUAL, ...ADDED].includes(names[at]!)).join(" ")}`,
  )
}
