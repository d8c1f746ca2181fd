import type * as sdk from "@aws-sdk/client-kms"
import { globalArnOf } from "../../aws/arn.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { isGone, policyProblem, principalsNamed } from "../iam/index.ts"
import { fault } from "./fault.ts"
import { refuseAlias } from "./find.ts"
import { permittedCustomerKey, permittedOwnKey, refusePending } from "./permit.ts"
import { keys } from "./tables.ts"

export const keyPolicyOperations = {
  GetKeyPolicy(call, input) {
    refuseAlias(input.KeyId!)
    const key = permittedOwnKey(call, input.KeyId!)
    checkName(input.PolicyName)
    return { Policy: key.policy, PolicyName: NAME }
  },

  PutKeyPolicy(call, input) {
    refuseAlias(input.KeyId!)
    const { BypassPolicyLockoutSafetyCheck: bypasses = false, Policy: policy } = input
    const conditions = { "kms:BypassPolicyLockoutSafetyCheck": bypasses }
    const key = permittedCustomerKey(call, input.KeyId!, { conditions })
    checkName(input.PolicyName)
    refusePending(key)
    checkPolicy(call, key.arn, policy!, bypasses)
    call.tx.put(keys, { ...key, policy: policy! })
    return {}
  },

  ListKeyPolicies(call, input) {
    refuseAlias(input.KeyId!)
    permittedOwnKey(call, input.KeyId!)
    return { PolicyNames: [NAME], Truncated: false }
  },
} satisfies Operations<typeof sdk>

/** Lets the account's own policies decide, as the console and CreateKey have it. */
export function defaultPolicy(call: Pick<Call, "account" | "region">): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Id: "key-default-1",
    Statement: [
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: globalArnOf("iam", call, "root") },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  })
}

/** A policy that locks out whoever puts it, and the account as well, makes a key that nobody can look after any more. */
export function checkPolicy(call: Call, arn: string, document: string, bypasses: boolean): void {
  if (document.length > POLICY_LENGTH_MAX) {
    throw fault("LimitExceededException", `Policy size exceeds the limit of ${POLICY_LENGTH_MAX} bytes`)
  }
  const problem = policyProblem(document, "resource")
  if (problem !== undefined) throw fault("MalformedPolicyDocumentException", problem)
  const named = principalsNamed(document)
  if (named.some((name) => isGone(call.tx, name))) {
    throw fault("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
  }
  if (bypasses || named.includes(call.account) || named.includes(globalArnOf("iam", call, "root"))) return
  try {
    call.authorizeAlso("kms:PutKeyPolicy", arn, { "kms:CallerAccount": call.account }, { document, governs: true })
  } catch (error) {
    if (!(error instanceof CommonFault)) throw error
    throw fault(
      "MalformedPolicyDocumentException",
      "The new key policy will not allow you to update the key policy in the future.",
    )
  }
}

function checkName(name: string = NAME): void {
  if (name !== NAME) throw fault("NotFoundException", "No such policy exists")
}

const NAME = "default"
const POLICY_LENGTH_MAX = 32 * 1024
