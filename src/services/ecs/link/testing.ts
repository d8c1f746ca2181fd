import { hash } from "node:crypto"
import { canonicalRequest } from "../../../aws/canonical-request.ts"
import type { FrontDoor } from "../../../aws/front-door.ts"
import { type HttpRequest, type HttpResponse, NO_BODY } from "../../../aws/http.ts"
import { SigningKeys, sign } from "../../../aws/signing-key.ts"
import type { Socket } from "../../../aws/socket.ts"
import { type SocketPair, socketPair } from "../../../aws/socket-pair.testing.ts"
import { type AcsFromRegion, acsFromAgent, acsFromRegion, type Payload } from "../../../wire/acs.ts"
import type { TaskPayload } from "../../../wire/task.ts"
import { type TcsFromRegion, tcsFromAgent, tcsFromRegion, withSignature } from "../../../wire/tcs.ts"
import type { World } from "../../../world/world.ts"

/** An agent's way to the region: its API, and its two connections. */
export interface AgentRoad {
  call(operation: string, input: object): Promise<Answer>

  /** The socket when it was granted, or why it was not. */
  dial(path: string, parameters: Readonly<Record<string, string>>): Promise<Line | HttpResponse>
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface Line {
  readonly socket: Socket
  cut(): void
}

export interface RoadOptions {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly region?: string
  readonly delayMs?: number
}

/** Signs requests as an agent does: host and date, and no header beside. */
export function signer(world: Pick<World, "now">, credentials: RoadOptions["credentials"], region = "us-east-1") {
  const keys = new SigningKeys()
  return (request: Omit<HttpRequest, "signal">): HttpRequest => {
    const timestamp = new Date(world.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "")
    const scope = `${timestamp.slice(0, 8)}/${region}/ecs/aws4_request`
    const credential = `${credentials.accessKeyId}/${scope}`
    const headers: Record<string, string | undefined> = { ...request.headers, "x-amz-date": timestamp }
    const signedHeaders = Object.keys(headers).toSorted()
    const whole = { ...request, headers, signal: new AbortController().signal }
    const contentHash = hash("sha256", request.body as Uint8Array)
    const canonical = canonicalRequest(whole, { signedHeaders, contentHash, isObjectStore: false })!
    const key = keys.of(credential, credentials.secretAccessKey)
    const signature = sign(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash("sha256", canonical)}`)
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`
    return whole
  }
}

/** A road straight to a front door in this process: signed as an agent signs, and nothing between. */
export function roadTo(door: () => FrontDoor, world: World, options: RoadOptions): AgentRoad {
  const { credentials, region = "us-east-1", delayMs = 0 } = options
  const signed = signer(world, credentials, region)
  const host = "127.0.0.1:4566"

  return {
    async call(operation, input) {
      const headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
      }
      const body = Buffer.from(JSON.stringify(input))
      const request = signed({ method: "POST", path: "/", query: "", headers: { ...headers, host }, body })
      const answer = await door().handle(request)
      return { status: answer.status, body: JSON.parse(String(answer.body)) }
    },

    async dial(path, parameters) {
      const query = new URLSearchParams(parameters).toString()
      const request = signed({ method: "GET", path, query, headers: { host }, body: NO_BODY })
      const answer = await door().upgrade(request)
      if (answer === undefined) return { status: 404, headers: {}, body: "" }
      if ("status" in answer) return answer
      const pair: SocketPair = socketPair(world, { delayMs })
      answer.take(pair.near)
      return { socket: pair.far, cut: () => pair.cut() }
    },
  }
}

/** How an agent behaves where the real one has a choice, or fails. */
export interface Behaviour {
  /** From the payload to RUNNING, and from the stop to STOPPED. */
  readonly startMs: number
  readonly stopMs: number

  /** Whether it acknowledges what it is told, and whether it answers heartbeats. */
  readonly acknowledges: boolean
  readonly answersHeartbeats: boolean

  /** Whether it reports what becomes of tasks. */
  readonly reports: boolean
}

