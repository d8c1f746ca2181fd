/**
 * AWS's own managed policies, as far as people who run tasks meet them, written anew to the same effect where Homeport
 * has what they are about. They stand in no table: every account of every installation has the same ones.
 */
import { createHash } from "node:crypto"
import type { ManagedPolicy } from "../tables.ts"
import { containerPolicies } from "./containers.ts"
import { generalPolicies } from "./general.ts"
import { linkedRolePolicies } from "./linked-roles.ts"
import { resourcePolicies } from "./resources.ts"
import type { AwsPolicy } from "./statement.ts"

const ALL: readonly AwsPolicy[] = [...generalPolicies, ...containerPolicies, ...resourcePolicies, ...linkedRolePolicies]

const byPartition = new Map<string, ReadonlyMap<string, ManagedPolicy>>()

/** `resource` is the last part of its ARN, as in `policy/service-role/AmazonECSTaskExecutionRolePolicy`. */
export function awsManagedPolicy(partition: string, resource: string): ManagedPolicy | undefined {
  return policiesOf(partition).get(resource)
}

export function awsManagedPolicies(partition: string): readonly ManagedPolicy[] {
  return [...policiesOf(partition).values()]
}

function policiesOf(partition: string): ReadonlyMap<string, ManagedPolicy> {
  let policies = byPartition.get(partition)
  if (policies === undefined) {
    policies = new Map(ALL.map((policy) => [`policy/${policy.name}`, managed(policy, partition)]))
    byPartition.set(partition, policies)
  }
  return policies
}

/** AWS never takes one away, and neither do we; all have the one version that is written here. */
const WRITTEN_AT = Date.UTC(2026, 0, 1)

function managed({ name: full, description, statements }: AwsPolicy, partition: string): ManagedPolicy {
  const slash = full.lastIndexOf("/")
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements })
  return {
    arn: `arn:${partition}:iam::aws:policy/${full}`,
    name: full.slice(slash + 1),
    path: `/${full.slice(0, slash + 1)}`,
    id: `ANPA${createHash("sha256").update(full).digest("hex").slice(0, 17).toUpperCase()}`,
    description,
    versions: [{ id: "v1", document: document.replaceAll("arn:aws:", `arn:${partition}:`), createdAt: WRITTEN_AT }],
    defaultVersion: "v1",
    versionCount: 1,
    tags: [],
    createdAt: WRITTEN_AT,
    updatedAt: WRITTEN_AT,
  }
}
