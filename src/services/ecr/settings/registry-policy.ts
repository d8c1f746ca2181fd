import type * as sdk from "@aws-sdk/client-ecr"
import type { Call, Operations } from "../../../aws/operations.ts"
import { fault } from "../fault.ts"
import { policyIn } from "../repository/settings.ts"
import { registrySettings } from "../tables.ts"
import { settingsOf } from "./settings.ts"

export const registryPolicyOperations = {
  PutRegistryPolicy(call, { policyText }) {
    call.authorize("*")
    const policy = policyIn(policyText!, "registry")
    call.tx.put(registrySettings, { ...settingsOf(call.tx), policy })
    return { registryId: call.account, policyText: policy }
  },

  GetRegistryPolicy(call) {
    call.authorize("*")
    return { registryId: call.account, policyText: existing(call) }
  },

  DeleteRegistryPolicy(call) {
    call.authorize("*")
    const policyText = existing(call)
    const { policy: _, ...without } = settingsOf(call.tx)
    call.tx.put(registrySettings, without)
    return { registryId: call.account, policyText }
  },
} satisfies Operations<typeof sdk>

function existing({ tx, account }: Call): string {
  const { policy } = settingsOf(tx)
  if (policy !== undefined) return policy
  throw fault("RegistryPolicyNotFoundException", `Registry policy does not exist in the registry with id '${account}'`)
}