interface AgentTask {
  readonly payload: TaskPayload
  status: "PENDING" | "RUNNING" | "STOPPED"
  desired: "RUNNING" | "STOPPED"
}

/**
 * An agent that runs nothing: it registers, connects, obeys, acknowledges and reports by the rules of the real one, so
 * far as the region can tell. It starts nothing by itself but what time brings, and draws nothing from chance.
 */
export class FakeAgent {
  /** All that the region has said on the connections, in order. */
  readonly heard: AcsFromRegion[] = []
  readonly heardOfTelemetry: TcsFromRegion[] = []

  /** Codes with which connections have ended. */
  readonly ends: number[] = []
  readonly tasks = new Map<string, AgentTask>()
  instanceArn = ""
  behaviour: Behaviour
  readonly #world: World
  readonly #road: AgentRoad
  readonly #cluster: string
  readonly #reports = new Map<string, object[]>()
  #line: Line | undefined
  #telemetry: Line | undefined
  #manifestNumber = 0
  #hasConnected = false

  constructor(
    world: World,
    road: AgentRoad,
    { cluster = "default", ...behaviour }: Partial<Behaviour> & { cluster?: string } = {},
  ) {
    this.#world = world
    this.#road = road
    this.#cluster = cluster
    this.behaviour = {
      startMs: 100,
      stopMs: 100,
      acknowledges: true,
      answersHeartbeats: true,
      reports: true,
      ...behaviour,
    }
  }

  get isConnected(): boolean {
    return this.#line !== undefined
  }

