import type { Authorizer, Question } from "../src/aws/authorizer.ts"
import type { Principal } from "../src/aws/principal.ts"
import { authorizerOver } from "../src/services/iam/policy/authorize.ts"
import type { Identity } from "../src/services/iam/policy/identity.ts"
import { oracle } from "../src/services/iam/policy/oracle.testing.ts"
import { contend } from "./contender.ts"

export interface PolicySettings {
  readonly decider: "compiled" | "plain"
}

export interface PolicyOrder {
  readonly seconds: number
}

/** Decides again and again what one role may, and tells how often a second. */
contend(async ({ decider }: PolicySettings) => {
  const decide =
    decider === "compiled" ? authorizerOver({ identityOf: () => ROLE, managedPolicyDocument: none }) : plain
  let turn = 0
  return async ({ seconds }: PolicyOrder) => {
    const startedAt = performance.now()
    let decisions = 0
    let denials = 0
    while (performance.now() - startedAt < seconds * 1000) {
      for (let number = 0; number < DECISIONS_A_LOOK; number++) {
        if (decide(QUESTIONS[turn++ % QUESTIONS.length]!) !== undefined) denials++
        decisions++
      }
    }
    if (Math.abs(denials / decisions - 1 / 3) > 0.01) throw new Error(`${denials} of ${decisions} were denied.`)
    return decisions / ((performance.now() - startedAt) / 1000)
  }
})

const none = () => undefined
const DECISIONS_A_LOOK = 24
const ACCOUNT = "111122223333"
const HERE = `us-east-1:${ACCOUNT}`

const policy = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement })
const allow = (Action: string | string[], Resource: string | string[] = "*", Condition = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  Condition,
})

const ROLE: Identity = {
  arn: `arn:aws:iam::${ACCOUNT}:role/shop`,
  kind: "role",
  id: "AROA0123456789ABCDEF",
  policies: [
    policy(allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"])),
    policy(
      allow("ecs:*", `arn:aws:ecs:*:${ACCOUNT}:*`, {
        ArnEquals: { "ecs:cluster": `arn:aws:ecs:${HERE}:cluster/shop` },
      }),
      allow("iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/shop-*`, {
        StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
      }),
    ),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable looks like this
    policy(allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*")),
    policy({ ...allow("*"), Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    policy({ ...allow(["ecs:DeleteCluster", "s3:Delete*"]), Effect: "Deny" }, allow("s3:*", "arn:aws:s3:::shop/*")),
  ],
  boundary: policy({
    ...allow("*"),
    Condition: { StringEquals: { "aws:RequestedRegion": ["us-east-1", "eu-west-1"] } },
  }),
  tags: { team: "shop" },
}

const principal: Principal = {
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/shop/task`,
  userId: `${ROLE.id}:task`,
  accessKeyId: "ASIA0123456789ABCDEF",
  identity: ROLE.arn,
  session: { issuedAt: 0, expiresAt: 3_600_000, policies: [], policyArns: [], tags: {} },
}

const inCluster = { "ecs:cluster": `arn:aws:ecs:${HERE}:cluster/shop` }
const toTasks = { "iam:PassedToService": "ecs-tasks.amazonaws.com" }
const QUESTIONS: readonly Question[] = (
  [
    ["ecs:RunTask", `arn:aws:ecs:${HERE}:task-definition/web:7`, inCluster],
    ["ecs:DescribeTasks", `arn:aws:ecs:${HERE}:task/shop/1`, inCluster],
    ["iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/shop-task`, toTasks],
    ["logs:PutLogEvents", `arn:aws:logs:${HERE}:log-group:/ecs/shop:log-stream:web/1`],
    ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:${HERE}:secret:shop/password-Ab12Cd`],
    ["s3:GetObject", "arn:aws:s3:::shop/index.html"],
    ["ecr:BatchGetImage", `arn:aws:ecr:${HERE}:repository/shop`],
    ["logs:CreateLogStream", `arn:aws:logs:${HERE}:log-group:/ecs/shop:log-stream:web/1`],
    [
      "ecs:RunTask",
      `arn:aws:ecs:${HERE}:task-definition/web:7`,
      { "ecs:cluster": `arn:aws:ecs:${HERE}:cluster/other` },
    ],
    ["ecs:DeleteCluster", `arn:aws:ecs:${HERE}:cluster/shop`],
    ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:${HERE}:secret:other/password-Ab12Cd`],
    ["ec2:RunInstances", `arn:aws:ec2:${HERE}:instance/*`],
  ] as const
).map(([action, resource, conditions = {}]) => ({
  // Nobody looks at the rest of a caller to decide.
  caller: { principal, region: "us-east-1", origin: "https://homeport", now: 0, service: action.split(":")[0] },
  tx: undefined,
  action,
  resource,
  conditions,
  policy: undefined,
})) as never

const plain: Authorizer = ({ action, resource, conditions }) => {
  const named = Object.entries(conditions).map(([key, value]) => [key, [String(value)]])
  const decision = oracle({
    account: ACCOUNT,
    arn: principal.arn,
    identityArn: ROLE.arn,
    identityPolicies: ROLE.policies,
    boundary: ROLE.boundary,
    sessionPolicies: undefined,
    resourcePolicy: undefined,
    governs: false,
    action,
    resource,
    context: {
      ...Object.fromEntries(named),
      "aws:RequestedRegion": ["us-east-1"],
      "aws:SecureTransport": ["true"],
      "aws:PrincipalTag/team": ["shop"],
    },
  })
  return decision === "allowed" ? undefined : { words: decision }
}
