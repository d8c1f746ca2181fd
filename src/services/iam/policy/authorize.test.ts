import { expect, test } from "vitest"
import type { Conditions, Question, ResourcePolicy } from "../../../aws/authorizer.ts"
import type { Principal, Session } from "../../../aws/principal.ts"
import { authorizerOver } from "./authorize.ts"
import type { Identity } from "./identity.ts"

const ACCOUNT = "111122223333"
const USER = `arn:aws:iam::${ACCOUNT}:user/team/ann`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`
const CLUSTER = `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/shop`
const SESSION: Session = { issuedAt: 1000, expiresAt: 2000, policies: [], policyArns: [], tags: {} }

const root: Principal = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT, accessKeyId: "AKIA" }
const user: Principal = { ...root, arn: USER, userId: "AIDA1", identity: USER }
const role: Principal = {
  ...root,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`,
  userId: "AROA1:ci",
  identity: ROLE,
  session: SESSION,
}
const federated: Principal = {
  ...root,
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
  userId: `${ACCOUNT}:bob`,
  identity: USER,
  session: { ...SESSION, isFederated: true },
}

function policy(...Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement })
}

const allow = (Action = "*", Condition = {}) => policy({ Effect: "Allow", Action, Resource: "*", Condition })

interface Case {
  readonly principal: Principal
  readonly policies?: readonly string[]
  readonly identity?: Partial<Identity>
  readonly managed?: Readonly<Record<string, string>>
  readonly action?: string
  readonly resource?: string
  readonly conditions?: Conditions
  readonly policy?: ResourcePolicy
  readonly caller?: object
}

/** Why not; undefined when allowed. */
function denial(given: Case): string | undefined {
  const { principal, policies = [], managed = {}, action = "ecs:RunTask", resource = CLUSTER } = given
  const authorizer = authorizerOver({
    identityOf: (_tx, arn) =>
      arn === principal.identity
        ? { arn, kind: arn === USER ? "user" : "role", id: "AIDA1", policies, tags: {}, ...given.identity }
        : undefined,
    managedPolicyDocument: (_tx, arn) => managed[arn],
  })
  const caller = {
    principal,
    region: "us-east-1",
    origin: "https://homeport",
    sourceIp: "::ffff:10.1.2.3",
    userAgent: "aws-cli/2",
    now: Date.UTC(2024, 0, 2, 3, 4, 5, 678),
    service: action.split(":")[0],
    ...given.caller,
  }
  const question = { caller, action, resource, conditions: given.conditions ?? {}, policy: given.policy }
  return authorizer(question as unknown as Question)?.words
}

test("an account's root may everything in its account and nothing in another", () => {
  expect(denial({ principal: root })).toBe(undefined)
  expect(denial({ principal: root, resource: "*" })).toBe(undefined)
  expect(denial({ principal: root, resource: "arn:aws:s3:::shop" })).toBe(undefined)
  expect(denial({ principal: root, resource: "arn:aws:iam::aws:policy/ReadOnlyAccess" })).toBe(undefined)
  expect(denial({ principal: root, resource: "arn:aws:ecs:us-east-1:444455556666:cluster/shop" })).toBe(
    "because no resource-based policy allows the ecs:RunTask action",
  )
  expect(denial({ principal: root, policy: { document: undefined, owner: "444455556666" } })).toBe(
    "because no resource-based policy allows the ecs:RunTask action",
  )
})

test("a key that was made for one purpose may do what that needs and nothing else", () => {
  const key: Principal = { ...root, only: ["ecs:Submit*", "ecs:Poll"] }
  expect(denial({ principal: key, action: "ecs:Poll" })).toBe(undefined)
  expect(denial({ principal: key, action: "ecs:SubmitTaskStateChange" })).toBe(undefined)
  expect(denial({ principal: key })).toBe("because no identity-based policy allows the ecs:RunTask action")
})

const NO = policy({ Effect: "Deny", Action: "*", Resource: "*" })
const TRUST = "because no role trust policy allows the sts:AssumeRole action"
const assume = { action: "sts:AssumeRole", resource: ROLE }
const trusting = (Effect: string, AWS: string) => ({
  document: policy({ Effect, Principal: { AWS }, Action: "sts:AssumeRole" }),
  governs: true,
})
const bucket = (Effect: string, Principal: unknown) => ({ document: policy({ Effect, Principal, Action: "*" }) })