  /** Registers, again under its own name once it has one. */
  async register(
    machine: { readonly cpu?: number; readonly memory?: number; readonly attributes?: object[] } = {},
  ): Promise<string> {
    const { cpu = 4096, memory = 8192, attributes = [] } = machine
    const { status, body } = await this.#road.call("RegisterContainerInstance", {
      cluster: this.#cluster,
      ...(this.instanceArn !== "" && { containerInstanceArn: this.instanceArn }),
      attributes: [...CAPABILITIES.map((name) => ({ name })), ...attributes],
      instanceIdentityDocument: "",
      instanceIdentityDocumentSignature: "",
      totalResources: [
        { name: "CPU", type: "INTEGER", integerValue: cpu },
        { name: "MEMORY", type: "INTEGER", integerValue: memory },
        { name: "PORTS", type: "STRINGSET", stringSetValue: ["22", "2375", "2376", "51678", "51679"] },
        { name: "PORTS_UDP", type: "STRINGSET", stringSetValue: [] },
      ],
    })
    if (status !== 200) throw new Error(`the agent was not registered: ${JSON.stringify(body)}`)
    this.instanceArn = (body.containerInstance as { containerInstanceArn: string }).containerInstanceArn
    return this.instanceArn
  }

  /** Connects; says why not when it is refused. */
  async connect(): Promise<HttpResponse | undefined> {
    const line = await this.#road.dial("/acs/ws", {
      agentHash: "a8b3e7d3",
      agentVersion: "1.105.1",
      clusterArn: this.#cluster,
      containerInstanceArn: this.instanceArn,
      dockerVersion: "DockerVersion: 27.1.1",
      protocolVersion: "2",
      sendCredentials: String(!this.#hasConnected),
      seqNum: "1",
    })
    if ("status" in line) return line
    this.#hasConnected = true
    this.#line = line
    line.socket.listen({
      message: (text) => this.#line === line && this.#hear(text),
      closed: (code) => {
        this.ends.push(code)
        if (this.#line === line) this.#line = undefined
      },
    })
    return undefined
  }

  async connectTelemetry(): Promise<HttpResponse | undefined> {
    const line = await this.#road.dial("/tcs/ws", {
      agentHash: "a8b3e7d3",
      agentVersion: "1.105.1",
      cluster: this.#cluster,
      containerInstance: this.instanceArn,
      dockerVersion: "27.1.1",
    })
    if ("status" in line) return line
    this.#telemetry = line
    line.socket.listen({
      message: (text) => {
        const heard = tcsFromRegion.decode(text)
        if (heard !== undefined) this.heardOfTelemetry.push(heard)
      },
      closed: (code) => {
        this.ends.push(code)
        if (this.#telemetry === line) this.#telemetry = undefined
      },
    })
    return undefined
  }

  /** Loses its connections without a word. */
  vanish(): void {
    this.#line?.cut()
    this.#telemetry?.cut()
  }

  /** Ends as a process and starts again: what is on its disk it still knows. */
  restart(): void {
    this.vanish()
    this.#hasConnected = false
  }

  /** Loses what it knew of a task, as with a disk that was restored from a copy. */
  lose(taskArn: string): void {
    this.tasks.delete(taskArn)
  }

  /** Has a container end by itself. */
  exit(taskArn: string, exitCode: number): void {
    const task = this.tasks.get(taskArn)!
    task.status = "STOPPED"
    this.#report(task, { exitCode })
  }

  /** Sends a frame on the connection as it is, whatever it says. */
  say(frame: string): void {
    this.#line?.socket.send(frame)
  }

  publish(...message: Parameters<typeof tcsFromAgent.encode>): void {
    const headers = { Authorization: "AWS4-HMAC-SHA256 …", Host: "127.0.0.1:4566", "X-Amz-Date": "20260101T000000Z" }
    this.#telemetry?.socket.send(withSignature(headers, tcsFromAgent.encode(...message)))
  }

  #hear(text: string): void {
    const heard = acsFromRegion.decode(text)
    if (heard === undefined) return
    this.heard.push(heard)
    switch (heard.type) {
      case "HeartbeatMessage":
        if (this.behaviour.answersHeartbeats) {
          this.say(acsFromAgent.encode("HeartbeatAckRequest", { messageId: heard.message.messageId }))
        }
        break
      case "PayloadMessage":
        this.#obey(heard.message)
        this.#acknowledge(heard.message)
        break
      case "AttachTaskNetworkInterfacesMessage": {
        const { taskArn, elasticNetworkInterfaces } = heard.message
        this.#acknowledge(heard.message)
        const attachments = elasticNetworkInterfaces.map(({ attachmentArn }) => ({ attachmentArn, status: "ATTACHED" }))
        this.#world.after(this.behaviour.startMs, () => this.#submit(taskArn, { attachments }))
        break
      }
      case "TaskManifestMessage": {
        const { messageId, timeline, tasks } = heard.message
        if (timeline <= this.#manifestNumber) break
        this.#manifestNumber = timeline
        this.#acknowledge(heard.message)
        const wanted = new Set(
          tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING").map(({ taskArn }) => taskArn),
        )
        const strays = [...this.tasks].filter(([arn, { desired }]) => desired === "RUNNING" && !wanted.has(arn))
        if (strays.length === 0) break
        const stopCandidates = strays.map(([taskArn]) => ({ taskArn, desiredStatus: "STOPPED" as const }))
        this.say(acsFromAgent.encode("TaskStopVerificationMessage", { messageId, stopCandidates }))
        break
      }
      case "TaskStopVerificationAck":
        for (const { taskArn } of heard.message.stopTasks) this.#stop(this.tasks.get(taskArn))
    }
  }

  #acknowledge({
    messageId,
    clusterArn,
    containerInstanceArn,
  }: Pick<Payload, "messageId" | "clusterArn" | "containerInstanceArn">): void {
    if (!this.behaviour.acknowledges) return
    this.say(
      acsFromAgent.encode("AckRequest", { cluster: clusterArn, containerInstance: containerInstanceArn, messageId }),
    )
  }

  #obey({ tasks, seqNum }: Payload): void {
    this.#manifestNumber = Math.max(this.#manifestNumber, seqNum)
    const stopsFirst = tasks.toSorted(
      (a, b) => Number(b.desiredStatus === "STOPPED") - Number(a.desiredStatus === "STOPPED"),
    )
    for (const payload of stopsFirst) {
      const known = this.tasks.get(payload.arn)
      if (payload.desiredStatus === "STOPPED") {
        if (known === undefined) this.#report({ payload, status: "STOPPED", desired: "STOPPED" })
        else this.#stop(known)
      } else if (known === undefined) {
        this.#start(payload)
      }
    }
  }

  #start(payload: TaskPayload): void {
    const task: AgentTask = { payload, status: "PENDING", desired: "RUNNING" }
    this.tasks.set(payload.arn, task)
    this.#world.after(this.behaviour.startMs, () => {
      if (task.status !== "PENDING" || task.desired === "STOPPED") return
      task.status = "RUNNING"
      this.#report(task)
    })
  }

  #stop(task: AgentTask | undefined): void {
    if (task === undefined || task.desired === "STOPPED") return
    task.desired = "STOPPED"
    this.#world.after(this.behaviour.stopMs, () => {
      if (task.status === "STOPPED") return
      task.status = "STOPPED"
      this.#report(task, { exitCode: 137 })
    })
  }

  #report({ payload, status }: AgentTask, container: object = {}): void {
    const containers = payload.containers.map(({ name }) => ({
      containerName: name,
      runtimeId: `${payload.arn.slice(-12)}-${name}`,
      status,
      ...container,
    }))
    this.#submit(payload.arn, { status, reason: "", containers })
  }

  /** In order for each task, and again until it is taken or refused for good. */
  #submit(task: string, change: object): void {
    if (!this.behaviour.reports) return
    const waiting = this.#reports.get(task)
    if (waiting !== undefined) {
      waiting.push(change)
      return
    }
    this.#reports.set(task, [change])
    void this.#submitWaiting(task)
  }

  async #submitWaiting(task: string): Promise<void> {
    const waiting = this.#reports.get(task)!
    const answer = await this.#road
      .call("SubmitTaskStateChange", { cluster: this.#cluster, task, ...waiting[0] })
      .catch((): Answer => ({ status: 503, body: {} }))
    if (answer.status !== 200 && !String(answer.body.__type).endsWith("InvalidParameterException")) {
      this.#world.after(SUBMIT_AGAIN_MS, () => void this.#submitWaiting(task))
      return
    }
    waiting.shift()
    if (waiting.length === 0) this.#reports.delete(task)
    else await this.#submitWaiting(task)
  }
}

