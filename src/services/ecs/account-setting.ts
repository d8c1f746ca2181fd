import type * as sdk from "@aws-sdk/client-ecs"
import type { SettingName } from "@aws-sdk/client-ecs"
import { globalArnOf, parseArn } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { invalid } from "./fault.ts"
import { listed } from "./list.ts"
import { type AccountSetting, accountSettings } from "./tables/account-setting.ts"

interface Rule {
  readonly values: readonly string[]
  readonly default: string

  /** Set by AWS alone. */
  readonly managed?: true
}

const ON_OFF = ["enabled", "disabled"]

/** Every setting there is, with what it may be and what it is when nobody has set it. */
const RULES: Readonly<Record<SettingName, Rule>> = {
  awsvpcTrunking: { values: ON_OFF, default: "disabled" },
  containerInsights: { values: [...ON_OFF, "enhanced"], default: "disabled" },
  containerInstanceLongArnFormat: { values: ON_OFF, default: "enabled" },
  defaultLogDriverMode: { values: ["blocking", "non-blocking"], default: "non-blocking" },
  fargateEventWindows: { values: ON_OFF, default: "disabled" },
  fargateFIPSMode: { values: ON_OFF, default: "disabled" },
  fargateTaskRetirementWaitPeriod: { values: ["0", "7", "14"], default: "7" },
  guardDutyActivate: { values: ["on", "off"], default: "off", managed: true },
  serviceLongArnFormat: { values: ON_OFF, default: "enabled" },
  tagResourceAuthorization: { values: ["on", "off"], default: "on" },
  taskLongArnFormat: { values: ON_OFF, default: "enabled" },
}

export const accountSettingOperations = {
  PutAccountSetting(call, { name, value, principalArn }) {
    return put(call, principalOf(call, principalArn), name!, value!)
  },

  PutAccountSettingDefault(call, { name, value }) {
    return put(call, rootArn(call), name!, value!)
  },

  DeleteAccountSetting(call, { name, principalArn }) {
    const principal = principalOf(call, principalArn)
    authorize(call, name!)
    checkName(name!)
    const key = settingKey(name!, principal)
    const deleted = call.tx.get(accountSettings, key)
    call.tx.delete(accountSettings, key)
    return { setting: describe(deleted ?? { name: name!, value: RULES[name!].default, principalArn: principal }) }
  },

  ListAccountSettings(call, input) {
    const principal = principalOf(call, input.principalArn)
    call.authorize("*")
    if (input.name !== undefined) checkName(input.name)
    if (input.value !== undefined && input.name === undefined)
      throw invalid("You must specify 'name' when you specify 'value'.")

    const names = (Object.keys(RULES) as SettingName[]).sort()
    const settings = names.flatMap((name) => {
      if (input.effectiveSettings) return effectiveSetting(call, name, principal)
      return call.tx.get(accountSettings, settingKey(name, principal)) ?? []
    })
    const matching = settings.filter(
      ({ name, value }) =>
        (input.name === undefined || name === input.name) && (input.value === undefined || value === input.value),
    )
    const { page, nextToken } = listed(call, input, {
      usual: 10,
      most: 10,
      list: ({ after = "", limit }) => matching.filter(({ name }) => name > after).slice(0, limit),
      position: ({ name }) => name,
    })
    return { settings: page.map(describe), ...(nextToken !== undefined && { nextToken }) }
  },
} satisfies Operations<typeof sdk>

/** What holds for a principal: its own setting, else the account's default, else AWS's. */
export function effectiveSetting(call: Call, name: SettingName, principalArn = call.principal.arn): AccountSetting {
  const own = call.tx.get(accountSettings, settingKey(name, principalArn))
  if (own !== undefined) return own
  const root = call.tx.get(accountSettings, settingKey(name, rootArn(call)))
  return { name, value: root?.value ?? RULES[name].default, principalArn }
}

function put(call: Call, principalArn: string, name: SettingName, value: string): { setting: sdk.Setting } {
  authorize(call, name)
  checkName(name)
  const rule = RULES[name]
  if (rule.managed || !rule.values.includes(value)) throw invalid("Invalid setting 'value'")
  const setting: AccountSetting = { name, value, principalArn }
  call.tx.put(accountSettings, setting)
  return { setting: describe(setting) }
}

function authorize(call: Call, name: string): void {
  call.authorize("*", { "ecs:account-setting": name })
}

function checkName(name: string): void {
  if (!Object.hasOwn(RULES, name)) throw invalid("Invalid setting 'name'")
}

/** Whose setting is meant: the caller's own, or another's in the same account that root names. */
function principalOf(call: Call, principalArn: string | undefined): string {
  if (principalArn === undefined || principalArn === call.principal.arn) return call.principal.arn
  const isRoot = call.principal.arn === rootArn(call)
  const arn = parseArn(principalArn)
  if (!isRoot || arn?.service !== "iam" || arn.account !== call.account) throw invalid("Invalid principalArn")
  return principalArn
}

function rootArn(call: Call): string {
  return globalArnOf("iam", call, "root")
}

function settingKey(name: SettingName, principalArn: string): string {
  return accountSettings.key({ name, principalArn, value: "" })
}

function describe({ name, value, principalArn }: AccountSetting): sdk.Setting {
  return { name, value, principalArn, type: RULES[name].managed ? "aws_managed" : "user" }
}
