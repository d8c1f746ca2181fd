import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { newUuid } from "../../world/ids.ts"
import { checkLength, checkWhole, fault, invalid } from "./fault.ts"
import { type FoundSecret, permittedLiveSecret, permittedSecret } from "./find.ts"
import { fingerprintOf, sealValue, type Value } from "./sealing.ts"
import { CURRENT, LABELS_MAX, labelsOf, moveStage, removeStage, type Stages, versionWith } from "./stage.ts"
import { type Secret, type SecretVersion, secrets, secretVersionKey, secretVersions } from "./tables.ts"

export const versionOperations = {
  UpdateSecretVersionStage(call, input) {
    const { VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to } = input
    const found = permittedLiveSecret(call, input.SecretId!, { conditions: { "secretsmanager:VersionStage": label } })
    const { secret, tx } = found
    checkLabel(label!)
    for (const id of [from, to]) if (id !== undefined) existingVersion(found, id)

    const attached = versionWith(secret.stages, label!)
    if (attached !== from) {
      throw invalid(
        from === undefined
          ? `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${attached}, so you must explicitly reference that version in RemoveFromVersionId.`
          : `Staging label ${label} is not attached to version ${from}, which RemoveFromVersionId names.`,
      )
    }
    if (to === undefined && label === CURRENT) {
      throw invalid(
        `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
      )
    }
    const stages = to === undefined ? removeStage(secret.stages, label!) : moveStage(secret.stages, label!, to)
    checkRoom(stages)
    tx.put(secrets, { ...secret, stages, changedAt: call.now })
    return { ARN: secret.arn, Name: secret.name }
  },

  ListSecretVersionIds(call, input) {
    const { secret, tx } = permittedSecret(call, input.SecretId!)
    const { MaxResults = 100, NextToken, IncludeDeprecated = false } = input
    checkWhole(MaxResults, "maxResults", 1, 100)
    const listing = pageOf(call, {
      token: NextToken,
      limit: MaxResults,
      filters: { secret: secret.arn, IncludeDeprecated },
      list: ({ after, limit }) =>
        tx
          .list(secretVersions, { after, where: ["secret", secret.arn] })
          .filter(({ id }) => IncludeDeprecated || labelsOf(secret.stages, id).length > 0)
          .slice(0, limit),
      position: ({ secretArn, id }) => secretVersionKey(secretArn, id),
      invalidToken,
    })
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: listing.page.map((version) => describe(secret, version)),
      ...(listing.nextToken !== undefined && { NextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

function describe({ stages }: Secret, { id, createdAt, accessedAt, sealed }: SecretVersion) {
  const labels = labelsOf(stages, id)
  return {
    VersionId: id,
    ...(labels.length > 0 && { VersionStages: labels }),
    CreatedDate: new Date(createdAt),
    ...(accessedAt !== undefined && { LastAccessedDate: new Date(accessedAt) }),
    KmsKeyIds: [sealed.keyArn],
  }
}

export interface NewVersion {
  readonly token: string | undefined
  readonly labels: readonly string[]
  readonly value: Value
}

/**
 * Adds a version and moves its labels to it. The token is the version's id: sent twice with the same value it makes one
 * version, and with another value it is refused.
 */
export function addVersion(call: Call, found: FoundSecret, { token, labels, value }: NewVersion): SecretVersion {
  const { secret, tx } = found
  const id = token ?? newUuid(call.random)
  checkLength(id, "clientRequestToken", 32, 64)
  const present = tx.get(secretVersions, secretVersionKey(secret.arn, id))
  const fingerprint = fingerprintOf(call, secret, value)
  if (present !== undefined) {
    if (present.fingerprint === fingerprint && present.kind === value.kind) return present
    throw tokenInUse(id, secret)
  }
  const sealed = sealValue(call, found, id, value)
  const { arn: secretArn } = secret
  const { kind } = value
  const version = { secretArn, id, kind, sealed, fingerprint, createdAt: call.now, accessedAt: undefined }
  tx.put(secretVersions, version)

  // The first one there is can always be read without saying which.
  const all = secret.stages[CURRENT] === undefined ? new Set([...labels, CURRENT]) : new Set(labels)
  const stages = [...all].reduce((moved, label) => moveStage(moved, label, id), secret.stages)
  checkRoom(stages)
  tx.put(secrets, { ...secret, stages, changedAt: call.now })
  forgetDeprecated(call, { secret: { ...secret, stages }, tx })
  return version
}

export function tokenInUse(token: string, { arn }: Pick<Secret, "arn">) {
  return fault(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  )
}

export function existingVersion({ secret, tx }: FoundSecret, id: string): SecretVersion {
  const version = tx.get(secretVersions, secretVersionKey(secret.arn, id))
  if (version === undefined) {
    throw fault(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for VersionId: ${id.slice(0, 64)}`,
    )
  }
  return version
}

/** A label keeps its version, so what has no end of labels has no end of versions. */
function checkRoom(stages: Stages): void {
  if (Object.keys(stages).length > LABELS_MAX) {
    throw fault("LimitExceededException", `The versions of a secret can have ${LABELS_MAX} staging labels in all.`)
  }
}

/** Versions without labels go once there are many, the oldest first, but none within a day of its making. */
function forgetDeprecated({ now }: Call, { secret, tx }: FoundSecret): void {
  const versions = tx.where(secretVersions, "secret", secret.arn)
  const surplus = versions.length - VERSIONS_MAX
  if (surplus <= 0) return
  const labelled = new Set(Object.values(secret.stages))
  const forgotten = versions
    .filter(({ id, createdAt }) => !labelled.has(id) && createdAt <= now - DAY_MS)
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, surplus)
  if (versions.length - forgotten.length > VERSIONS_PER_DAY_MAX) {
    throw fault(
      "LimitExceededException",
      `A secret can have ${VERSIONS_PER_DAY_MAX} versions made within a day. Put values less often, at most every ten minutes.`,
    )
  }
  for (const { id } of forgotten) tx.delete(secretVersions, secretVersionKey(secret.arn, id))
}

export function checkLabel(label: string): void {
  checkLength(label, "versionStage", 1, 256)
}

export function invalidToken() {
  return fault("InvalidNextTokenException", "The NextToken is not one that this listing has given out.")
}

const VERSIONS_MAX = 100

/** More than one every ten minutes makes. */
const VERSIONS_PER_DAY_MAX = 200
const DAY_MS = 24 * 60 * 60 * 1000
