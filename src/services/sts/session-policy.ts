import type { Call } from "../../aws/operations.ts"
import type { Session } from "../../aws/principal.ts"
import { pack } from "../../aws/session-token.ts"
import { documentOf, policyProblem } from "../iam/index.ts"
import { checkLength, fault, invalid, unfit } from "./fault.ts"

const POLICY_LENGTH_MAX = 2048
const POLICY_ARNS_MAX = 10

/** What the policies and tags of a session may take of its token, packed. */
const PACKED_BYTES_MAX = 2048

export interface SentPolicies {
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined
}

/** The policies that a session is to be bounded by, once it is known that they are good ones. */
export function checkedPolicies(
  tx: Call["tx"],
  account: string,
  { Policy, PolicyArns = [] }: SentPolicies,
): Pick<Session, "policies" | "policyArns"> {
  if (Policy !== undefined) {
    checkLength(Policy, "policy", 1, POLICY_LENGTH_MAX)
    const problem = policyProblem(Policy, "identity")
    if (problem !== undefined) throw fault("MalformedPolicyDocumentException", problem)
  }
  if (PolicyArns.length > POLICY_ARNS_MAX) {
    throw unfit(
      `[${PolicyArns.length} policies]`,
      "policyArns",
      `Member must have length less than or equal to ${POLICY_ARNS_MAX}`,
    )
  }
  const policyArns = PolicyArns.map(({ arn = "" }) => {
    const owner = arn.split(":", 5)[4]
    if ((owner !== "aws" && owner !== account) || documentOf(tx, arn) === undefined) {
      throw invalid(`The policy ${arn} does not exist or is not attachable.`)
    }
    return arn
  })
  return { policies: Policy === undefined ? [] : [Policy], policyArns }
}

/** How much of a token's room policies and tags take, in per cent. */
export function packedSize({ policies, policyArns, tags }: Pick<Session, "policies" | "policyArns" | "tags">): number {
  const percent = Math.ceil((100 * pack({ policies, policyArns, tags }).length) / PACKED_BYTES_MAX)
  if (percent <= 100) return percent
  throw fault(
    "PackedPolicyTooLargeException",
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}

/** What an answer says of it, for a session that has any. */
export function packedSizeOf(session: Pick<Session, "policies" | "policyArns" | "tags">) {
  const size = packedSize(session)
  const isPlain = session.policies.length + session.policyArns.length + Object.keys(session.tags).length === 0
  return isPlain ? {} : { PackedPolicySize: size }
}
