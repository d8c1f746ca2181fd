import { expect, test } from "vitest"
import { lengthOf } from "../document.ts"
import { policyProblem } from "../policy/problem.ts"
import { LINKED_ROLES } from "../service-linked.ts"
import { awsManagedPolicies, awsManagedPolicy } from "./index.ts"

const policies = awsManagedPolicies("aws")

test.each(policies)("$arn is a good policy", ({ versions }) => {
  expect(policyProblem(versions[0]!.document, "managed")).toBeUndefined()
  expect(lengthOf(versions[0]!.document)).toBeLessThan(6144)
})

test("no two have the same name, ARN or id", () => {
  for (const of of ["name", "arn", "id"] as const) {
    expect(new Set(policies.map((policy) => policy[of])).size).toBe(policies.length)
  }
})

test("the policies of services' own roles are there", () => {
  for (const { policies } of Object.values(LINKED_ROLES)) {
    for (const name of policies) expect(awsManagedPolicy("aws", `policy/${name}`)).toBeDefined()
  }
})

test("another partition has the same ones, about its own resources", () => {
  const policy = awsManagedPolicy("aws-cn", "policy/AmazonECS_FullAccess")!
  expect(policy.arn).toBe("arn:aws-cn:iam::aws:policy/AmazonECS_FullAccess")
  expect(policy.versions[0]!.document).toContain("arn:aws-cn:iam::*:role/ecsInstanceRole*")
  expect(policy.versions[0]!.document).not.toContain("arn:aws:")
})
