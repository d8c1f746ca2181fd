import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Call, Operations } from "../../aws/operations.ts"
import { inCapitals, requestTagConditions } from "../../aws/tags.ts"
import type { Random } from "../../world/world.ts"
import { checkLength, fault, invalid, invalidRequest, notYet } from "./fault.ts"
import { type FoundSecret, permittedLiveSecret, permittedSecret, secretArn } from "./find.ts"
import { fingerprintOf, openValue, sealValue, sentValue, type Value } from "./sealing.ts"
import { labelsByVersion } from "./stage.ts"
import { type Secret, secrets, secretVersionKey, secretVersions } from "./tables.ts"
import { checkedTags } from "./tag.ts"
import { addVersion, existingVersion, tokenInUse } from "./version.ts"

export const secretOperations = {
  CreateSecret(call, input) {
    const { Name: name = "", Description: description, KmsKeyId: kmsKeyId, ClientRequestToken: token } = input
    const tags = checkedTags(input.Tags)
    const arn = secretArn(call, `${name}-${newSuffix(call.random)}`)
    call.authorize(arn, {
      ...requestTagConditions(tags),
      "secretsmanager:Name": name,
      "secretsmanager:Description": description,
      "secretsmanager:KmsKeyArn": kmsKeyId,
      "secretsmanager:AddReplicaRegions": input.AddReplicaRegions?.flatMap(({ Region }) => Region ?? []),
      "secretsmanager:ForceOverwriteReplicaSecret": input.ForceOverwriteReplicaSecret,
    })
    checkName(name)
    checkDescribed(input)
    if (input.AddReplicaRegions !== undefined && input.AddReplicaRegions.length > 0) {
      throw notYet("replicas of secrets (AddReplicaRegions)")
    }
    const value = sentValue(input)
    const present = call.tx.where(secrets, "name", name)[0]
    if (present !== undefined) return alreadyThere(call, present, token, value)
    if (call.tx.count(secrets) >= SECRETS_MAX) {
      throw fault("LimitExceededException", `An account can have ${SECRETS_MAX} secrets in a region.`)
    }

    const secret: Secret = {
      arn,
      name,
      description,
      kmsKeyId,
      stages: {},
      rotation: undefined,
      policy: undefined,
      tags,
      createdAt: call.now,
      changedAt: call.now,
      accessedAt: undefined,
      deletion: undefined,
    }
    call.tx.put(secrets, secret)
    const found = { secret, tx: call.tx }
    const version = value && addVersion(call, found, { token, labels: [], value })
    return { ARN: arn, Name: name, ...(version && { VersionId: version.id }) }
  },

  DescribeSecret(call, input) {
    const { secret } = permittedSecret(call, input.SecretId!)
    return { ...describe(secret), VersionIdsToStages: labelsByVersion(secret.stages) }
  },

  UpdateSecret(call, input) {
    const found = permittedLiveSecret(call, input.SecretId!, {
      conditions: { "secretsmanager:Description": input.Description, "secretsmanager:KmsKeyArn": input.KmsKeyId },
    })
    checkDescribed(input)
    const value = sentValue(input)
    const { secret, tx } = found
    const updated: Secret = {
      ...secret,
      description: input.Description ?? secret.description,
      kmsKeyId: input.KmsKeyId ?? secret.kmsKeyId,
      changedAt: call.now,
    }
    tx.put(secrets, updated)
    if (updated.kmsKeyId !== secret.kmsKeyId) sealAgain(call, { secret: updated, tx })
    const version =
      value &&
      addVersion(call, { secret: updated, tx }, { token: input.ClientRequestToken, labels: ["AWSCURRENT"], value })
    return { ARN: secret.arn, Name: secret.name, ...(version && { VersionId: version.id }) }
  },
} satisfies Operations<typeof sdk>

/** Everything that tells about a secret, but nothing of what it is. */
export function describe(secret: Secret): sdk.SecretListEntry {
  const { rotation } = secret
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description !== undefined && { Description: secret.description }),
    ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
    ...(rotation !== undefined && {
      RotationEnabled: rotation.isEnabled,
      RotationLambdaARN: rotation.lambdaArn,
      RotationRules: {
        ...(rotation.afterDays !== undefined && { AutomaticallyAfterDays: rotation.afterDays }),
        ...(rotation.duration !== undefined && { Duration: rotation.duration }),
        ...(rotation.schedule !== undefined && { ScheduleExpression: rotation.schedule }),
      },
    }),
    LastChangedDate: new Date(secret.changedAt),
    ...(secret.accessedAt !== undefined && { LastAccessedDate: new Date(secret.accessedAt) }),
    ...(secret.deletion !== undefined && { DeletedDate: new Date(secret.deletion.askedAt) }),
    ...(secret.tags.length > 0 && { Tags: inCapitals(secret.tags) }),
    CreatedDate: new Date(secret.createdAt),
  }
}

/** Who sends the same again, because the answer was lost, gets that answer. */
function alreadyThere(call: Call, secret: Secret, token: string | undefined, value: Value | undefined) {
  const { arn, name, deletion } = secret
  if (deletion !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  }
  const version = token === undefined ? undefined : call.tx.get(secretVersions, secretVersionKey(arn, token))
  if (version === undefined || value === undefined) {
    throw fault("ResourceExistsException", `The operation failed because the secret ${name} already exists.`)
  }
  if (version.fingerprint !== fingerprintOf(call, secret, value)) throw tokenInUse(version.id, secret)
  return { ARN: arn, Name: name, VersionId: version.id }
}

/** What is in use lies under the key that the secret has now. */
function sealAgain(call: Call, found: FoundSecret): void {
  for (const id of new Set(Object.values(found.secret.stages))) {
    const version = existingVersion(found, id)
    const sealed = sealValue(call, found, id, openValue(call, found, version))
    found.tx.put(secretVersions, { ...version, sealed })
  }
}

function checkName(name: string): void {
  checkLength(name, "name", 1, 512)
  if (!/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) {
    throw fault(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    )
  }
}

function checkDescribed({ Description, KmsKeyId, Type }: sdk.UpdateSecretRequest | sdk.CreateSecretRequest): void {
  if (Description !== undefined) checkLength(Description, "description", 0, 2048)
  if (KmsKeyId !== undefined) checkLength(KmsKeyId, "kmsKeyId", 0, 2048)
  if (KmsKeyId === "") throw invalid("KmsKeyId must not be empty. Leave it out to use the account's own key.")
  if (Type !== undefined) throw notYet("secrets that a partner manages (Type)")
}

function newSuffix(random: Random): string {
  return Array.from({ length: 6 }, () => LETTERS[random.below(LETTERS.length)]).join("")
}

const SECRETS_MAX = 500_000
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
