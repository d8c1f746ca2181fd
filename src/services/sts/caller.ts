import type * as sdk from "@aws-sdk/client-sts"
import type { Operations } from "../../aws/operations.ts"

export const callerOperations = {
  GetCallerIdentity(call) {
    call.openToAll()
    const { account, arn, userId } = call.principal
    return { Account: account, Arn: arn, UserId: userId }
  },
} satisfies Operations<typeof sdk>
