import type * as sdk from "@aws-sdk/client-ecr"
import type { Operations } from "../../../aws/operations.ts"
import { unfit } from "../fault.ts"
import { findImage, noImage } from "../image/find.ts"
import { authorizedRepository, recordsOf } from "../names.ts"
import { checkOneOf } from "../repository/settings.ts"
import { settingsOf } from "../settings/settings.ts"
import { imageKey, images, type ReplicationRule, registrySettings, repositories } from "../tables.ts"
import { destinationsOf } from "./plan.ts"

export const replicationOperations = {
  DescribeRegistry(call) {
    call.authorize("*")
    return { registryId: call.account, replicationConfiguration: shown(settingsOf(call.tx).replication) }
  },

  PutReplicationConfiguration(call, { replicationConfiguration }) {
    call.authorize("*")
    const replication = rulesIn(replicationConfiguration!.rules!)
    const isToItself = replication.some(({ destinations }) =>
      destinations.some(({ region, account }) => region === call.region && account === call.account),
    )
    if (isToItself) throw unfit("replicationConfiguration", "The source registry cannot be a destination")
    call.tx.put(registrySettings, { ...settingsOf(call.tx), replication, replicationSince: call.now })
    return { replicationConfiguration: shown(replication) }
  },

  DescribeImageReplicationStatus(call, input) {
    const found = authorizedRepository(call, input)
    const { tx, home, repository } = found
    const image = findImage(found, input.imageId!)
    if (image === undefined) throw noImage(home, repository, input.imageId!)
    const replicationStatuses = destinationsOf(settingsOf(tx).replication, repository.name).map((destination) => {
      const there = recordsOf(call, destination)
      const copy = there.get(repositories, repository.name)
      const isThere = copy !== undefined && there.get(images, imageKey(copy.id, image.digest)) !== undefined
      const status = isThere ? ("COMPLETE" as const) : ("IN_PROGRESS" as const)
      return { region: destination.region, registryId: destination.account, status }
    })
    return { repositoryName: repository.name, imageId: { imageDigest: image.digest }, replicationStatuses }
  },
} satisfies Operations<typeof sdk>

function rulesIn(rules: readonly sdk.ReplicationRule[]): readonly ReplicationRule[] {
  if (rules.length > RULES_MAX) throw unfit("replicationConfiguration.rules", `must have at most ${RULES_MAX} members`)
  return rules.map(({ destinations, repositoryFilters = [] }) => {
    if (destinations!.length > DESTINATIONS_MAX) {
      throw unfit("replicationConfiguration.rules.destinations", `must have at most ${DESTINATIONS_MAX} members`)
    }
    return {
      destinations: destinations!.map(({ region, registryId }) => {
        if (!/^[0-9a-z-]{2,25}$/.test(region!))
          throw unfit("destinations.region", "must satisfy regular expression '[0-9a-z-]{2,25}'")
        if (!/^\d{12}$/.test(registryId!))
          throw unfit("destinations.registryId", "must satisfy regular expression '[0-9]{12}'")
        return { region: region!, account: registryId! }
      }),
      prefixes: repositoryFilters.map(({ filter, filterType }) => {
        checkOneOf(filterType, ["PREFIX_MATCH"], "repositoryFilters.filterType")
        return filter!
      }),
    }
  })
}

function shown(rules: readonly ReplicationRule[]): sdk.ReplicationConfiguration {
  return {
    rules: rules.map(({ destinations, prefixes }) => ({
      destinations: destinations.map(({ region, account }) => ({ region, registryId: account })),
      repositoryFilters: prefixes.map((filter) => ({ filter, filterType: "PREFIX_MATCH" as const })),
    })),
  }
}

const RULES_MAX = 10
const DESTINATIONS_MAX = 25
