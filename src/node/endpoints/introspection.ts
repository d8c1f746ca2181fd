import type { ContainerRecord, TaskRecord } from "../agent/records.ts"
import { answer, type EndpointRequest, type EndpointResponse } from "./message.ts"
import { askedFor, timeOf, volumesOf } from "./metadata/container.ts"
import { networksOf } from "./metadata/networks.ts"
import { portsOf } from "./metadata/ports.ts"
import type { EndpointAgent } from "./tenant.ts"

/** What a person on the machine can ask of an agent at port 51678. */
export function handleIntrospection(request: EndpointRequest, agent: EndpointAgent, version: string): EndpointResponse {
  switch (request.path.replace(/\/+$/, "")) {
    case "/v1/metadata":
      return answer({
        Cluster: agent.cluster,
        ContainerInstanceArn: agent.containerInstanceArn ?? null,
        Version: `Homeport Agent - v${version}`,
      })
    case "/v1/tasks":
      return tasksOf(request.query, agent)
    default:
      return answer({ AvailableCommands: ["/v1/metadata", "/v1/tasks"] })
  }
}

function tasksOf(query: URLSearchParams, { tasks }: EndpointAgent): EndpointResponse {
  const arn = query.get("taskarn")
  const dockerId = query.get("dockerid")
  if (arn !== null && dockerId !== null) return answer(NO_TASK, 400)
  if (arn !== null) {
    const task = tasks.get(arn)
    return task === undefined ? answer(NO_TASK, 404) : answer(introspect(task))
  }
  if (dockerId === null) return answer({ Tasks: [...tasks.values()].map(introspect) })

  // People copy the short form of an id.
  const isNamed = ({ id }: ContainerRecord) =>
    id === dockerId || (dockerId !== "" && dockerId.length <= SHORT_ID_LENGTH && id.startsWith(dockerId))
  const found = [...tasks.values()].filter(({ containers }) => containers.some(isNamed))
  const count = found.flatMap(({ containers }) => containers.filter(isNamed)).length
  if (count === 0) return answer(NO_TASK, 404)
  return count > 1 ? answer(NO_TASK, 400) : answer(introspect(found[0]!))
}

function introspect(task: TaskRecord) {
  const { arn, payload, desiredStatus, knownStatus } = task
  return {
    Arn: arn,
    DesiredStatus: desiredStatus,
    KnownStatus: knownStatus === "RUNNING" || knownStatus === "STOPPED" ? knownStatus : "PENDING",
    Family: payload.family,
    Version: payload.version,
    Containers: task.containers.map((container) => {
      const asked = askedFor(task, container)
      const ports = portsOf(container.bindings, payload.networkMode === "awsvpc")
      const volumes = volumesOf(payload, asked)
      return {
        DockerId: container.id,
        DockerName: container.runtimeName,
        Name: container.name,
        Image: asked.image,
        ImageID: container.imageId ?? "",
        ...(container.createdAt !== undefined && { CreatedAt: timeOf(container.createdAt) }),
        ...(container.startedAt !== undefined && { StartedAt: timeOf(container.startedAt) }),
        ...(ports.length > 0 && { Ports: ports }),
        Networks: networksOf(payload, container, { full: false }),
        ...(volumes.length > 0 && { Volumes: volumes }),
        ...(asked.restartPolicy?.enabled && { RestartCount: container.restartCount }),
      }
    }),
  }
}

/** As the agent says that there is none. */
const NO_TASK = { Arn: "", KnownStatus: "", Family: "", Version: "", Containers: null }
const SHORT_ID_LENGTH = 12
