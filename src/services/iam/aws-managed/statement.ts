/** One of AWS's managed policies. */
export interface AwsPolicy {
  /** With its path, as it stands in its ARN. */
  readonly name: string
  readonly description: string
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly Effect: "Allow" | "Deny"
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: ConditionBlock
}

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

export function allow(
  actions: readonly string[],
  resource: string | readonly string[] = "*",
  condition?: ConditionBlock,
): Statement {
  return { Effect: "Allow", Action: actions, Resource: resource, ...(condition && { Condition: condition }) }
}

/** Lets roles be handed to a service that will act as them. */
export function allowPassing(
  service: string | readonly string[],
  resource: string | readonly string[] = "*",
): Statement {
  return allow(["iam:PassRole"], resource, { StringLike: { "iam:PassedToService": service } })
}

/** Lets a service make the role of its own that it needs. */
export function allowLinkedRoles(services: readonly string[]): Statement {
  return allow(["iam:CreateServiceLinkedRole"], "*", { StringLike: { "iam:AWSServiceName": services } })
}

export function actionsOf(service: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${service}:${name}`)
}
