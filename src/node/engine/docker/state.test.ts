import { expect, test } from "vitest"
import { LABELS } from "./spec.ts"
import { type Inspected, stateOf } from "./state.ts"

const BOOTED_AT = Date.UTC(2026, 0, 2)
const NEVER = "0001-01-01T00:00:00Z"

test("what was made and did not run has no times, no process and no code", () => {
  const state = stateOf(aContainer({ Status: "created", StartedAt: NEVER, FinishedAt: NEVER }), BOOTED_AT)
  expect(state).toEqual({ id: "c1", instance: "i1", taskId: "t1", status: "created", outOfMemory: false })
})

test("what runs again does not show its last end", () => {
  const state = stateOf(aContainer({ Status: "running", Pid: 7, FinishedAt: "2026-01-02T00:00:05Z" }), BOOTED_AT)
  expect(state).toMatchObject({ status: "running", pid: 7 })
  expect(state).not.toHaveProperty("exitCode")
  expect(state).not.toHaveProperty("stoppedAt")
})

test("what ended says when and how", () => {
  expect(stateOf(aContainer({ ExitCode: 3, OOMKilled: true }), BOOTED_AT)).toMatchObject({
    status: "stopped",
    startedAt: Date.UTC(2026, 0, 2, 1),
    stoppedAt: Date.UTC(2026, 0, 2, 2),
    exitCode: 3,
    outOfMemory: true,
  })
})

test("what ended before Docker had noted its start has not ended before it began", () => {
  const { startedAt, stoppedAt } = stateOf(aContainer({ FinishedAt: "2026-01-02T00:59:59.999Z" }), BOOTED_AT)
  expect(stoppedAt).toBe(startedAt)
})

test("of what the machine took down with it nobody knows when or how", () => {
  const lost = aContainer({ ExitCode: 255, StartedAt: "2026-01-01T12:00:00Z", FinishedAt: "2026-01-02T00:00:09Z" })
  expect(stateOf(lost, BOOTED_AT)).toEqual({
    id: "c1",
    instance: "i1",
    taskId: "t1",
    status: "stopped",
    startedAt: Date.UTC(2026, 0, 1, 12),
    outOfMemory: false,
  })
  expect(stateOf(lost, undefined).exitCode).toBe(255)
})

function aContainer(state: Partial<Inspected["State"]>): Inspected {
  return {
    Id: "abc",
    Config: { Labels: { [LABELS.id]: "c1", [LABELS.instance]: "i1", [LABELS.task]: "t1" }, Tty: false },
    State: {
      Status: "exited",
      Pid: 0,
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: "2026-01-02T01:00:00Z",
      FinishedAt: "2026-01-02T02:00:00Z",
      ...state,
    },
  }
}