test.each<[string, Case]>([
  ["because no identity-based policy allows the ecs:RunTask action", { principal: user }],
  ["with an explicit deny in an identity-based policy", { principal: user, policies: [allow(), NO] }],
  [
    "because no permissions boundary allows the ecs:RunTask action",
    { principal: user, policies: [allow()], identity: { boundary: allow("s3:*") } },
  ],
  [
    "with an explicit deny in a permissions boundary",
    { principal: user, policies: [allow()], identity: { boundary: NO } },
  ],
  [
    "because no session policy allows the ecs:RunTask action",
    { principal: { ...role, session: { ...SESSION, policies: [allow("s3:*")] } }, policies: [allow()] },
  ],
  [
    "with an explicit deny in a session policy",
    { principal: { ...role, session: { ...SESSION, policies: [NO] } }, policies: [allow()] },
  ],
  [
    "because no resource-based policy allows the ecs:RunTask action",
    { principal: user, policies: [allow()], policy: { document: undefined, governs: true } },
  ],
  [
    "with an explicit deny in a resource-based policy",
    { principal: user, policies: [allow()], policy: bucket("Deny", "*") },
  ],
  ["with an explicit deny in a resource-based policy", { principal: root, policy: bucket("Deny", "*") }],
  [TRUST, { ...assume, principal: user, policies: [allow()], policy: trusting("Allow", ROLE) }],
  [
    "with an explicit deny in the role trust policy",
    { ...assume, principal: user, policies: [allow()], policy: trusting("Deny", USER) },
  ],
  [
    "because no identity-based policy allows the sts:AssumeRole action",
    { ...assume, principal: user, policy: trusting("Allow", root.arn) },
  ],
])("a denial ends as AWS's does: %s", (words, given) => {
  expect(denial(given)).toBe(words)
})

test("who is trusted by name may take a role of the same account without more", () => {
  expect(denial({ ...assume, principal: user, policy: trusting("Allow", USER) })).toBe(undefined)
})

test("sessions of a user or role that is no more may nothing", () => {
  const gone = { ...role, identity: `${ROLE}-of-yesterday` }
  const authorizer = authorizerOver({ identityOf: () => undefined, managedPolicyDocument: () => undefined })
  const caller = { principal: gone, service: "ecs" }
  const question = { caller, action: "ecs:RunTask", resource: CLUSTER, conditions: {} } as unknown as Question
  expect(authorizer(question)?.words).toBe("because no identity-based policy allows the ecs:RunTask action")
})

test("a session's managed policies bound it as they are now", () => {
  const principal = { ...role, session: { ...SESSION, policyArns: ["arn:aws:iam::aws:policy/Mine"] } }
  const given = { principal, policies: [allow()] }
  expect(denial({ ...given, managed: { "arn:aws:iam::aws:policy/Mine": allow("ecs:*") } })).toBe(undefined)
  expect(denial(given)).toBe("because no session policy allows the ecs:RunTask action")
})

test("a federated user may only what its session's policies and its user's allow", () => {
  expect(denial({ principal: federated, policies: [allow()] })).toMatch("no session policy")
  const narrowed = { ...federated, session: { ...federated.session!, policies: [allow("ecs:*")] } }
  expect(denial({ principal: narrowed, policies: [allow()] })).toBe(undefined)
  expect(denial({ principal: narrowed })).toMatch("no identity-based policy")
})

test("what GetSessionToken gives is good for IAM only with MFA", () => {
  const principal = { ...user, session: SESSION }
  const given = { policies: [allow()], action: "iam:ListUsers", resource: "*" }
  expect(denial({ ...given, principal })).toMatch("no session policy")
  const withMfa = { ...principal, session: { ...SESSION, conditions: { "aws:MultiFactorAuthPresent": "true" } } }
  expect(denial({ ...given, principal: withMfa })).toBe(undefined)
  expect(denial({ ...given, principal: role })).toBe(undefined)
  // To hand over a role is no operation of IAM.
  expect(denial({ ...given, principal, action: "iam:PassRole", caller: { service: "ecs" } })).toBe(undefined)
})

