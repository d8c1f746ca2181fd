import type * as sdk from "@aws-sdk/client-kms"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { checkWhole, fault, oneOf } from "./fault.ts"
import { refuseAlias } from "./find.ts"
import { pageRequest } from "./listing.ts"
import { makeMaterial } from "./material/material.ts"
import { checkUsable, permittedCustomerKey, permittedKey, permittedOwnKey, refusePending } from "./permit.ts"
import { type Key, keyMaterials, keys } from "./tables.ts"

export const rotationOperations = {
  EnableKeyRotation(call, input) {
    const { RotationPeriodInDays } = input
    refuseAlias(input.KeyId!)
    const conditions = { "kms:RotationPeriodInDays": RotationPeriodInDays ?? PERIOD_DAYS }
    const key = permittedCustomerKey(call, input.KeyId!, { conditions })
    checkRotates(key)
    const periodInDays = RotationPeriodInDays ?? key.rotation?.periodInDays ?? PERIOD_DAYS
    checkWhole(periodInDays, "rotationPeriodInDays", 90, 2560)
    // Who says the same again must not put off the rotation by that.
    if (key.rotation?.periodInDays === periodInDays) return {}
    call.tx.put(keys, { ...key, rotation: { periodInDays, nextAt: call.now + periodInDays * DAY_MS } })
    return {}
  },

  DisableKeyRotation(call, input) {
    refuseAlias(input.KeyId!)
    const key = permittedCustomerKey(call, input.KeyId!)
    checkRotates(key)
    call.tx.put(keys, { ...key, rotation: undefined })
    return {}
  },

  GetKeyRotationStatus(call, input) {
    refuseAlias(input.KeyId!)
    const { key } = permittedKey(call, input.KeyId!)
    const isShown = key.rotation !== undefined && key.state !== "PendingDeletion"
    return {
      KeyId: key.arn,
      KeyRotationEnabled: isShown,
      ...(isShown && {
        RotationPeriodInDays: key.rotation.periodInDays,
        NextRotationDate: new Date(key.rotation.nextAt),
      }),
    }
  },

  RotateKeyOnDemand(call, input) {
    refuseAlias(input.KeyId!)
    const key = permittedCustomerKey(call, input.KeyId!)
    checkUsable(key, "ENCRYPT_DECRYPT")
    const asked = call.tx.where(keyMaterials, "key", key.id).filter(({ rotation }) => rotation === "ON_DEMAND")
    if (asked.length >= ON_DEMAND_MAX) {
      throw fault("LimitExceededException", `A key can be rotated on demand ${ON_DEMAND_MAX} times.`)
    }
    const newer: Key = { ...key, version: key.version + 1 }
    makeMaterial(call, call.tx, newer, "ON_DEMAND")
    call.tx.put(keys, newer)
    return { KeyId: key.arn }
  },

  ListKeyRotations(call, input) {
    refuseAlias(input.KeyId!)
    const included = oneOf(input.IncludeKeyMaterial ?? "ROTATIONS_ONLY", "includeKeyMaterial", INCLUDED)
    const key = permittedOwnKey(call, input.KeyId!)
    const listing = pageOf(call, {
      ...pageRequest(input, 1000),
      filters: { key: key.id, included },
      list: ({ after, limit }) => materials(call, key, included, Number(after ?? 0), limit),
      position: ({ version }) => String(version),
    })
    return {
      Rotations: listing.page.map(({ id, version, rotation, createdAt }) => ({
        KeyId: key.arn,
        KeyMaterialId: id,
        KeyMaterialState: version === key.version ? ("CURRENT" as const) : ("NON_CURRENT" as const),
        ...(rotation !== undefined && { RotationDate: new Date(createdAt), RotationType: rotation }),
      })),
      Truncated: listing.nextToken !== undefined,
      ...(listing.nextToken !== undefined && { NextMarker: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

function materials({ tx }: Call, { id }: Key, included: string, after: number, limit: number) {
  return tx
    .where(keyMaterials, "key", id)
    .filter(({ version, rotation }) => version > after && (rotation !== undefined || included === "ALL_KEY_MATERIAL"))
    .sort((a, b) => a.version - b.version)
    .slice(0, limit)
}

function checkRotates(key: Key): void {
  if (key.spec !== "SYMMETRIC_DEFAULT") {
    throw fault("UnsupportedOperationException", "Only symmetric encryption keys can be rotated.")
  }
  refusePending(key)
  checkUsable(key, "ENCRYPT_DECRYPT")
}

const INCLUDED = ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"]
const PERIOD_DAYS = 365
const DAY_MS = 24 * 60 * 60 * 1000
const ON_DEMAND_MAX = 25
