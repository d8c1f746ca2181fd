import type * as sdk from "@aws-sdk/client-sts"
import type { Operations } from "../../aws/operations.ts"
import { accessKeys } from "../accounts/index.ts"
import { checkLength, invalid } from "./fault.ts"

export const callerOperations = {
  GetCallerIdentity(call) {
    call.openToAll()
    const { account, arn, userId } = call.principal
    return { Account: account, Arn: arn, UserId: userId }
  },

  GetAccessKeyInfo(call, { AccessKeyId }) {
    checkLength(AccessKeyId!, "accessKeyId", 16, 128)
    call.authorize("*")
    const key = call.tx.anywhere.installation.get(accessKeys, AccessKeyId!)
    // The key of a session is told by nothing but its token.
    if (key === undefined) throw invalid(`The access key ${AccessKeyId} is not a long-lived one of this installation.`)
    return { Account: key.account }
  },
} satisfies Operations<typeof sdk>
