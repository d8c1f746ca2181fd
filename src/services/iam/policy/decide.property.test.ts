// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import fc from "fast-check"
import { expect, test } from "vitest"
import { compiledOf } from "./compile.ts"
import { contextOf } from "./context.ts"
import { decide } from "./decide.ts"
import { type OracleQuestion, oracle } from "./oracle.testing.ts"

const ACCOUNT = "111122223333"
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`
const FEDERATED = `arn:aws:sts::${ACCOUNT}:federated-user/bob`

const actions = fc.constantFrom("ecs:RunTask", "ecs:StopTask", "ECS:runtask", "s3:GetObject", "iam:PassRole")
const actionPatterns = fc.constantFrom(
  "*",
  "ecs:*",
  "ecs:Run*",
  "ECS:?unTask",
  "s3:Get*",
  "s3:GetObject",
  "*:*Task",
  "iam:PassRole",
)
const resources = fc.constantFrom(
  "*",
  `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/shop`,
  `arn:aws:ecs:us-east-1:${ACCOUNT}:task/shop/ann`,
  "arn:aws:ecs:us-east-1:444455556666:cluster/shop",
  "arn:aws:s3:::shop/ann/*",
  "arn:aws:s3:::shop/ann/a.txt",
)
const texts = fc.constantFrom("ann", "Ann", "shop", "a*", "*", "?nn", "a", "")
const resourcePatterns = fc.oneof(
  fc.constantFrom(
    "*",
    "arn:*",
    "arn:aws:ecs:*:cluster/shop",
    `arn:aws:ecs:us-east-1:${ACCOUNT}:*`,
    "arn:aws:s3:::shop/*",
    "arn:aws:s3:::shop/${aws:username}/*",
    "arn:aws:s3:::shop/${aws:PrincipalTag/team, 'ann'}/${*}",
    "arn:aws:ecs:us-east-1:*:task/*/${aws:username}",
  ),
  resources,
)

const oneOrMore = <T>(values: fc.Arbitrary<T>) => fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }))

/** The key under which a condition looks, and what it may compare with. */
const KEYS = ["aws:username", "aws:PrincipalTag/team", "aws:TagKeys", "ecs:cluster"] as const
const stringValues = fc.oneof(
  texts,
  fc.constantFrom(
    "${aws:username}",
    "${aws:username}*",
    "${*}",
    "a${?}",
    "${aws:PrincipalTag/team, 'shop'}",
    "*n*",
    "${$}",
  ),
)
const arns = fc.constantFrom(
  ROLE,
  ANN,
  "arn:aws:iam::*:role/*",
  "arn:*:user/ann",
  "arn:aws:iam::??????????33:*",
  "arn:aws:*:user:*",
  "arn:aws:iam::*:user/${aws:username}",
)
const numbers = fc.constantFrom("1", "2", "2.0", "10", "x")
const dates = fc.constantFrom("2024-01-01T00:00:00Z", "2024-06-01", "2025-01-01T00:00:00Z")
const blocks = fc.constantFrom("10.0.0.0/8", "10.1.2.3", "10.1.0.0/15", "0.0.0.0/0", "192.168.0.0/16")

const KINDS = [
  [
    [
      "StringEquals",
      "StringNotEquals",
      "StringEqualsIgnoreCase",
      "StringNotEqualsIgnoreCase",
      "StringLike",
      "StringNotLike",
    ],
    KEYS,
    stringValues,
  ],
  [["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"], ["aws:PrincipalArn"], arns],
  [
    [
      "NumericEquals",
      "NumericNotEquals",
      "NumericLessThan",
      "NumericLessThanEquals",
      "NumericGreaterThan",
      "NumericGreaterThanEquals",
    ],
    ["s3:max-keys"],
    numbers,
  ],
  [
    ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"],
    ["aws:CurrentTime"],
    dates,
  ],
  [["Bool"], ["aws:SecureTransport"], fc.constantFrom("true", "false", true, false)],
  [["BinaryEquals"], ["ecs:cluster"], fc.constantFrom("c2hvcA==", "shop")],
  [["IpAddress", "NotIpAddress"], ["aws:SourceIp"], blocks],
] as const

const conditions = fc.oneof(
  fc.constant({}),
  fc.constant({}),
  fc.oneof(
    ...KINDS.map(([operators, keys, values]) =>
      fc
        .tuple(
          fc.constantFrom("", "", "ForAllValues:", "ForAnyValue:"),
          fc.constantFrom<string>(...operators),
          fc.constantFrom("", "", "IfExists"),
          fc.constantFrom<string>(...keys),
          fc.boolean(),
          oneOrMore(values as fc.Arbitrary<string | boolean>),
        )
        .map(([quantifier, operator, suffix, key, isUpper, wanted]) => ({
          [`${quantifier}${operator}${suffix}`]: { [isUpper ? key.toUpperCase() : key]: wanted },
        })),
    ),
    fc
      .tuple(fc.constantFrom<string>(...KEYS), fc.constantFrom("true", "false"))
      .map(([key, value]) => ({ Null: { [key]: value } })),
  ),
)

const principals = fc.oneof(
  fc.constant("*"),
  oneOrMore(fc.constantFrom("*", ACCOUNT, ROOT, ANN, ROLE, SESSION, FEDERATED, "444455556666")).map((AWS) => ({ AWS })),
  fc.constant({ Service: "ecs-tasks.amazonaws.com" }),
)

const named = <T>(name: string, values: fc.Arbitrary<T>) =>
  fc.tuple(fc.constantFrom("", "", "", "Not"), values).map(([not, value]) => ({ [`${not}${name}`]: value }))

function statements(isResources: boolean) {
  return fc
    .tuple(
      fc.constantFrom("Allow", "Allow", "Allow", "Deny"),
      named("Action", oneOrMore(actionPatterns)),
      named("Resource", oneOrMore(resourcePatterns)),
      conditions,
      isResources ? named("Principal", principals) : fc.constant({}),
    )
    .map(([Effect, action, resource, Condition, principal]) => ({
      Effect,
      ...action,
      ...resource,
      ...principal,
      Condition,
    }))
}

const documents = (isResources = false) =>
  fc
    .tuple(fc.constantFrom("2012-10-17", "2012-10-17", "2008-10-17"), oneOrMore(statements(isResources)))
    .map(([Version, Statement]) => JSON.stringify({ Version, Statement }))

const contexts = fc.record(
  {
    "aws:username": oneOrMore(texts),
    "aws:PrincipalTag/team": oneOrMore(texts),
    "aws:TagKeys": fc.array(texts, { maxLength: 3 }),
    "ecs:cluster": oneOrMore(fc.constantFrom("shop", "c2hvcA==")),
    "aws:PrincipalArn": oneOrMore(fc.constantFrom(ANN, ROLE, "ann")),
    "s3:max-keys": oneOrMore(numbers),
    "aws:CurrentTime": oneOrMore(dates),
    "aws:SecureTransport": fc.constantFrom("true", "false"),
    "aws:SourceIp": oneOrMore(fc.constantFrom("10.1.2.3", "10.2.0.1", "192.168.1.1", "8.8.8.8")),
  },
  { requiredKeys: [] },
)

const who = fc.constantFrom(
  { arn: ROOT, identityArn: undefined },
  { arn: ANN, identityArn: ANN },
  { arn: SESSION, identityArn: ROLE },
  { arn: FEDERATED, identityArn: ANN },
)

const questions: fc.Arbitrary<OracleQuestion> = fc
  .record({
    who,
    identityPolicies: fc.array(documents(), { maxLength: 3 }),
    boundary: fc.option(documents(), { nil: undefined, freq: 3 }),
    sessionPolicies: fc.option(fc.array(documents(), { maxLength: 2 }), { nil: undefined, freq: 3 }),
    resourcePolicy: fc.option(documents(true), { nil: undefined, freq: 4 }),
    governs: fc.boolean(),
    action: actions,
    resource: resources,
    context: contexts,
  })
  .map(({ who, context, ...rest }) => ({
    account: ACCOUNT,
    ...who,
    ...rest,
    context: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, [value].flat()])),
  }))

function decided(question: OracleQuestion): string {
  const { account, arn, identityArn, resource, action, boundary, sessionPolicies, resourcePolicy, governs } = question
  const owner = resource.split(":")[4] ?? ""
  const refusal = decide(
    {
      requester: { kind: "identity", account, arn, identity: identityArn, identityId: undefined },
      identity: identityArn === undefined ? undefined : question.identityPolicies.map(compiledOf),
      boundary: boundary === undefined ? undefined : compiledOf(boundary),
      session: sessionPolicies?.map(compiledOf),
    },
    {
      policy: resourcePolicy === undefined ? undefined : compiledOf(resourcePolicy),
      governs,
      isOtherAccounts: owner !== "" && owner !== account,
    },
    { action, resource, context: contextOf(question.context) },
  )
  return refusal === undefined ? "allowed" : `${refusal.explicit ? "explicit" : "implicit"} ${refusal.by}`
}

test("whatever the policies and the request, the decision is the one of a slow, plain reader of the documents", () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(questions, (question) => {
      const wanted = oracle(question)
      seen.add(wanted)
      expect(decided(question)).toBe(wanted)
    }),
    { numRuns: process.env.HOMEPORT_FULL === "1" ? 200_000 : 10_000 },
  )
  // What never comes up is not tested.
  expect([...seen].sort()).toEqual([
    "allowed",
    "explicit boundary",
    "explicit identity",
    "explicit resource",
    "explicit session",
    "implicit boundary",
    "implicit identity",
    "implicit resource",
    "implicit session",
  ])
})
