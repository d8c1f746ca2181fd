import type { ContainerState } from "../engine.ts"
import { LABELS } from "./spec.ts"

/** What we read of Docker's answer about a container. */
export interface Inspected {
  readonly Id: string
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Tty: boolean }
  readonly State: {
    readonly Status: string
    readonly Pid: number
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly StartedAt: string
    readonly FinishedAt: string
  }
}

/** `bootedAt` is of Docker's machine, where it is known. */
export function stateOf({ Config: { Labels }, State }: Inspected, bootedAt: number | undefined): ContainerState {
  const status = statusOf(State.Status)
  const startedAt = timeOf(State.StartedAt)
  const finishedAt = timeOf(State.FinishedAt)
  // Docker makes up an end for what the machine took down with it.
  const isLost = bootedAt !== undefined && (startedAt ?? bootedAt) < bootedAt && bootedAt <= (finishedAt ?? 0)
  const isKnown = status === "stopped" && !isLost
  return {
    id: Labels[LABELS.id]!,
    instance: Labels[LABELS.instance]!,
    taskId: Labels[LABELS.task]!,
    status,
    ...(status === "running" ? { pid: State.Pid } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    // Docker notes a start when it hears of it, which may be after the end of what was short.
    ...(isKnown && finishedAt !== undefined ? { stoppedAt: Math.max(finishedAt, startedAt ?? finishedAt) } : {}),
    ...(isKnown ? { exitCode: State.ExitCode } : {}),
    outOfMemory: State.OOMKilled,
  }
}

function statusOf(status: string): ContainerState["status"] {
  if (status === "created") return "created"
  return status === "running" || status === "paused" ? "running" : "stopped"
}

/** Docker writes the year 1 for what has not happened. */
export function timeOf(text: string): number | undefined {
  return text.startsWith("0001-") ? undefined : Date.parse(text)
}
