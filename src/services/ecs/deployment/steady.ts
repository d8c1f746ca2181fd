import type { Turn } from "../../../store/controller.ts"
import { REPEATED_AFTER_MS, tell, writeAction } from "../service/event.ts"
import type { Service } from "../tables/service.ts"

/** The service with since when it is steady. It is said when it becomes so, and again every six hours while it stays so. */
export function keptSteady(turn: Turn, service: Service, isSteady: boolean): Service {
  const { steady, ...rest } = service
  if (!isSteady) return steady === undefined ? service : rest
  const { now } = turn
  const toldAt = steady?.toldAt ?? Number.NEGATIVE_INFINITY
  if (now < toldAt + REPEATED_AFTER_MS) {
    turn.wakeAt(toldAt + REPEATED_AFTER_MS)
    return service
  }
  tell(turn, service, "has reached a steady state.")
  writeAction(turn, service, "SERVICE_STEADY_STATE")
  turn.wakeAt(now + REPEATED_AFTER_MS)
  return { ...rest, steady: { since: steady?.since ?? now, toldAt: now } }
}
