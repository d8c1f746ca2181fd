// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import fc from "fast-check"
import { expect, test } from "vitest"
import { compiledOf } from "./compile.ts"
import { contextOf } from "./context.ts"
import { type PolicyKind, policyProblem } from "./problem.ts"

const GOOD = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::shop/*" }
const { Resource: _, ...WITHOUT_RESOURCE } = GOOD
const { Action: __, ...WITHOUT_ACTION } = GOOD
const TRUST = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }

const document = (...Statement: unknown[]) => ({ Version: "2012-10-17", Statement })
const problemOf = (value: unknown, kind: PolicyKind = "managed") =>
  policyProblem(typeof value === "string" ? value : JSON.stringify(value), kind)

test.each([
  ["a single statement, in no list", { Version: "2012-10-17", Id: "mine", Statement: GOOD }],
  ["lists of everything", document({ ...GOOD, Sid: "a1", Action: ["s3:*", "*"], Resource: ["*", "arn:aws:s3:::a"] })],
  ["what is excepted", document({ Effect: "Deny", NotAction: "iam:*", NotResource: "arn:aws:iam::*:user/*" })],
  [
    "numbers, truth and times",
    document({
      ...GOOD,
      Condition: {
        Bool: { "aws:SecureTransport": true },
        DateLessThan: { "aws:CurrentTime": "2024-01-01T00:00:00Z" },
        NumericEquals: { "s3:max-keys": 10 },
      },
    }),
  ],
  [
    "operators with all that may stand around them",
    document({ ...GOOD, Condition: { "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": ["a", "b"] } } }),
  ],
  [
    "a time that only a request knows",
    document({ ...GOOD, Condition: { DateLessThan: { "aws:CurrentTime": ["1700000000"] } } }),
  ],
  ["an operator without keys", document({ ...GOOD, Condition: { StringEquals: {} } })],
])("%s may be written", (_name, value) => {
  expect(problemOf(value)).toBe(undefined)
})

const SYNTAX = "Syntax errors in policy."
const LEGACY = "The policy failed legacy parsing"
const VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."

test.each([
  ["{", SYNTAX],
  ["[]", SYNTAX],
  [{ Version: "2012-10-17" }, SYNTAX],
  [document(), SYNTAX],
  [{ ...document(GOOD), Version: "2013-10-17" }, SYNTAX],
  [{ ...document(GOOD), Extra: 1 }, SYNTAX],
  [document({ ...GOOD, Extra: 1 }), SYNTAX],
  [document({ ...GOOD, Effect: "Maybe" }), SYNTAX],
  [document({ ...GOOD, Sid: 1 }), SYNTAX],
  [document({ ...GOOD, NotAction: "s3:*" }), SYNTAX],
  [document({ ...GOOD, NotResource: "*" }), SYNTAX],
  [document({ ...GOOD, Resource: [1] }), SYNTAX],
  [document({ ...GOOD, Condition: { StringMatches: { "aws:username": "a" } } }), SYNTAX],
  [document({ ...GOOD, Condition: { NullIfExists: { "aws:username": "true" } } }), SYNTAX],
  [document({ ...GOOD, Condition: { "ForAllValue:StringLike": { "aws:TagKeys": "a" } } }), SYNTAX],
  [document({ ...GOOD, Condition: { StringEquals: { "aws:username": {} } } }), SYNTAX],
  [document({ ...GOOD, Principal: { Anyone: "*" } }), SYNTAX],
  [{ Statement: [GOOD] }, "Policy document must be version 2012-10-17 or greater."],
  [{ Version: "2008-10-17", Statement: [GOOD] }, "Policy document must be version 2012-10-17 or greater."],
  [document({ ...GOOD, Principal: "*" }), "Policy document should not specify a principal."],
  [document({ ...GOOD, Effect: "allow" }), LEGACY],
  [document({ ...GOOD, Condition: { DateLessThan: { "aws:CurrentTime": "tomorrow" } } }), LEGACY],
  [document({ ...GOOD, Sid: "a" }, { ...GOOD, Sid: "a" }), "Statement IDs (SID) in a single policy must be unique."],
  [
    document({ ...GOOD, Sid: "a-b" }),
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  ],
  [document(WITHOUT_ACTION), "Policy statement must contain actions."],
  [document({ ...GOOD, Action: [] }), "Policy statement must contain actions."],
  [document(WITHOUT_RESOURCE), "Policy statement must contain resources."],
  [document({ ...GOOD, Resource: [] }), "Policy statement must contain resources."],
  [document({ ...GOOD, Resource: "shop" }), 'Resource shop must be in ARN format or "*".'],
  [document({ ...GOOD, Resource: "arn:b:s3:::shop" }), 'Partition "b" is not valid for resource "arn:b:s3:::shop".'],
  [document({ ...GOOD, Resource: "a:b" }), 'Partition "b" is not valid for resource "arn:b:*:*:*:*".'],
  [document({ ...GOOD, Resource: "arn:aws" }), "Resource vendor must be fully qualified and cannot contain regexes."],
  [document({ ...GOOD, Resource: "arn:aws:s3" }), LEGACY],
  [
    document({ ...GOOD, Resource: "arn:aws:iam:us-east-1:111122223333:user/ann" }),
    "IAM resource arn:aws:iam:us-east-1:111122223333:user/ann cannot contain region information.",
  ],
  [document({ ...GOOD, Action: "GetObject" }), VENDOR],
  [document({ ...GOOD, Action: "" }), VENDOR],
  [document({ ...GOOD, Action: "s3:a:b" }), "Actions/Condition can contain only one colon."],
  [document({ ...GOOD, Action: "a a:GetObject" }), "Vendor a a is not valid"],
  [document({ ...GOOD, Condition: { StringEquals: { username: "a" } } }), VENDOR],
])("%j is refused", (value, problem) => {
  expect(problemOf(value)).toBe(problem)
})

test("an inline policy may be of the older version, or state none", () => {
  expect(problemOf({ Version: "2008-10-17", Statement: [GOOD] }, "identity")).toBe(undefined)
  expect(problemOf({ Statement: [GOOD] }, "identity")).toBe(undefined)
})

test("a policy of a resource says who, and may have titles as statement ids", () => {
  const statement = { ...GOOD, Sid: "Enable IAM User Permissions", Principal: { AWS: ["111122223333", "*"] } }
  expect(problemOf(document(statement), "resource")).toBe(undefined)
  expect(problemOf(document(GOOD), "resource")).toBe("Missing required field Principal")
})

test.each([
  [document(TRUST), undefined],
  [{ Version: "2008-10-17", Statement: { ...TRUST, Action: ["sts:AssumeRole", "sts:TagSession"] } }, undefined],
  [document({ ...TRUST, Resource: "*" }), "Has prohibited field Resource"],
  [document({ Effect: "Allow", Action: "sts:AssumeRole" }), "Missing required field Principal"],
  [
    document({ ...TRUST, Action: "s3:GetObject" }),
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity",
  ],
])("of the trust policy %j is said %s", (value, problem) => {
  expect(problemOf(value, "trust")).toBe(problem)
})

/** Anything that JSON can hold, now and then with what has a meaning in policies. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(
    "*",
    "s3:*",
    "arn:aws:s3:::a",
    "${",
    "${aws:username}",
    "${a,'b",
    "Allow",
    "Deny",
    { AWS: "*" },
    "sts:AssumeRole",
  ),
)
const conditions = fc.dictionary(
  fc.constantFrom("StringLike", "IpAddress", "DateEquals", "Null", "ForAnyValue:ArnLike", "NumericEquals", "Other"),
  fc.dictionary(fc.constantFrom("aws:username", "", "a:b"), anything, { maxKeys: 2 }),
  { maxKeys: 2 },
)
const mostly = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anything })
const statements = fc.record(
  {
    Effect: mostly(fc.constantFrom("Allow", "Deny")),
    Action: mostly(fc.constantFrom("*", ["s3:*"], "sts:AssumeRole")),
    Resource: mostly(fc.constantFrom("*", ["arn:aws:s3:::${a}"])),
    Principal: mostly(fc.constantFrom("*", { AWS: ["111122223333"] })),
    Condition: mostly(conditions),
  },
  { requiredKeys: ["Effect", "Action"] },
)

test("a document that nothing is said against can be asked, whatever stands in it", () => {
  const kinds = fc.constantFrom<PolicyKind>("managed", "identity", "resource", "trust")
  let good = 0
  fc.assert(
    fc.property(fc.oneof(statements, fc.array(statements, { maxLength: 2 })), kinds, (Statement, kind) => {
      const text = JSON.stringify({ Version: "2012-10-17", Statement })
      if (policyProblem(text, kind) !== undefined) return
      good++
      const request = {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::a",
        context: contextOf({ "aws:username": ["a"] }),
      }
      const verdict = { isDenied: false, allows: undefined }
      compiledOf(text).ask(request, verdict, { kind: "Service", name: "ecs.amazonaws.com" })
    }),
    { numRuns: 5000 },
  )
  expect(good).toBeGreaterThan(100)
})
