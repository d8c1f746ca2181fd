import { createHash, type Hash } from "node:crypto"
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rm,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { parentPort } from "node:worker_threads"
import { FolderSync } from "./file-folder-sync.ts"
import type { Answer, Order, Place } from "./file-orders.ts"

// Writes, hashes and syncs, each order to its end: what waits for the disk here keeps nobody else waiting.

interface OpenUpload {
  /** Undefined when a write has failed: nobody knows what the file holds. */
  digest: Hash | undefined
  unsynced: number

  /** What was synced before the end, once it is. */
  early: Promise<unknown>
}

const port = parentPort!
const uploads = new Map<string, OpenUpload>()
const files = new Map<string, number>()
const folders = new Map<string, FolderSync>()
let isPutting = false
let puts: { readonly id: number; readonly order: Extract<Order, { kind: "put" }> }[] = []

port.on("message", ({ id, order }: { readonly id: number; readonly order: Order }) => {
  if (order.kind === "put") {
    // What else has arrived by then shares the sync of a folder.
    if (puts.length === 0 && !isPutting) setImmediate(() => void putAll())
    puts.push({ id, order })
    return
  }
  try {
    carryOut(id, order)
  } catch (error) {
    refuse(id, error)
  }
})

function carryOut(id: number, order: Exclude<Order, { kind: "put" }>): void {
  const { path } = order
  switch (order.kind) {
    case "resume":
      resume(path, order.size)
      break
    case "write":
      write(path, order.at, order.bytes)
      break
    case "end":
      end(path).then(
        (digest) => answer({ id, digest }),
        (error) => refuse(id, error),
      )
      return
    case "place":
      moved(path, order.place)
      folderOf(order.place)
        .sync()
        .then(
          () => answer({ id }),
          (error) => refuse(id, error),
        )
      return
    case "close":
      closed(path)
      uploads.delete(path)
      if (order.remove) rmSync(path, { force: true })
  }
  answer({ id })
}

function resume(path: string, size: number): void {
  closed(path)
  uploads.delete(path)
  closeSync(openSync(path, "a", 0o600))
  const file = opened(path)
  const digest = createHash("sha256")
  ftruncateSync(file, size)
  const piece = Buffer.alloc(Math.min(size, PIECE_BYTES))
  for (let at = 0; at < size; ) {
    const read = readSync(file, piece, 0, Math.min(piece.length, size - at), at)
    digest.update(piece.subarray(0, read))
    at += read
  }
  uploads.set(path, { digest, unsynced: 0, early: Promise.resolve() })
}

/** The file of an upload. What is used stands at the end. */
function opened(path: string): number {
  const file = files.get(path) ?? openSync(path, "r+")
  files.delete(path)
  files.set(path, file)
  if (files.size > OPEN_MAX) restOldest()
  return file
}

/** Uploads that nobody ends must not keep files open. Once one is closed nobody hears any more that the disk failed. */
function restOldest(): void {
  const [path, file] = files.entries().next().value!
  try {
    fdatasyncSync(file)
  } catch {
    uploads.get(path)!.digest = undefined
  }
  closed(path)
}

function closed(path: string): void {
  const file = files.get(path)
  if (file === undefined) return
  files.delete(path)
  closeSync(file)
}

function write(path: string, at: number, bytes: Uint8Array): void {
  const upload = whole(path)
  const file = opened(path)
  try {
    mustLeaveRoom(path, bytes.length)
    writeAll(file, bytes, at)
  } catch (error) {
    upload.digest = undefined
    throw error
  }
  upload.digest!.update(bytes)
  upload.unsynced += bytes.length
  if (upload.unsynced < SYNC_BYTES) return
  // So that at the end there is little left to wait for.
  upload.unsynced = 0
  const syncing = synced(file).catch(() => {
    // The system tells once that it has lost something, and says nothing of it at the end.
    upload.digest = undefined
  })
  upload.early = Promise.all([upload.early, syncing])
}

async function end(path: string): Promise<string> {
  await whole(path).early
  fdatasyncSync(opened(path))
  return `sha256:${whole(path).digest!.copy().digest("hex")}`
}

function whole(path: string): OpenUpload {
  const upload = uploads.get(path)
  if (upload?.digest === undefined) throw new Error("an earlier part of the upload could not be written")
  return upload
}

/** Whatever has arrived is written together: the disk is asked once for many. */
async function putAll(): Promise<void> {
  isPutting = true
  while (puts.length > 0) {
    const all = puts
    puts = []
    await Promise.all(all.map((put) => putOne(put)))
  }
  isPutting = false
}

async function putOne({ id, order: { draft, bytes, place } }: (typeof puts)[number]): Promise<void> {
  try {
    mustLeaveRoom(dirname(draft), bytes.length)
    const file = openSync(draft, "w", 0o600)
    try {
      writeAll(file, bytes, 0)
      await synced(file)
    } finally {
      closeSync(file)
    }
    moved(draft, place)
    await folderOf(place).sync()
    answer({ id })
  } catch (error) {
    refuse(id, error)
    rm(draft, { force: true }, () => {})
  }
}

const synced = promisify(fdatasync)

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  // A disk that fills up takes what fits and says nothing; asked for the rest, it says why.
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written, at + written)
  }
}

/** Images must not fill the disk to its end: what the region writes down for everyone may lie on the same. */
function mustLeaveRoom(path: string, bytes: number): void {
  const { bavail, blocks, bsize } = statfsSync(path)
  if (bavail * bsize - bytes > Math.min(ROOM_BYTES, (blocks * bsize) / 20)) return
  throw Object.assign(new Error("no room is left but what others need"), { code: "ENOSPC" })
}

function moved(from: string, { folder, name }: Place): void {
  renameSync(from, join(folder, name))
}

function folderOf({ folder }: Place): FolderSync {
  const known = folders.get(folder)
  if (known !== undefined) return known
  const opened = new FolderSync(folder)
  folders.set(folder, opened)
  return opened
}

function refuse(id: number, error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException
  answer({ id, error: { code, message } })
}

function answer(given: Answer): void {
  port.postMessage(given)
}

const PIECE_BYTES = 2 ** 20
const ROOM_BYTES = 512 * 2 ** 20
const OPEN_MAX = 256
const SYNC_BYTES = 32 * 2 ** 20