const SUBMIT_AGAIN_MS = 1_000

/** Of the forty or so that an agent names, those without which tasks are not placed on it. */
const CAPABILITIES = [
  "com.amazonaws.ecs.capability.privileged-container",
  "com.amazonaws.ecs.capability.docker-remote-api.1.17",
  "com.amazonaws.ecs.capability.docker-remote-api.1.18",
  "com.amazonaws.ecs.capability.docker-remote-api.1.19",
  "com.amazonaws.ecs.capability.docker-remote-api.1.20",
  "com.amazonaws.ecs.capability.docker-remote-api.1.21",
  "com.amazonaws.ecs.capability.docker-remote-api.1.24",
  "com.amazonaws.ecs.capability.docker-remote-api.1.25",
  "com.amazonaws.ecs.capability.docker-remote-api.1.29",
  "com.amazonaws.ecs.capability.docker-remote-api.1.32",
  "com.amazonaws.ecs.capability.logging-driver.json-file",
  "com.amazonaws.ecs.capability.logging-driver.awslogs",
  "com.amazonaws.ecs.capability.task-iam-role",
  "com.amazonaws.ecs.capability.task-iam-role-network-host",
  "com.amazonaws.ecs.capability.ecr-auth",
  "ecs.capability.execution-role-awslogs",
  "ecs.capability.execution-role-ecr-pull",
  "ecs.capability.container-health-check",
  "ecs.capability.container-ordering",
  "ecs.capability.private-registry-authentication.secretsmanager",
  "ecs.capability.secrets.asm.environment-variables",
  "ecs.capability.secrets.ssm.environment-variables",
  "ecs.capability.task-cpu-mem-limit",
  "ecs.capability.task-eni",
]
