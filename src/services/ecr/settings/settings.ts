import type { Tx } from "../../../store/transaction.ts"
import { type RegistrySettings, registrySettings } from "../tables.ts"

/** A registry is there from the beginning, with nothing set. */
export function settingsOf(tx: Tx): RegistrySettings {
  return tx.get(registrySettings, "registry") ?? { key: "registry", replication: [] }
}
