import type * as sdk from "@aws-sdk/client-kms"
import { arnOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { requestTagConditions } from "../../aws/tags.ts"
import { accountOf } from "../../store/changes.ts"
import { newUuid } from "../../world/ids.ts"
import { checkLength, fault, invalid, notYet, oneOf } from "./fault.ts"
import { type FoundKey, refuseAlias } from "./find.ts"
import { checkPolicy, defaultPolicy } from "./key-policy.ts"
import { pageRequest } from "./listing.ts"
import { makeMaterial, materialOf } from "./material/material.ts"
import { permittedCustomerKey, permittedKey, refusePending, usageOf } from "./permit.ts"
import { type Key, type KeySpec, keys } from "./tables.ts"
import { checkedTags } from "./tag.ts"

export const keyOperations = {
  CreateKey(call, input) {
    const { Description: description = "", BypassPolicyLockoutSafetyCheck: bypasses = false } = input
    const spec = checkedSpec(input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT")
    const tags = checkedTags(input.Tags)
    call.authorize("*", {
      ...requestTagConditions(tags),
      "kms:KeySpec": spec,
      "kms:KeyUsage": input.KeyUsage ?? "ENCRYPT_DECRYPT",
      "kms:KeyOrigin": input.Origin ?? "AWS_KMS",
      "kms:MultiRegion": input.MultiRegion ?? false,
      "kms:BypassPolicyLockoutSafetyCheck": bypasses,
    })
    checkKind(input, spec)
    checkLength(description, "description", 8192)
    if (call.tx.count(keys) >= KEYS_MAX) {
      throw fault("LimitExceededException", `An account can have ${KEYS_MAX} keys in a region.`)
    }

    const id = newUuid(call.random)
    const arn = arnOf("kms", call, `key/${id}`)
    const policy = input.Policy ?? defaultPolicy(call)
    checkPolicy(call, arn, policy, bypasses)
    const key: Key = {
      id,
      arn,
      description,
      spec,
      manager: "CUSTOMER",
      state: "Enabled",
      deletionAt: undefined,
      pendingWindowInDays: undefined,
      policy,
      rotation: undefined,
      version: 1,
      tags,
      createdAt: call.now,
    }
    call.tx.put(keys, key)
    makeMaterial(call, call.tx, key)
    return { KeyMetadata: describe({ key, tx: call.tx }) }
  },

  DescribeKey(call, input) {
    return { KeyMetadata: describe(permittedKey(call, input.KeyId!)) }
  },

  ListKeys(call, input) {
    call.authorize("*")
    const listing = pageOf(call, {
      ...pageRequest(input, 1000),
      list: (from) => call.tx.list(keys, from),
      position: ({ id }) => id,
    })
    return {
      Keys: listing.page.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })),
      Truncated: listing.nextToken !== undefined,
      ...(listing.nextToken !== undefined && { NextMarker: listing.nextToken }),
    }
  },

  EnableKey(call, input) {
    change(call, input.KeyId!, { state: "Enabled" })
    return {}
  },

  DisableKey(call, input) {
    change(call, input.KeyId!, { state: "Disabled" })
    return {}
  },

  UpdateKeyDescription(call, input) {
    checkLength(input.Description!, "description", 8192)
    change(call, input.KeyId!, { description: input.Description! })
    return {}
  },
} satisfies Operations<typeof sdk>

function change(call: Call, keyId: string, changes: Partial<Pick<Key, "state" | "description">>): void {
  refuseAlias(keyId)
  const key = permittedCustomerKey(call, keyId)
  refusePending(key)
  call.tx.put(keys, { ...key, ...changes })
}

export function describe({ key, tx }: Pick<FoundKey, "key" | "tx">): sdk.KeyMetadata {
  const { spec, state } = key
  return {
    AWSAccountId: accountOf(tx.scope),
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: state === "Enabled",
    Description: key.description,
    KeyUsage: usageOf(key),
    KeyState: state,
    ...(key.deletionAt !== undefined && { DeletionDate: new Date(key.deletionAt) }),
    ...(key.pendingWindowInDays !== undefined && { PendingDeletionWindowInDays: key.pendingWindowInDays }),
    Origin: "AWS_KMS",
    KeyManager: key.manager,
    CustomerMasterKeySpec: spec,
    KeySpec: spec,
    ...(spec === "SYMMETRIC_DEFAULT"
      ? { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"], CurrentKeyMaterialId: materialOf(tx, key).id }
      : { MacAlgorithms: [macAlgorithmOf(spec)] }),
    MultiRegion: false,
  }
}

export function macAlgorithmOf(spec: Exclude<KeySpec, "SYMMETRIC_DEFAULT">): sdk.MacAlgorithmSpec {
  return `HMAC_SHA_${spec.slice("HMAC_".length)}` as sdk.MacAlgorithmSpec
}

function checkedSpec(spec: string): KeySpec {
  const known = oneOf(spec, "keySpec", ALL_SPECS)
  if (!SPECS.includes(known as KeySpec)) {
    throw notYet(`asymmetric keys (KeySpec ${known}). Use SYMMETRIC_DEFAULT or one of the HMAC specs`)
  }
  return known as KeySpec
}

function checkKind(input: sdk.CreateKeyRequest, spec: KeySpec): void {
  const { KeyUsage, CustomerMasterKeySpec, KeySpec, Origin = "AWS_KMS", MultiRegion = false } = input
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined) {
    throw invalid(
      "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.",
    )
  }
  if (KeyUsage === undefined && spec !== "SYMMETRIC_DEFAULT") {
    throw invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
  }
  if (KeyUsage !== undefined && KeyUsage !== usageOf({ spec })) {
    throw invalid(`KeyUsage ${KeyUsage} is not compatible with KeySpec ${spec}`)
  }
  if (MultiRegion) throw notYet("multi-Region keys (MultiRegion)")
  if (Origin !== "AWS_KMS" || input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw notYet("imported key material and custom key stores (Origin, CustomKeyStoreId)")
  }
}

const KEYS_MAX = 100_000
const SPECS: readonly KeySpec[] = ["SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"]
const ALL_SPECS = [
  ...["RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"],
  ...["ECC_NIST_EDWARDS25519", "SM2", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"],
  ...SPECS,
]
