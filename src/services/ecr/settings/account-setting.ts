import type * as sdk from "@aws-sdk/client-ecr"
import { arnOf } from "../../../aws/arn.ts"
import type { Operations } from "../../../aws/operations.ts"
import { checkOneOf } from "../repository/settings.ts"
import { accountSettings } from "../tables.ts"

export const accountSettingOperations = {
  PutAccountSetting(call, { name, value }) {
    call.authorize(arnOf("ecr", call, `account-setting/${name}`), { "ecr:AccountSetting": name })
    checkOneOf(name, Object.keys(VALUES), "name")
    checkOneOf(value, VALUES[name!]!, "value")
    call.tx.put(accountSettings, { name: name!, value: value! })
    return { name: name!, value: value! }
  },

  GetAccountSetting(call, { name }) {
    call.authorize(arnOf("ecr", call, `account-setting/${name}`), { "ecr:AccountSetting": name })
    checkOneOf(name, Object.keys(VALUES), "name")
    return { name: name!, value: call.tx.get(accountSettings, name!)?.value ?? VALUES[name!]![0]! }
  },
} satisfies Operations<typeof sdk>

/** Values of each setting; the first one is that of a registry that was told nothing. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  BASIC_SCAN_TYPE_VERSION: ["AWS_NATIVE", "CLAIR"],
  REGISTRY_POLICY_SCOPE: ["V2", "V1"],
  BLOB_MOUNTING: ["ENABLED", "DISABLED"],
}
