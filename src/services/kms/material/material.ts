import type { Keys } from "../../../aws/keys.ts"
import { assert } from "../../../base/assert.ts"
import type { Tx } from "../../../store/transaction.ts"
import { newHex } from "../../../world/ids.ts"
import type { Random } from "../../../world/world.ts"
import { type Key, type KeyMaterial, keyMaterialKey, keyMaterials } from "../tables.ts"
import { open, seal } from "./seal.ts"

/** What making new material needs; an operation has it, and so does a controller that was given the keys. */
export interface Maker {
  readonly keys: Keys
  readonly random: Random
  readonly now: number
}

/** Draws what a key encrypts with from now on. */
export function makeMaterial(
  { keys, random, now }: Maker,
  tx: Tx,
  { id: keyId, arn, spec, version }: Pick<Key, "id" | "arn" | "spec" | "version">,
  rotation?: KeyMaterial["rotation"],
): void {
  const plain = random.bytes(MATERIAL_BYTES[spec])
  const sealed = seal(keys.derive(PURPOSE), plain, `${arn}/${version}`, random).toString("base64")
  tx.put(keyMaterials, { keyId, version, id: newHex(random, ID_DIGITS), sealed, rotation, createdAt: now })
}

/** The bytes of one version; they are never kept beyond the operation that asks. */
export function materialBytes(keys: Keys, tx: Tx, key: Key, version: number): Uint8Array {
  const material = tx.mustGet(keyMaterials, keyMaterialKey(key.id, version))
  const plain = open(keys.derive(PURPOSE), Buffer.from(material.sealed, "base64"), `${key.arn}/${version}`)
  assert(plain, `the material of ${key.arn} does not open under this installation's master key`)
  return plain
}

export function materialOf(tx: Tx, { id, version }: Pick<Key, "id" | "version">): KeyMaterial {
  return tx.mustGet(keyMaterials, keyMaterialKey(id, version))
}

const PURPOSE = "kms/v1"
const ID_DIGITS = 64
const MATERIAL_BYTES = { SYMMETRIC_DEFAULT: 32, HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 } as const
