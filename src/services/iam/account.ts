import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { rootKeys } from "../accounts/index.ts"
import { alreadyExists, noSuchEntity, unfit } from "./fault.ts"
import { checkLength, checkRange } from "./names.ts"
import {
  accountSettings,
  groups,
  instanceProfiles,
  managedPolicies,
  openIdProviders,
  type PasswordPolicy,
  roles,
  users,
} from "./tables.ts"

export const accountOperations = {
  CreateAccountAlias(call, { AccountAlias }) {
    const alias = checkedAlias(AccountAlias!)
    call.authorize("*")
    const settings = settingsOf(call)
    if (settings.alias === alias) throw alreadyExists(`The account alias ${alias} already exists.`)
    call.tx.put(accountSettings, { ...settings, alias })
    return {}
  },

  DeleteAccountAlias(call, { AccountAlias }) {
    const alias = checkedAlias(AccountAlias!)
    call.authorize("*")
    const { alias: present, ...settings } = settingsOf(call)
    if (present !== alias) throw noSuchEntity(`The account alias ${alias} cannot be found.`)
    call.tx.put(accountSettings, settings)
    return {}
  },

  ListAccountAliases(call) {
    call.authorize("*")
    const { alias } = settingsOf(call)
    return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false }
  },

  UpdateAccountPasswordPolicy(call, input) {
    call.authorize("*")
    const { MinimumPasswordLength: minimumLength = 6, MaxPasswordAge, PasswordReusePrevention } = input
    checkRange(minimumLength, "minimumPasswordLength", 6, 128)
    if (MaxPasswordAge !== undefined) checkRange(MaxPasswordAge, "maxPasswordAge", 1, 1095)
    if (PasswordReusePrevention !== undefined) checkRange(PasswordReusePrevention, "passwordReusePrevention", 1, 24)
    const passwordPolicy: PasswordPolicy = {
      minimumLength,
      requireSymbols: input.RequireSymbols ?? false,
      requireNumbers: input.RequireNumbers ?? false,
      requireUppercase: input.RequireUppercaseCharacters ?? false,
      requireLowercase: input.RequireLowercaseCharacters ?? false,
      mayChangeOwn: input.AllowUsersToChangePassword ?? false,
      maxAgeDays: MaxPasswordAge,
      reusePrevention: PasswordReusePrevention,
      hardExpiry: input.HardExpiry,
    }
    call.tx.put(accountSettings, { ...settingsOf(call), passwordPolicy })
    return {}
  },

  GetAccountPasswordPolicy(call) {
    call.authorize("*")
    return { PasswordPolicy: describePasswordPolicy(existingPasswordPolicy(call)) }
  },

  DeleteAccountPasswordPolicy(call) {
    call.authorize("*")
    existingPasswordPolicy(call)
    const { passwordPolicy: _, ...settings } = settingsOf(call)
    call.tx.put(accountSettings, settings)
    return {}
  },

  GetAccountSummary(call) {
    call.authorize("*")
    const { tx } = call
    return {
      SummaryMap: {
        ...QUOTAS,
        Users: tx.count(users),
        Groups: tx.count(groups),
        Roles: tx.count(roles),
        Policies: tx.count(managedPolicies),
        PolicyVersionsInUse: tx.all(managedPolicies).reduce((sum, { versions }) => sum + versions.length, 0),
        InstanceProfiles: tx.count(instanceProfiles),
        Providers: tx.count(openIdProviders),
        ServerCertificates: 0,
        MFADevices: 0,
        MFADevicesInUse: 0,
        AccountMFAEnabled: 0,
        AccountAccessKeysPresent: rootKeys(tx, call.account).length > 0 ? 1 : 0,
        AccountSigningCertificatesPresent: 0,
      },
    }
  },
} satisfies Operations<typeof sdk>

const QUOTAS = {
  UsersQuota: 5000,
  GroupsQuota: 300,
  RolesQuota: 1000,
  PoliciesQuota: 1500,
  PolicyVersionsInUseQuota: 10_000,
  InstanceProfilesQuota: 1000,
  ServerCertificatesQuota: 20,
  AccessKeysPerUserQuota: 2,
  SigningCertificatesPerUserQuota: 2,
  GroupsPerUserQuota: 10,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  VersionsPerPolicyQuota: 5,
  PolicySizeQuota: 6144,
  UserPolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  RolePolicySizeQuota: 10_240,
  AssumeRolePolicySizeQuota: 2048,
  GlobalEndpointTokenVersion: 2,
}

function settingsOf({ tx }: Call) {
  return tx.get(accountSettings, "settings") ?? { key: "settings" as const }
}

function existingPasswordPolicy(call: Call): PasswordPolicy {
  const { passwordPolicy } = settingsOf(call)
  if (passwordPolicy !== undefined) return passwordPolicy
  throw noSuchEntity(`The Password Policy with domain name ${call.account} cannot be found.`)
}

function describePasswordPolicy(policy: PasswordPolicy): sdk.PasswordPolicy {
  return {
    MinimumPasswordLength: policy.minimumLength,
    RequireSymbols: policy.requireSymbols,
    RequireNumbers: policy.requireNumbers,
    RequireUppercaseCharacters: policy.requireUppercase,
    RequireLowercaseCharacters: policy.requireLowercase,
    AllowUsersToChangePassword: policy.mayChangeOwn,
    ExpirePasswords: policy.maxAgeDays !== undefined,
    ...(policy.maxAgeDays !== undefined && { MaxPasswordAge: policy.maxAgeDays }),
    ...(policy.reusePrevention !== undefined && { PasswordReusePrevention: policy.reusePrevention }),
    ...(policy.hardExpiry !== undefined && { HardExpiry: policy.hardExpiry }),
  }
}

const ALIAS = /^[a-z0-9]([a-z0-9]|-(?!-))*[a-z0-9]$/

function checkedAlias(alias: string): string {
  checkLength(alias, "accountAlias", 3, 63)
  if (ALIAS.test(alias)) return alias
  throw unfit(
    alias,
    "accountAlias",
    "Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
  )
}
