import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Call, Operations } from "../../aws/operations.ts"
import { isGone, policyProblem, principalsNamed } from "../iam/index.ts"
import { fault } from "./fault.ts"
import { permittedLiveSecret } from "./find.ts"
import { secrets } from "./tables.ts"

export const resourcePolicyOperations = {
  GetResourcePolicy(call, input) {
    const { secret } = permittedLiveSecret(call, input.SecretId!)
    const { arn, name, policy } = secret
    return { ARN: arn, Name: name, ...(policy !== undefined && { ResourcePolicy: policy }) }
  },

  PutResourcePolicy(call, input) {
    const { ResourcePolicy: policy, BlockPublicPolicy: blocks } = input
    const conditions = { "secretsmanager:BlockPublicPolicy": blocks }
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!, { conditions })
    const problem = problemOf(call, policy!)
    if (problem !== undefined) throw fault("MalformedPolicyDocumentException", problem)
    if (blocks && letsEveryoneIn(policy!)) {
      throw fault("PublicPolicyException", "You can't attach a resource policy that grants access to everyone.")
    }
    tx.put(secrets, { ...secret, policy: policy! })
    return { ARN: secret.arn, Name: secret.name }
  },

  DeleteResourcePolicy(call, input) {
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!)
    tx.put(secrets, { ...secret, policy: undefined })
    return { ARN: secret.arn, Name: secret.name }
  },

  ValidateResourcePolicy(call, input) {
    if (input.SecretId === undefined) call.authorize("*")
    else permittedLiveSecret(call, input.SecretId)
    const policy = input.ResourcePolicy!
    const problem = problemOf(call, policy)
    const errors = [
      ...(problem === undefined ? [] : [{ CheckName: "POLICY_SYNTAX", ErrorMessage: problem }]),
      ...(problem === undefined && letsEveryoneIn(policy)
        ? [{ CheckName: "PUBLIC_POLICY", ErrorMessage: "The policy grants access to everyone." }]
        : []),
    ]
    return { PolicyValidationPassed: errors.length === 0, ValidationErrors: errors }
  },
} satisfies Operations<typeof sdk>

interface Statement {
  readonly Effect?: unknown
  readonly Principal?: unknown
  readonly Condition?: unknown
}

function problemOf({ tx }: Call, document: string): string | undefined {
  if (document.length > POLICY_LENGTH_MAX) return `The policy is longer than ${POLICY_LENGTH_MAX} characters.`
  try {
    JSON.parse(document)
  } catch {
    return "This resource policy contains invalid Json"
  }
  if (principalsNamed(document).some((name) => isGone(tx, name)))
    return "This resource policy contains an unsupported principal."
  return policyProblem(document, "resource")
}

/** An allow for everyone that no condition narrows. */
function letsEveryoneIn(document: string): boolean {
  const { Statement } = JSON.parse(document) as { readonly Statement: Statement | readonly Statement[] }
  return [Statement].flat().some(({ Effect, Principal, Condition }) => {
    if (Effect !== "Allow" || Condition !== undefined) return false
    const named = typeof Principal === "object" && Principal !== null ? Object.values(Principal).flat() : [Principal]
    return named.includes("*")
  })
}

const POLICY_LENGTH_MAX = 20_480
