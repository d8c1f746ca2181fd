import type { Call } from "../../../aws/operations.ts"
import { type FoundKey, findKey, type NamedKey } from "../find.ts"
import { beginManagedKey } from "../managed-key.ts"
import { type Key, keys } from "../tables.ts"
import { makeMaterial } from "./material.ts"

/**
 * The key of that name as it is now. What time should have brought is done when somebody looks, since nobody can tell
 * the difference, and only a caller brings the keys under which new material is sealed.
 */
export function currentKey(call: Call, named: NamedKey): FoundKey | undefined {
  beginManagedKey(call, named)
  const found = findKey(named)
  const nextAt = found?.key.rotation?.nextAt
  if (found === undefined || nextAt === undefined || nextAt > call.now || found.key.state !== "Enabled") return found
  return { ...found, key: rotated(call, found, found.key.rotation!.periodInDays, nextAt) }
}

function rotated(call: Call, { key, tx }: FoundKey, periodInDays: number, dueAt: number): Key {
  const period = periodInDays * DAY_MS
  const missed = Math.floor((call.now - dueAt) / period)
  const newer = { ...key, version: key.version + 1, rotation: { periodInDays, nextAt: dueAt + (missed + 1) * period } }
  makeMaterial({ ...call, now: dueAt + missed * period }, tx, newer, "AUTOMATIC")
  tx.put(keys, newer)
  return newer
}

const DAY_MS = 24 * 60 * 60 * 1000
