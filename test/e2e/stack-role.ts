import { IAM } from "@aws-sdk/client-iam"
import type { Stack } from "./stack.ts"

/** A role that tasks may take, with what it may do: AWS's own policies by name, and one of the test's. */
export async function taskRole(
  { config }: Pick<Stack, "config">,
  RoleName: string,
  { managed = [], allows = [] }: { readonly managed?: readonly string[]; readonly allows?: readonly Allowed[] } = {},
): Promise<string> {
  const iam = new IAM(config)
  try {
    const Principal = { Service: "ecs-tasks.amazonaws.com" }
    const trust = document([{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }])
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust })
    for (const name of managed) await iam.attachRolePolicy({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` })
    if (allows.length > 0) {
      const PolicyDocument = document(allows.map((allowed) => ({ Effect: "Allow", ...allowed })))
      await iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument })
    }
    return Role!.Arn!
  } finally {
    iam.destroy()
  }
}

/** What agents need to pull images and write logs for a task. */
export const EXECUTION = "service-role/AmazonECSTaskExecutionRolePolicy"

interface Allowed {
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

function document(Statement: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement })
}
