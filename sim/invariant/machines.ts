import { tasks } from "../../src/services/ecs/tables/task.ts"
import type { Node } from "../node/node.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant, MachineScene } from "./invariant.ts"

/**
 * What happened while nobody looked is found out soon. A start that an earlier process had asked for may still come about
 * after its container was stopped; that must be seen and undone.
 */
export const recordsHold: () => Invariant = lasting(
  "an agent's records are true to its machine before long",
  ({ own, agent, name }, _, notice) => {
    if (own === undefined || agent === undefined || own.machine.faults.down) return
    for (const task of own.disk.state.tasks.values()) {
      for (const { id, name: container, knownStatus, finishedAt } of task.containers) {
        const isRunning = own.machine.container(id)?.running === true
        const what = `${container} of ${shortArn(task.arn)} on ${name}`
        if (knownStatus === "STOPPED" && isRunning) notice(`${what} has stopped for its agent, and runs`)
        if (knownStatus === "RUNNING" && finishedAt === undefined && !isRunning)
          notice(`${what} runs for its agent, and does not`)
      }
    }
  },
)

/** Of an agent that is connected and has nothing left to say. */
export const regionHears: () => Invariant = lasting(
  "the region knows what an agent knows",
  ({ own, agent, name }, { read }, notice) => {
    if (own === undefined || agent?.isLinked !== true || !agent.isQuiet || read === undefined) return
    for (const { arn, knownStatus } of own.disk.state.tasks.values()) {
      const shown = read((tx) => tx.get(tasks, arn))?.lastStatus
      const isBehind =
        (knownStatus === "RUNNING" && (shown === "PENDING" || shown === "PROVISIONING")) ||
        (knownStatus === "STOPPED" && shown !== undefined && shown !== "STOPPED" && shown !== "DEPROVISIONING")
      if (isBehind) notice(`${shortArn(arn)} is ${knownStatus} on ${name}, and the region has it as ${shown}`)
    }
  },
)

/** What may be so for a moment, and not for long. */
function lasting(
  name: string,
  look: (node: Node, scene: MachineScene, notice: (what: string) => void) => void,
): () => Invariant {
  return () => {
    let since = new Map<string, number>()
    return {
      name,
      machines(scene) {
        const noticed = new Map<string, number>()
        for (const node of scene.nodes) {
          look(node, scene, (what) => noticed.set(what, since.get(what) ?? scene.monotonic))
        }
        since = noticed
        for (const [what, at] of noticed) if (scene.monotonic - at > LASTING_MS_MAX) scene.breach(what)
      },
    }
  }
}

/** Whatever is there can be found and taken away again, even by a process that has only the disk. */
export const nothingLeft: Invariant = {
  name: "all that is on a machine belongs to a task that its agent knows",
  machines({ nodes, breach }: MachineScene) {
    for (const { own, name } of nodes) {
      if (own === undefined) continue
      const { machine, disk } = own
      const known = new Set([...disk.state.tasks.values()].map(({ id }) => id))
      const there = [
        ...machine.containers.map(({ spec }) => ({ what: "a container", of: spec.taskId })),
        ...machine.places.list().map(({ taskId }) => ({ what: "a network", of: taskId })),
        ...[...machine.tasks.values()].map(({ id }) => ({ what: "a place", of: id })),
      ]
      const left = there.find(({ of }) => !known.has(of))
      if (left !== undefined) breach(`${name} has ${left.what} of the forgotten task ${left.of}`)
    }
  },
}

const LASTING_MS_MAX = 90_000
