import type { SettingName } from "@aws-sdk/client-ecs"
import { table } from "../../../store/table.ts"

/** A setting that a principal has set for itself, or the account's root as the default for all. */
export interface AccountSetting {
  readonly name: SettingName
  readonly value: string
  readonly principalArn: string
}

export const accountSettings = table({
  name: "ecs/account-settings",
  version: 1,
  key: (setting: AccountSetting) => `${setting.name} ${setting.principalArn}`,
})
