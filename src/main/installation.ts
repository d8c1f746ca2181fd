import { type Installation, installations, openInstallation } from "../services/accounts/index.ts"
import { INSTALLATION } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import type { World } from "../world/world.ts"
import { Refusal } from "./exit.ts"
import { checkValueOf, hasCheckValue, type MasterKey } from "./master-key.ts"
import type { MasterKeyPlace } from "./master-key-place.ts"

/** An installation and the key to it, known to belong together. */
export interface OpenInstallation {
  readonly installation: Installation
  readonly masterKey: MasterKey
}

/**
 * Opens what the journal holds with the key that lies beside it; at the very first start makes both. A key is made only
 * for an empty journal: made for one that has lost its own, it would lock everybody out and look as if nothing were wrong.
 */
export async function open(store: Store, place: MasterKeyPlace, world: World): Promise<OpenInstallation> {
  const existing = installationIn(store)
  if (existing !== undefined) return { installation: existing, masterKey: keyTo(existing, place) }

  const masterKey = place.open(world.random)
  const outcome = store.attempt(INSTALLATION, (tx) =>
    openInstallation(tx, checkValueOf(masterKey), world.now(), world.random),
  )
  if (!outcome.ok) throw outcome.error
  await store.whenDurable(outcome.version)
  return { installation: outcome.value, masterKey }
}

/**
 * Refuses when the key here does not fit: a standby that could not open what it follows says so at once, not on the
 * day when it is to take over. False while there is nothing yet that a key could fit.
 */
export function mustFit(store: Store, place: MasterKeyPlace): boolean {
  const installation = installationIn(store)
  if (installation !== undefined) keyTo(installation, place)
  return installation !== undefined
}

function keyTo({ masterKeyCheck }: Installation, place: MasterKeyPlace): MasterKey {
  const masterKey = place.read()
  if (masterKey === undefined) {
    throw new Refusal(
      `The journal belongs to an installation whose master key is not here. Bring it back from a backup, or from another server of the installation, to ${place.name}; or give it as HOMEPORT_MASTER_KEY.`,
    )
  }
  if (!hasCheckValue(masterKey, masterKeyCheck)) {
    throw new Refusal(
      `The master key of ${place.name} is not the one that belongs to the journal. Bring back the right one, or name another data directory with --data.`,
    )
  }
  return masterKey
}

function installationIn(store: Store): Installation | undefined {
  for (const [, record] of store.everyRecord(installations)) return record as Installation
  return undefined
}
