import type { Container, Credentials, TaskPayload } from "../../wire/task.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import type { ContainerRecord, TaskRecord } from "../agent/records.ts"
import { type Region, RegionError } from "../region.ts"
import { handleEndpoint } from "./handler.ts"
import type { EndpointRequest } from "./message.ts"
import type { EndpointAgent } from "./tenant.ts"

const ACCOUNT = "arn:aws:ecs:us-west-2:111122223333"

/** Of the task that a test does not name. */
export const ARN = `${ACCOUNT}:task/default/8f03e41243824aea923aca126495f665`

export function aContainer(asked: Partial<Container> = {}): Container {
  return { name: "app", image: "busybox:latest", cpu: 10, memory: 128, essential: true, ...asked }
}

export function aContainerRecord(record: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    name: "app",
    id: "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66",
    endpointId: "endpoint-1",
    runtimeName: "ecs-web-3-app-cca48e8dcadd97805600",
    networkId: "network-1",
    knownStatus: "RUNNING",
    imageId: "sha256:d691691e9652791a60114e67b365688d20d19940dde7c4736ea30e660d8d3553",
    bindings: [],
    addresses: ["172.17.0.2"],
    createdAt: Date.UTC(2026, 0, 1, 0, 0, 7, 620),
    startedAt: Date.UTC(2026, 0, 1, 0, 0, 8),
    restartCount: 0,
    ...record,
  }
}

export function aTaskRecord(
  id = "8f03e41243824aea923aca126495f665",
  { payload, ...record }: Omit<Partial<TaskRecord>, "payload"> & { readonly payload?: Partial<TaskPayload> } = {},
): TaskRecord {
  const arn = `${ACCOUNT}:task/default/${id}`
  return {
    arn,
    id,
    payload: { arn, desiredStatus: "RUNNING", family: "web", version: "3", containers: [aContainer()], ...payload },
    receivedAt: Date.UTC(2026, 0, 1),
    desiredStatus: "RUNNING",
    knownStatus: "RUNNING",
    pullStartedAt: Date.UTC(2026, 0, 1, 0, 0, 1),
    pullStoppedAt: Date.UTC(2026, 0, 1, 0, 0, 6),
    containers: [aContainerRecord()],
    sent: { containers: {}, attachments: {} },
    ...record,
  }
}

export function credentialsNamed(credentialsId: string): Credentials {
  return {
    credentialsId,
    roleArn: "arn:aws:iam::111122223333:role/app",
    accessKeyId: `AKIA-${credentialsId}`,
    secretAccessKey: "the secret",
    sessionToken: "the token",
    expiration: "2026-01-01T06:00:00Z",
  }
}

export type RegionCall = Parameters<Region["call"]>
export type RegionAnswer = (...call: RegionCall) => Record<string, unknown>

/** A region that answers as the test says, and remembers what it was asked. */
export function aRegion(answer: RegionAnswer = () => ({})): Region & { readonly calls: readonly RegionCall[] } {
  const calls: RegionCall[] = []
  return {
    calls,
    name: "us-west-2",
    endpoint: "http://127.0.0.1:4566",
    async call(...call) {
      calls.push(call)
      return answer(...call)
    },
    connect: () => Promise.reject(new RegionError("Unreachable", 0, "nobody is there")),
  }
}

export function anAgent(tasks: readonly TaskRecord[], agent: Partial<EndpointAgent> = {}): EndpointAgent {
  return {
    instance: "local",
    ownNetwork: false,
    cluster: "default",
    containerInstanceArn: `${ACCOUNT}:container-instance/default/1`,
    availabilityZone: "us-west-2d",
    region: aRegion(),
    dial: () => Promise.reject(new Error("no region")),
    tasks: new Map(tasks.map((task) => [task.arn, task])),
    credentials: (id) => credentialsNamed(id),
    latest: () => undefined,
    ...agent,
  }
}

export function aRequest(url: string, request: Partial<EndpointRequest> = {}): EndpointRequest {
  const [path = "", query = ""] = url.split("?")
  return { method: "GET", path, query: new URLSearchParams(query), body: "", userAgent: "curl/8.0", ...request }
}

/** Asks as one of the tasks, which is alone in its network. */
export function askAs(
  url: string,
  task: TaskRecord,
  { agent = anAgent([task]), request = {} }: { agent?: EndpointAgent; request?: Partial<EndpointRequest> } = {},
) {
  return handleEndpoint(aRequest(url, request), () => [{ agent, task }], simulatedWorld())
}
