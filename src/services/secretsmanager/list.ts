import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { compareStrings } from "../../base/ordering.ts"
import { checkWhole, unfit } from "./fault.ts"
import { secretFilter } from "./filter.ts"
import { describe } from "./secret.ts"
import { labelsByVersion } from "./stage.ts"
import { type Secret, secrets } from "./tables.ts"
import { invalidToken } from "./version.ts"

export const listOperations = {
  ListSecrets(call, input) {
    call.authorize("*")
    const { MaxResults = 100, NextToken, IncludePlannedDeletion = false, Filters = [] } = input
    const { SortOrder = "asc", SortBy = "created-date" } = input
    checkWhole(MaxResults, "maxResults", 1, 100)
    const fits = secretFilter(Filters)
    const placeOf = PLACES.get(SortBy)
    if (placeOf === undefined) {
      throw unfit(SortBy, "sortBy", `Member must satisfy enum value set: [${[...PLACES.keys()].join(", ")}]`)
    }
    if (SortOrder !== "asc" && SortOrder !== "desc") {
      throw unfit(SortOrder, "sortOrder", "Member must satisfy enum value set: [asc, desc]")
    }

    // Those made in the same instant go by their ARN, so that a page begins where the one before it ended.
    const position = (secret: Secret) => `${placeOf(secret)}\n${secret.arn}`
    const sign = SortOrder === "asc" ? 1 : -1
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults,
      filters: { IncludePlannedDeletion, Filters, SortOrder, SortBy },
      list: ({ after, limit }) =>
        call.tx
          .all(secrets)
          .filter((secret) => (IncludePlannedDeletion || secret.deletion === undefined) && fits(secret))
          .map((secret) => ({ secret, at: position(secret) }))
          .filter(({ at }) => after === undefined || sign * compareStrings(at, after) > 0)
          .sort((a, b) => sign * compareStrings(a.at, b.at))
          .slice(0, limit),
      position: ({ at }) => at,
      invalidToken,
    })
    return {
      SecretList: listing.page.map(({ secret }) => ({
        ...describe(secret),
        SecretVersionsToStages: labelsByVersion(secret.stages),
      })),
      ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

const inDigits = (time = 0) => String(time).padStart(15, "0")

const PLACES: ReadonlyMap<string, (secret: Secret) => string> = new Map([
  ["created-date", ({ createdAt }: Secret) => inDigits(createdAt)],
  ["last-accessed-date", ({ accessedAt }: Secret) => inDigits(accessedAt)],
  ["last-changed-date", ({ changedAt }: Secret) => inDigits(changedAt)],
  ["name", ({ name }: Secret) => name],
])
