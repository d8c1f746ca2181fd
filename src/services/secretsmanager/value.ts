import type * as sdk from "@aws-sdk/client-secrets-manager"
import { Fault } from "../../aws/fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { checkWhole, fault, invalid, invalidRequest, notYet } from "./fault.ts"
import { secretFilter } from "./filter.ts"
import { type FoundSecret, permittedLiveSecret } from "./find.ts"
import { openValue, sentValue, shownValue } from "./sealing.ts"
import { CURRENT, LABELS_MAX, labelsOf, versionWith } from "./stage.ts"
import { type SecretVersion, secrets, secretVersions } from "./tables.ts"
import { addVersion, checkLabel, existingVersion, invalidToken } from "./version.ts"

export const valueOperations = {
  GetSecretValue(call, input) {
    return readValue(call, input)
  },

  PutSecretValue(call, input) {
    const found = permittedLiveSecret(call, input.SecretId!, {
      conditions: { "secretsmanager:VersionId": input.ClientRequestToken },
    })
    if (input.RotationToken !== undefined) throw notYet("rotation in another's name (RotationToken)")
    const value = sentValue(input)
    if (value === undefined) throw invalidRequest("You must provide either SecretString or SecretBinary.")
    const labels = input.VersionStages ?? [CURRENT]
    if (labels.length < 1 || labels.length > LABELS_MAX) {
      throw invalid(`A version must have between 1 and ${LABELS_MAX} staging labels.`)
    }
    for (const label of labels) checkLabel(label)
    const version = addVersion(call, found, { token: input.ClientRequestToken, labels, value })
    const { arn, name, stages } = found.tx.mustGet(secrets, found.secret.arn)
    return { ARN: arn, Name: name, VersionId: version.id, VersionStages: labelsOf(stages, version.id) }
  },

  BatchGetSecretValue(call, input) {
    call.authorize("*")
    const { SecretIdList: ids, Filters: filters, MaxResults, NextToken } = input
    if ((ids === undefined) === (filters === undefined)) {
      throw invalid("You must provide either SecretIdList or Filters, and not both.")
    }
    if (ids !== undefined) {
      if (MaxResults !== undefined) throw invalid("MaxResults goes with Filters, and not with SecretIdList.")
      if (ids.length < 1 || ids.length > BATCH_MAX) throw invalid(`SecretIdList must have 1 to ${BATCH_MAX} items.`)
      return readEach(call, ids)
    }
    call.authorizeAlso("secretsmanager:ListSecrets", "*")
    checkWhole(MaxResults ?? BATCH_MAX, "maxResults", 1, BATCH_MAX)
    const fits = secretFilter(filters!)
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults ?? BATCH_MAX,
      filters: { filters },
      list: ({ after, limit }) =>
        call.tx
          .list(secrets, { after })
          .filter((secret) => secret.deletion === undefined && fits(secret))
          .slice(0, limit),
      position: ({ arn }) => arn,
      invalidToken,
    })
    const read = readEach(
      call,
      listing.page.map(({ arn }) => arn),
    )
    return { ...read, ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }) }
  },
} satisfies Operations<typeof sdk>

/** What cannot be read is told beside what can. */
function readEach(call: Call, ids: readonly string[]) {
  const SecretValues: sdk.SecretValueEntry[] = []
  const Errors: sdk.APIErrorType[] = []
  for (const SecretId of ids) {
    try {
      SecretValues.push(readValue(call, { SecretId }, "secretsmanager:GetSecretValue"))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      Errors.push({ SecretId, ErrorCode: error.code, Message: error.message })
    }
  }
  return { SecretValues, Errors }
}

function readValue(call: Call, input: sdk.GetSecretValueRequest, action?: string) {
  const { SecretId, VersionId, VersionStage } = input
  if (VersionStage !== undefined) checkLabel(VersionStage)
  const found = permittedLiveSecret(call, SecretId!, {
    ...(action !== undefined && { action }),
    conditions: {
      "secretsmanager:VersionId": VersionId,
      "secretsmanager:VersionStage": VersionStage ?? (VersionId === undefined ? CURRENT : undefined),
    },
  })
  const version = wantedVersion(found, VersionId, VersionStage)
  const shown = shownValue(openValue(call, found, version))
  noteAccess(call, found, version)
  const { secret } = found
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...shown,
    VersionStages: labelsOf(secret.stages, version.id),
    CreatedDate: new Date(version.createdAt),
  }
}

function wantedVersion(found: FoundSecret, id: string | undefined, label: string | undefined): SecretVersion {
  const { stages } = found.secret
  if (id !== undefined) {
    const version = existingVersion(found, id)
    if (label === undefined || versionWith(stages, label) === id) return version
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
  }
  const staged = versionWith(stages, label ?? CURRENT)
  if (staged !== undefined) return existingVersion(found, staged)
  throw fault(
    "ResourceNotFoundException",
    `Secrets Manager can't find the specified secret value for staging label: ${label ?? CURRENT}`,
  )
}

/** Of an access only the day is kept, so that a secret that is read all the time is written once a day. */
function noteAccess({ now }: Call, { secret, tx }: FoundSecret, version: SecretVersion): void {
  const accessedAt = now - (now % DAY_MS)
  if (secret.accessedAt !== accessedAt) tx.put(secrets, { ...secret, accessedAt })
  if (version.accessedAt !== accessedAt) tx.put(secretVersions, { ...version, accessedAt })
}

const BATCH_MAX = 20
const DAY_MS = 24 * 60 * 60 * 1000
