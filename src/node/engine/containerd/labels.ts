import type { ContainerSpec } from "../engine.ts"
import type { Labels } from "./services.ts"

/** What has to be known of a container after a restart of this process; containerd keeps it with the container. */
export type Facts = Pick<
  ContainerSpec,
  "id" | "instance" | "taskId" | "networkId" | "name" | "terminal" | "openStdin" | "logBytesMax"
> & {
  /** That have to be mounted when it starts. */
  readonly volumes: readonly string[]
}

export function writeLabels(facts: Facts): Labels {
  return {
    "homeport/instance": facts.instance,
    "homeport/task": facts.taskId,
    "homeport/network": facts.networkId,
    "homeport/name": facts.name,
    "homeport/terminal": String(facts.terminal),
    "homeport/stdin": String(facts.openStdin),
    "homeport/log-bytes-max": String(facts.logBytesMax),
    // One to each label, as a label's length is bounded.
    ...Object.fromEntries(facts.volumes.map((name, index) => [`homeport/volume.${index}`, name])),
  }
}

/** Undefined for a container that is none of ours. */
export function readLabels(id: string, labels: Labels): Facts | undefined {
  const { "homeport/instance": instance, "homeport/task": taskId, "homeport/network": networkId } = labels
  if (instance === undefined || taskId === undefined || networkId === undefined) return undefined
  return {
    id,
    instance,
    taskId,
    networkId,
    name: labels["homeport/name"] ?? id,
    terminal: labels["homeport/terminal"] === "true",
    openStdin: labels["homeport/stdin"] === "true",
    logBytesMax: Number(labels["homeport/log-bytes-max"]),
    volumes: Object.entries(labels).flatMap(([name, value]) => (name.startsWith("homeport/volume.") ? [value] : [])),
  }
}
