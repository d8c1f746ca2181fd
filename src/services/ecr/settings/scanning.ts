import type * as sdk from "@aws-sdk/client-ecr"
import type { Operations } from "../../../aws/operations.ts"
import { resourceTagConditions } from "../../../aws/tags.ts"
import { unfit } from "../fault.ts"
import { fitsPattern } from "../image/mutability.ts"
import { checkedRepositoryName, repositoryArn } from "../names.ts"
import { checkOneOf } from "../repository/settings.ts"
import { registrySettings, repositories, type ScanningSettings } from "../tables.ts"
import { settingsOf } from "./settings.ts"

export const scanningOperations = {
  PutRegistryScanningConfiguration(call, { scanType = "BASIC", rules = [] }) {
    call.authorize("*")
    checkOneOf(scanType, ["BASIC", "ENHANCED"], "scanType")
    const kept = rules.map(({ scanFrequency, repositoryFilters = [] }) => {
      checkOneOf(scanFrequency, FREQUENCIES, "rules.scanFrequency")
      if (repositoryFilters.length === 0) throw unfit("rules.repositoryFilters", "must have at least one filter")
      return { frequency: scanFrequency!, filters: repositoryFilters.map(filterIn) }
    })
    const scanning: ScanningSettings = { type: scanType, rules: kept }
    call.tx.put(registrySettings, { ...settingsOf(call.tx), scanning })
    return { registryScanningConfiguration: shown(scanning) }
  },

  GetRegistryScanningConfiguration(call) {
    call.authorize("*")
    const { scanning = { type: "BASIC", rules: [] } as const } = settingsOf(call.tx)
    return { registryId: call.account, scanningConfiguration: shown(scanning) }
  },

  BatchGetRepositoryScanningConfiguration(call, input) {
    const names = input.repositoryNames!.map((name) => checkedRepositoryName(name, "repositoryNames"))
    if (names.length < 1 || names.length > 25) throw unfit("repositoryNames", "must have 1 to 25 members")
    const { scanning } = settingsOf(call.tx)
    const scanningConfigurations: sdk.RepositoryScanningConfiguration[] = []
    const failures: sdk.RepositoryScanningConfigurationFailure[] = []
    for (const name of names) {
      const repository = call.tx.get(repositories, name)
      call.authorize(repositoryArn(call, name), resourceTagConditions(repository?.tags ?? []))
      if (repository === undefined) {
        failures.push({
          repositoryName: name,
          failureCode: "REPOSITORY_NOT_FOUND",
          failureReason: `The repository with name '${name}' does not exist in the registry with id '${call.account}'`,
        })
        continue
      }
      const rule = scanning?.rules.find(({ filters }) => filters.some((filter) => fitsPattern(filter, name)))
      const byItself = repository.scanOnPush ? "SCAN_ON_PUSH" : "MANUAL"
      const scanFrequency = (rule?.frequency ?? byItself) as sdk.ScanFrequency
      scanningConfigurations.push({
        repositoryArn: repositoryArn(call, name),
        repositoryName: name,
        scanOnPush: scanFrequency === "SCAN_ON_PUSH",
        scanFrequency,
        appliedScanFilters: rule === undefined ? [] : rule.filters.map(shownFilter),
      })
    }
    return { scanningConfigurations, failures }
  },
} satisfies Operations<typeof sdk>

function filterIn({ filter, filterType }: sdk.ScanningRepositoryFilter): string {
  checkOneOf(filterType, ["WILDCARD"], "rules.repositoryFilters.filterType")
  if (/^[a-z0-9*](?:[._\-/]?[a-z0-9*])*$/.test(filter!)) return filter!
  throw unfit("rules.repositoryFilters.filter", "must be a name of a repository, with stars for any characters")
}

function shown({ type, rules }: ScanningSettings): sdk.RegistryScanningConfiguration {
  return {
    scanType: type,
    rules: rules.map(({ frequency, filters }) => ({
      scanFrequency: frequency as sdk.ScanFrequency,
      repositoryFilters: filters.map(shownFilter),
    })),
  }
}

function shownFilter(filter: string) {
  return { filter, filterType: "WILDCARD" as const }
}

const FREQUENCIES = ["SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"]
