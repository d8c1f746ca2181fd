import { sleep, type World } from "../../../world/world.ts"
import type { Engine, ExecResult } from "../../engine/engine.ts"
import { EngineError } from "../../engine/engine-error.ts"
import type { ContainerRecord, HealthRecord } from "../records.ts"
import { type HealthCheck, judge, OUTPUT_LENGTH_MAX, type Streak } from "./health-check.ts"
import { isUnavailable } from "./patience.ts"

/** Probes a running container again and again until it is told to end; the pause is between two probes. */
export async function monitorHealth(
  { world, engine }: { readonly world: World; readonly engine: Engine },
  container: ContainerRecord,
  check: HealthCheck,
  signal: AbortSignal,
  changed: (health: HealthRecord) => void,
): Promise<void> {
  const { id, startedAt = world.now() } = container
  let streak: Streak = { health: container.health ?? { status: "UNKNOWN", since: startedAt }, failures: 0 }
  for (;;) {
    await sleep(world, check.intervalMs, signal)
    const begunAt = world.now()
    const result = await probe(world, engine, id, check, signal)
    signal.throwIfAborted()
    if (result === undefined) continue
    const before = streak.health
    streak = judge(check, streak, result, begunAt, startedAt)
    const { status, exitCode, output } = streak.health
    if (status !== before.status || exitCode !== before.exitCode || output !== before.output) changed(streak.health)
  }
}

/** Undefined when nothing can be said of the container: it has gone, or the runtime has. */
async function probe(
  world: World,
  engine: Engine,
  id: string,
  { command, timeoutMs }: HealthCheck,
  signal: AbortSignal,
): Promise<ExecResult | undefined> {
  const late = new AbortController()
  const cancel = world.after(timeoutMs, () => late.abort())
  try {
    const limited = AbortSignal.any([signal, late.signal])
    return await engine.exec(id, { command, outputLengthMax: OUTPUT_LENGTH_MAX }, limited)
  } catch (error) {
    if (late.signal.aborted) return { exitCode: -1, output: `Health check exceeded timeout (${timeoutMs / 1000}s)` }
    if (signal.aborted || isUnavailable(error)) return undefined
    if (error instanceof EngineError) return error.kind === "gone" ? undefined : { exitCode: -1, output: error.message }
    throw error
  } finally {
    cancel()
  }
}
