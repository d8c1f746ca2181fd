import { expect, test } from "vitest"
import { compiledOf } from "./compile.ts"
import { contextOf } from "./context.ts"
import { decide } from "./decide.ts"

const ACCOUNT = "111122223333"
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const USER = `arn:aws:iam::${ACCOUNT}:user/ann`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`
const FEDERATED = `arn:aws:sts::${ACCOUNT}:federated-user/bob`

const NOTHING = [policy({ Effect: "Allow", Action: "sqs:*", Resource: "*" })]
const EVERYTHING = [policy({ Effect: "Allow", Action: "*", Resource: "*" })]
const DENIAL = [policy({ Effect: "Deny", Action: "s3:*", Resource: "*" })]

function policy(...Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement })
}

function allowing(Principal: unknown): string {
  return policy({ Effect: "Allow", Principal, Action: "s3:GetObject", Resource: "*" })
}

interface Case {
  readonly arn?: string
  readonly identity?: string
  readonly policies?: readonly string[]
  readonly boundary?: readonly string[]
  readonly session?: readonly string[]
  readonly resource?: string
  readonly governs?: boolean
  readonly isOtherAccounts?: boolean
}

function decisionOf(given: Case): string {
  const { arn = USER, identity = arn, policies = NOTHING, boundary, session, resource } = given
  const refusal = decide(
    {
      requester: {
        kind: "identity",
        account: ACCOUNT,
        arn,
        identity: arn === ROOT ? undefined : identity,
        identityId: "AIDA1",
      },
      identity: arn === ROOT ? undefined : policies.map(compiledOf),
      boundary: boundary && compiledOf(boundary[0]!),
      session: session?.map(compiledOf),
    },
    {
      policy: resource === undefined ? undefined : compiledOf(resource),
      governs: given.governs ?? false,
      isOtherAccounts: given.isOtherAccounts ?? false,
    },
    { action: "s3:GetObject", resource: "arn:aws:s3:::shop/a", context: contextOf({}) },
  )
  return refusal === undefined ? "allowed" : `${refusal.explicit ? "explicit" : "implicit"} ${refusal.by}`
}

const session = { arn: SESSION, identity: ROLE }
const federated = { arn: FEDERATED, identity: USER }
const bounded = { boundary: NOTHING, session: NOTHING }

test.each<[string, Case, string]>([
  ["nothing is allowed that no policy allows", {}, "implicit identity"],
  ["an identity's policy allows", { policies: EVERYTHING }, "allowed"],
  ["a denial counts whatever else allows", { policies: [...EVERYTHING, ...DENIAL] }, "explicit identity"],
  ["a boundary allows nothing by itself", { boundary: EVERYTHING }, "implicit identity"],
  ["a boundary bounds", { policies: EVERYTHING, boundary: NOTHING }, "implicit boundary"],
  ["a boundary may deny", { policies: EVERYTHING, boundary: DENIAL }, "explicit boundary"],
  ["a session's policies bound", { ...session, policies: EVERYTHING, session: NOTHING }, "implicit session"],
  [
    "one of several session policies is enough",
    { ...session, policies: EVERYTHING, session: [...NOTHING, ...EVERYTHING] },
    "allowed",
  ],
  [
    "a session without policies, where it needs some, may nothing",
    { ...federated, policies: EVERYTHING, session: [] },
    "implicit session",
  ],
  ["a root may everything", { arn: ROOT }, "allowed"],
  [
    "a root is bound by what a resource denies",
    { arn: ROOT, resource: policy({ Effect: "Deny", Principal: "*", Action: "*", Resource: "*" }) },
    "explicit resource",
  ],

  // AWS's table of resource-based policies in the same account.
  ["a user that is named needs nothing else", { resource: allowing({ AWS: USER }), boundary: NOTHING }, "allowed"],
  [
    "a role's session that is named needs nothing else",
    { ...session, ...bounded, resource: allowing({ AWS: SESSION }) },
    "allowed",
  ],
  ["a role that is named needs no identity policy", { ...session, resource: allowing({ AWS: ROLE }) }, "allowed"],
  [
    "a role that is named stays in its boundary",
    { ...session, ...bounded, resource: allowing({ AWS: ROLE }) },
    "implicit boundary",
  ],
  [
    "a role that is named stays in its session",
    { ...session, session: NOTHING, resource: allowing({ AWS: ROLE }) },
    "implicit session",
  ],
  [
    "a federated user that is named needs nothing else",
    { ...federated, ...bounded, resource: allowing({ AWS: FEDERATED }) },
    "allowed",
  ],
  [
    "the user behind a federated one bounds it",
    { ...federated, session: [], resource: allowing({ AWS: USER }) },
    "implicit session",
  ],
  ["everyone means each directly", { ...session, ...bounded, resource: allowing("*") }, "allowed"],
  ["everyone of AWS is everyone", { ...session, ...bounded, resource: allowing({ AWS: "*" }) }, "allowed"],
  ["the account's name allows nobody by itself", { resource: allowing({ AWS: ROOT }) }, "implicit identity"],
  [
    "the account's number is short for its root",
    { resource: allowing({ AWS: ACCOUNT }), policies: EVERYTHING },
    "allowed",
  ],
  ["a user's id names it", { resource: allowing({ AWS: "AIDA1" }) }, "allowed"],
  [
    "a role's id names the role, and not its session",
    { ...session, ...bounded, resource: allowing({ AWS: "AIDA1" }) },
    "implicit boundary",
  ],
  [
    "a resource's policy that names nobody means nobody",
    { resource: policy({ Effect: "Allow", Action: "*", Resource: "*" }) },
    "implicit identity",
  ],
  ["somebody else's name changes nothing", { resource: allowing({ AWS: ROLE }) }, "implicit identity"],
  [
    "a resource may deny",
    {
      policies: EVERYTHING,
      resource: policy({ Effect: "Deny", Principal: { AWS: USER }, Action: "*", Resource: "*" }),
    },
    "explicit resource",
  ],

  [
    "where a resource governs, its policy has to allow",
    { policies: EVERYTHING, governs: true, resource: allowing({ AWS: ROLE }) },
    "implicit resource",
  ],
  [
    "where a resource governs, so it does without a policy",
    { policies: EVERYTHING, governs: true },
    "implicit resource",
  ],
  [
    "where a resource governs, root needs it too",
    { arn: ROOT, governs: true, resource: allowing({ AWS: USER }) },
    "implicit resource",
  ],
  [
    "where a resource governs, it may leave it to the account",
    { policies: EVERYTHING, governs: true, resource: allowing({ AWS: ROOT }) },
    "allowed",
  ],
  ["and the account then decides", { governs: true, resource: allowing({ AWS: ROOT }) }, "implicit identity"],
  [
    "where a resource governs, who is named needs nothing else",
    { governs: true, resource: allowing({ AWS: USER }) },
    "allowed",
  ],

  ["another account's resource has to allow", { policies: EVERYTHING, isOtherAccounts: true }, "implicit resource"],
  [
    "to be named by another account is not enough",
    { isOtherAccounts: true, resource: allowing({ AWS: USER }) },
    "implicit identity",
  ],
  [
    "both accounts agree",
    { policies: EVERYTHING, isOtherAccounts: true, resource: allowing({ AWS: ACCOUNT }) },
    "allowed",
  ],
  [
    "between accounts a boundary bounds who is named too",
    { policies: EVERYTHING, boundary: NOTHING, isOtherAccounts: true, resource: allowing("*") },
    "implicit boundary",
  ],
  ["another account's resource has to allow a root as well", { arn: ROOT, isOtherAccounts: true }, "implicit resource"],
])("%s", (_name, given, decision) => {
  expect(decisionOf(given)).toBe(decision)
})

const DENYING_OTHERS = (AWS: string[]) => policy({ Effect: "Deny", NotPrincipal: { AWS }, Action: "*", Resource: "*" })

test("a denial of all but some spares only whom it lists by every name", () => {
  const given = { ...session, policies: EVERYTHING }
  expect(decisionOf({ ...given, resource: DENYING_OTHERS([SESSION, ROLE, ROOT]) })).toBe("allowed")
  expect(decisionOf({ ...given, resource: DENYING_OTHERS([SESSION, ROLE]) })).toBe("explicit resource")
  expect(decisionOf({ ...given, resource: DENYING_OTHERS([ROLE, ROOT]) })).toBe("explicit resource")
  expect(decisionOf({ policies: EVERYTHING, resource: DENYING_OTHERS([USER, ACCOUNT]) })).toBe("allowed")
})