const PRINCIPALS = { root: { ...root, session: SESSION }, user, role, federated }

/** What a condition key says for each kind of caller; undefined where the request does not have it. */
test.each<[string, Partial<Record<keyof typeof PRINCIPALS, string | undefined>>]>([
  ["aws:PrincipalArn", { root: root.arn, user: USER, role: ROLE, federated: federated.arn }],
  ["aws:PrincipalAccount", { root: ACCOUNT, user: ACCOUNT, role: ACCOUNT, federated: ACCOUNT }],
  ["aws:PrincipalType", { root: "Account", user: "User", role: "AssumedRole", federated: "FederatedUser" }],
  ["aws:userid", { root: ACCOUNT, user: "AIDA1", role: "AROA1:ci", federated: `${ACCOUNT}:bob` }],
  ["aws:username", { root: undefined, user: "ann", role: undefined, federated: undefined }],
  ["aws:TokenIssueTime", { user: undefined, role: "1970-01-01T00:00:01Z" }],
  ["aws:MultiFactorAuthPresent", { user: undefined, role: "false" }],
  ["aws:CurrentTime", { user: "2024-01-02T03:04:05Z" }],
  ["aws:EpochTime", { user: "1704164645" }],
  ["aws:RequestedRegion", { user: "us-east-1" }],
  ["aws:SecureTransport", { user: "true" }],
  ["aws:SourceIp", { user: "10.1.2.3" }],
  ["aws:UserAgent", { user: "aws-cli/2" }],
  ["aws:ResourceAccount", { user: ACCOUNT }],
  ["aws:ViaAWSService", { user: "false" }],
  ["aws:SourceIdentity", { user: undefined, role: undefined }],
  ["aws:PrincipalTag/Team", { user: "shop", role: "shop" }],
])("%s is what AWS says of each caller", (key, values) => {
  for (const [name, value] of Object.entries(values)) {
    const principal = PRINCIPALS[name as keyof typeof PRINCIPALS]
    const narrow = allow("*", value === undefined ? { Null: { [key]: "true" } } : { StringEquals: { [key]: value } })
    // A denial of all else shows whoever is allowed without a policy as well.
    const others = value === undefined ? { Null: { [key]: "false" } } : { StringNotEquals: { [key]: value } }
    const document = policy({ Effect: "Deny", Principal: "*", Action: "*", Condition: others })
    const own = { ...principal, ...(principal.session && { session: { ...principal.session, policies: [narrow] } }) }
    const given = { principal: own, policies: [narrow], identity: { tags: { team: "shop" } } }
    expect([name, denial({ ...given, policy: { document } })]).toEqual([name, undefined])
  }
})

test("a session's tags, source identity and own conditions count, and tags before those of its role", () => {
  const session = {
    ...SESSION,
    tags: { team: "web" },
    sourceIdentity: "ann",
    conditions: { "aws:FederatedProvider": "accounts.example.com" },
  }
  const wanted = {
    "aws:PrincipalTag/Team": "web",
    "aws:PrincipalTag/stage": "live",
    "aws:SourceIdentity": "ann",
    "aws:FederatedProvider": "accounts.example.com",
  }
  const policies = [allow("ecs:*", { StringEquals: wanted })]
  const identity = { tags: { Team: "shop", stage: "live" } }
  expect(denial({ principal: { ...role, session }, policies, identity })).toBe(undefined)
  expect(denial({ principal: role, policies, identity })).toMatch("no identity-based policy")
})

test("the condition keys of an operation count, whatever their case and type", () => {
  const wanted = {
    Bool: { "ECS:Enable": "true" },
    NumericLessThan: { "ecs:count": "3" },
    "ForAllValues:StringEquals": { "aws:tagkeys": ["a"] },
  }
  const given = { principal: user, policies: [allow("ecs:*", wanted)] }
  expect(denial({ ...given, conditions: { "ecs:enable": true, "ecs:count": 2, "aws:TagKeys": ["a"] } })).toBe(undefined)
  expect(denial({ ...given, conditions: { "ecs:enable": true, "ecs:count": 2, "aws:TagKeys": ["b"] } })).toMatch(
    "because no",
  )
  expect(denial({ ...given, conditions: { "ecs:enable": undefined, "ecs:count": 2 } })).toMatch("because no")
})
