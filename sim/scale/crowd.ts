import type { FrontDoor } from "../../src/aws/front-door.ts"
import type { SocketListener } from "../../src/aws/socket.ts"
import { Queue } from "../../src/base/queue.ts"
import { acsFromAgent, acsFromRegion } from "../../src/wire/acs.ts"
import type { TaskPayload } from "../../src/wire/task.ts"
import { sleep, type World } from "../../src/world/world.ts"
import { ACCOUNT, authorization } from "../identity.ts"
import { request } from "./request.ts"

/** Very many agents that do no more than they must: each task they hear of is RUNNING at once. */
export class Crowd {
  readonly #door: FrontDoor
  readonly #world: World
  readonly #reports = new Queue<TaskPayload>()
  #reporting = 0

  constructor(door: FrontDoor, world: World) {
    this.#door = door
    this.#world = world
  }

  async join(count: number): Promise<void> {
    let next = 0
    const some = async () => {
      while (next < count) await this.#joinOne(next++)
    }
    await Promise.all(Array.from({ length: JOINING }, some))
  }

  async #joinOne(number: number): Promise<void> {
    const { status, text } = await request(this.#door, "agent", "RegisterContainerInstance", {
      cluster: "large",
      totalResources: [
        { name: "CPU", type: "INTEGER", integerValue: 4096 },
        { name: "MEMORY", type: "INTEGER", integerValue: 16384 },
      ],
      attributes: [
        { name: "com.amazonaws.ecs.capability.docker-remote-api.1.18" },
        { name: "com.amazonaws.ecs.capability.docker-remote-api.1.21" },
        { name: "ecs.capability.task-eni" },
        { name: "ecs.availability-zone", value: `us-east-1${"abc"[number % 3]}` },
      ],
    })
    if (status !== 200) throw new Error(`registration: ${text}`)
    const { containerInstance } = JSON.parse(text) as Registered
    await this.#connect(containerInstance.containerInstanceArn)
  }

  async #connect(arn: string): Promise<void> {
    const answer = await this.#door.upgrade({
      method: "GET",
      path: "/acs/ws",
      query: `agentHash=0&agentVersion=1.105.1&clusterArn=large&containerInstanceArn=${encodeURIComponent(arn)}&dockerVersion=containerd&protocolVersion=2&sendCredentials=true&seqNum=1`,
      headers: { host: "region", upgrade: "websocket", authorization: authorization(`agent-${ACCOUNT}`) },
      body: new Uint8Array(0),
      signal: NEVER,
    })
    if (answer === undefined || !("take" in answer)) throw new Error("a connection was refused")
    let region: SocketListener | undefined
    const say = (frame: string) => queueMicrotask(() => region?.message(frame))
    answer.take({
      waitingBytes: 0,
      send: (frame) => this.#told(frame, say),
      close: () => {},
      listen: (listener) => {
        region = listener
      },
    })
  }

  #told(frame: string, say: (frame: string) => void): void {
    const heard = acsFromRegion.decode(frame)
    if (heard?.type === "HeartbeatMessage") {
      say(acsFromAgent.encode("HeartbeatAckRequest", { messageId: heard.message.messageId }))
    } else if (heard?.type === "TaskManifestMessage") {
      say(acsFromAgent.encode("AckRequest", { messageId: heard.message.messageId }))
    } else if (heard?.type === "PayloadMessage") {
      say(acsFromAgent.encode("AckRequest", { messageId: heard.message.messageId }))
      for (const task of heard.message.tasks) this.#reports.push(task)
      if (this.#reporting < REPORTING_MAX) void this.#report()
    }
  }

  /** So many agents at a time; one that is refused, as the region has too much to do, asks again. */
  async #report(): Promise<void> {
    this.#reporting += 1
    for (let task = this.#reports.shift(); task !== undefined; task = this.#reports.shift()) {
      const { status } = await request(this.#door, "agent", "SubmitTaskStateChange", {
        cluster: task.taskClusterArn,
        task: task.arn,
        status: "RUNNING",
        reason: "",
        containers: task.containers.map(({ name }) => ({ containerName: name, runtimeId: "0", status: "RUNNING" })),
      })
      if (status === 200) continue
      this.#reports.push(task)
      await sleep(this.#world, RETRY_MS)
    }
    this.#reporting -= 1
  }
}

interface Registered {
  readonly containerInstance: { readonly containerInstanceArn: string }
}

const JOINING = 64
const RETRY_MS = 100
const REPORTING_MAX = 800
const NEVER = new AbortController().signal
