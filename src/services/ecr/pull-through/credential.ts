import { parseArn } from "../../../aws/arn.ts"
import { OperationCall } from "../../../aws/call.ts"
import { CommonFault } from "../../../aws/common-fault.ts"
import { Fault } from "../../../aws/fault.ts"
import type { Call } from "../../../aws/operations.ts"
import { authorizer, ensureLinkedRole, roleArn } from "../../iam/index.ts"
import { readSecretValue } from "../../secretsmanager/index.ts"
import { fault, unfit } from "../fault.ts"
import { type Home, recordsOf } from "../names.ts"
import type { UpstreamLogin } from "./upstream.ts"

/** A credential's ARN as it may be named, which has to be of a secret of the registry's own account and region. */
export function checkedCredential(call: Pick<Call, "account" | "region">, arn: string): string {
  if (arn.length < 50 || arn.length > 612 || !ARN.test(arn)) {
    throw unfit("credentialArn", `must satisfy regular expression '${ARN.source}'`)
  }
  const { account, region } = parseArn(arn)!
  if (account === call.account && region === call.region) return arn
  throw fault(
    "UnableToAccessSecretException",
    "The secret must be in the account and the region of the pull through cache rule. Name one that is.",
  )
}

/** Who we are in another registry, as a secret says. ECR reads it by a role of its own, whoever pulls. */
export function readCredential(call: Call, home: Home, credentialArn: string): UpstreamLogin {
  const account = recordsOf(call, home)
  const role = ensureLinkedRole(asOwner(call, home, account), LINKED_SERVICE)
  const identity = roleArn(home, role)
  const reader = asOwner(call, home, account, {
    account: home.account,
    arn: `arn:${call.partition}:sts::${home.account}:assumed-role/${role.name}/ecr`,
    userId: `${role.id}:ecr`,
    accessKeyId: "",
    identity,
  })
  try {
    return loginIn((readSecretValue(reader, { SecretId: credentialArn }) as { SecretString?: string }).SecretString)
  } catch (error) {
    throw translated(error)
  }
}

function asOwner(call: Call, home: Home, tx: Call["tx"], principal = call.principal): Call {
  const caller = { ...call, ...home, principal, service: "secretsmanager", operation: "GetSecretValue" }
  return new OperationCall({ ...caller, action: "secretsmanager:GetSecretValue" }, tx, authorizer, { given: false })
}

function loginIn(text = ""): UpstreamLogin {
  let content: { readonly username?: unknown; readonly accessToken?: unknown } | null = null
  try {
    content = JSON.parse(text)
  } catch {
    // Told below, without a word of what is in it.
  }
  const { username, accessToken } = content ?? {}
  if (typeof username === "string" && typeof accessToken === "string") return { username, password: accessToken }
  throw fault(
    "UnableToAccessSecretException",
    "The secret must be a JSON object with the keys username and accessToken. Put such a value into it.",
  )
}

function translated(error: unknown): unknown {
  if (error instanceof CommonFault && error.kind === "denied") {
    return fault("UnableToAccessSecretException", "Amazon ECR is not allowed to read the secret.")
  }
  if (!(error instanceof Fault)) return error
  switch (error.code) {
    case "ResourceNotFoundException":
      return fault("SecretNotFoundException", "The specified secret does not exist.")
    case "DecryptionFailure":
    case "AccessDeniedException":
      return fault(
        "UnableToDecryptSecretValueException",
        "Amazon ECR is not able to decrypt the secret. Encrypt it under aws/secretsmanager.",
      )
    case "InvalidRequestException":
      return fault("UnableToAccessSecretException", "The specified secret waits for its deletion. Restore it first.")
    default:
      return error
  }
}

const LINKED_SERVICE = "pullthroughcache.ecr.amazonaws.com"
const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-zA-Z0-9-]+:\d{12}:secret:ecr-pullthroughcache\/[a-zA-Z0-9/_+=.@-]+$/
