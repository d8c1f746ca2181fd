import { createHmac, timingSafeEqual } from "node:crypto"
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from "node:fs"
import { dirname } from "node:path"
import { newHex } from "../world/ids.ts"
import type { Random } from "../world/world.ts"
import { syncDirectory } from "./durable-file.ts"

/** The secret of an installation, from which all its access keys follow. It lies beside the data, never in it. */
export type MasterKey = Uint8Array

const KEY_BYTES = 32

/** A key file that must not or cannot be used; the message tells the operator what to do. */
export class MasterKeyRefused extends Error {
  override readonly name = "MasterKeyRefused"
}

/** Reads the key of an installation, or makes one at its first start. Of two that start at once, both end with the same key. */
export function openMasterKey(path: string, random: Random): MasterKey {
  const existing = readMasterKey(path)
  if (existing !== undefined) return existing
  createMasterKey(path, random)
  return readMasterKey(path)!
}

/** Undefined when there is no such file. */
export function readMasterKey(path: string): MasterKey | undefined {
  const file = openIfThere(path)
  if (file === undefined) return undefined
  try {
    const status = fstatSync(file)
    if (!status.isFile()) {
      throw new MasterKeyRefused(`The master key ${path} is not a file. Move it away, or name another data directory.`)
    }
    if ((status.mode & OTHERS) !== 0) {
      throw new MasterKeyRefused(
        `The master key ${path} can be read by others. If nobody has read it, run "chmod 600 ${path}"; every access key follows from it.`,
      )
    }
    return decoded(readText(file), path)
  } finally {
    closeSync(file)
  }
}

/** Writes a new key; does nothing when there is one already. The file is there with all of its content, or not at all. */
export function createMasterKey(path: string, random: Random): void {
  const draft = `${path}.${newHex(random, 16)}`
  const file = openSync(draft, "wx", 0o600)
  try {
    writeSync(file, `${Buffer.from(random.bytes(KEY_BYTES)).toString("base64")}\n`)
    fsyncSync(file)
    // A link, unlike a rename, fails where a file is already: a key that is in use is never replaced.
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
  } finally {
    closeSync(file)
    unlinkSync(draft)
  }
  syncDirectory(dirname(path))
}

/** Kept with the data, it tells a wrong key from the right one and gives nothing of the key away. */
export function checkValueOf(masterKey: MasterKey): string {
  return createHmac("sha256", masterKey).update("homeport/master-key-check/v1").digest("hex")
}

export function hasCheckValue(masterKey: MasterKey, checkValue: string): boolean {
  const expected = Buffer.from(checkValueOf(masterKey))
  const given = Buffer.from(checkValue)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

const OTHERS = 0o077

function openIfThere(path: string): number | undefined {
  try {
    // Not to wait: something else than a file, such as a pipe, must not hold up the start.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw new MasterKeyRefused(
      `The master key ${path} cannot be read (${codeOf(error)}). Make it readable for the user that runs Homeport.`,
    )
  }
}

function readText(file: number): string {
  const buffer = Buffer.alloc(256)
  return buffer.toString("latin1", 0, readSync(file, buffer))
}

/** From a text that says nothing else; undefined where it is none. */
export function decodeMasterKey(text: string): MasterKey | undefined {
  const encoded = text.trimEnd()
  const key = Buffer.from(encoded, "base64")
  return key.length === KEY_BYTES && key.toString("base64") === encoded ? key : undefined
}

function decoded(text: string, path: string): MasterKey {
  const key = decodeMasterKey(text)
  if (key !== undefined) return key
  throw new MasterKeyRefused(
    `The master key ${path} is damaged: it holds no 32 bytes in base64. Bring it back from a backup.`,
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined
}
