import type { Tx } from "../../store/transaction.ts"
import { type Parameter, parameters, parameterVersionKey, parameterVersions } from "./tables.ts"

/** Deletes a parameter with all its versions; one that is put again under its name begins anew. */
export function forget(tx: Tx, { name, firstVersion, version }: Parameter): void {
  for (let number = firstVersion; number <= version; number++) {
    tx.delete(parameterVersions, parameterVersionKey(name, number))
  }
  tx.delete(parameters, name)
}
