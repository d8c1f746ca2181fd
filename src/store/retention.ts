import { type Controller, controller, on } from "./controller.ts"
import { type AnyTable, RETENTION } from "./table.ts"

/** Forgets the records that their table says have been kept long enough, a bounded number at a time. */
export function retention(tables: readonly AnyTable[]): Controller[] {
  return tables.flatMap((table) => {
    const kept = table.retention
    if (kept === undefined) return []
    return controller({
      name: `retention of ${table.name}`,
      wakes: [on(table, (record) => (kept.until(record) === undefined ? undefined : "all"))],
      reconcile({ tx, now, again, wakeAt }) {
        const due = tx.range(table, RETENTION, { to: now + 1, limit: FORGOTTEN_PER_TURN })
        for (const record of due) tx.delete(table, table.key(record))
        if (due.length === FORGOTTEN_PER_TURN) return again()
        const [next] = tx.range(table, RETENTION, { limit: 1 })
        if (next !== undefined) wakeAt(kept.until(next)!)
      },
    })
  })
}

const FORGOTTEN_PER_TURN = 200
