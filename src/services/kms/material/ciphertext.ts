import type { Keys } from "../../../aws/keys.ts"
import { accountOf, regionOf } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Random } from "../../../world/world.ts"
import type { Key } from "../tables.ts"
import { materialBytes } from "./material.ts"
import { open, seal } from "./seal.ts"

/** What a ciphertext says of itself, so that whoever decrypts it need not know its key. */
export interface Header {
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly version: number
}

export type EncryptionContext = Readonly<Record<string, string>>

/** Encrypts under a key's newest material. */
export function encrypt(
  { keys, random }: { readonly keys: Keys; readonly random: Random },
  tx: Tx,
  key: Key,
  plain: Uint8Array,
  context: EncryptionContext,
): Buffer {
  const { id: keyId, version } = key
  const header = writeHeader({ account: accountOf(tx.scope), region: regionOf(tx.scope), keyId, version })
  const material = materialBytes(keys, tx, key, version)
  return Buffer.concat([header, seal(material, plain, aboutOf(header, context), random)])
}

/** Undefined for what was changed on its way, or encrypted in another context. */
export function decrypt(
  keys: Keys,
  tx: Tx,
  key: Key,
  blob: Uint8Array,
  context: EncryptionContext,
): Buffer | undefined {
  const header = readHeader(blob)
  if (header === undefined || header.version > key.version) return undefined
  const bytes = Buffer.from(blob)
  const end = headerLength(bytes)
  const material = materialBytes(keys, tx, key, header.version)
  return open(material, bytes.subarray(end), aboutOf(bytes.subarray(0, end), context))
}

/** Undefined for what is no ciphertext of ours. */
export function readHeader(blob: Uint8Array): Header | undefined {
  const bytes = Buffer.from(blob)
  if (bytes.length < FIXED_BYTES || bytes[0] !== FORMAT || bytes.length < headerLength(bytes)) return undefined
  const header: Header = {
    version: bytes.readUInt32BE(1),
    account: bytes.toString("latin1", 5, 17),
    keyId: bytes.toString("latin1", 17, 53),
    region: bytes.toString("latin1", FIXED_BYTES, headerLength(bytes)),
  }
  // What was changed on its way must not be asked for as if it were somebody's key.
  const isWhole =
    /^\d{12}$/.test(header.account) && /^[0-9a-f-]{36}$/.test(header.keyId) && /^[a-z0-9-]+$/.test(header.region)
  return isWhole ? header : undefined
}

function writeHeader({ account, region, keyId, version }: Header): Buffer {
  const fixed = Buffer.alloc(FIXED_BYTES)
  fixed[0] = FORMAT
  fixed.writeUInt32BE(version, 1)
  fixed.write(account, 5, "latin1")
  fixed.write(keyId, 17, "latin1")
  fixed[53] = region.length
  return Buffer.concat([fixed, Buffer.from(region, "latin1")])
}

function headerLength(bytes: Buffer): number {
  return FIXED_BYTES + bytes[53]!
}

/** The same for the same pairs, in whatever order they were sent. */
function aboutOf(header: Uint8Array, context: EncryptionContext): string {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([Buffer.from(header).toString("base64"), pairs])
}

const FORMAT = 1

/** Format, version, account, key id and the length of the region. */
const FIXED_BYTES = 1 + 4 + 12 + 36 + 1
