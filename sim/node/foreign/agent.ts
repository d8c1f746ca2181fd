import { type AcsFromRegion, acsFromAgent, acsFromRegion } from "../../../src/wire/acs.ts"
import type { TaskPayload } from "../../../src/wire/task.ts"
import { tcsFromRegion } from "../../../src/wire/tcs.ts"
import { newUuid } from "../../../src/world/ids.ts"
import { type Cancel, sleep } from "../../../src/world/world.ts"
import type { Api, Input } from "../../api.ts"
import type { AccessKeyId } from "../../identity.ts"
import type { Path } from "../../network.ts"
import type { ProcessWorld } from "../../process-world.ts"
import type { Transcript } from "../../transcript.ts"
import { gistOf } from "../gist.ts"
import type { AgentDisk, AgentStatus, KnownTask } from "./agent-disk.ts"
import type { Machine, Run } from "./machine.ts"
import { containerReports, healthFrame } from "./reports.ts"
import { Session } from "./session.ts"
import { Submissions } from "./submissions.ts"

export interface AgentOptions {
  readonly world: ProcessWorld
  readonly machine: Machine
  readonly disk: AgentDisk
  readonly path: Path
  readonly api: Api
  readonly keyId: AccessKeyId
  readonly transcript: Transcript
  readonly registration: Input<"RegisterContainerInstance">

  /** The process ends by itself, for good: its machine must be set up anew. */
  readonly gaveUp: () => void

  /** What the region should never have sent. */
  readonly wrong: (what: string) => void
}

/** A process of the agent. It behaves as the open-source one does, as far as the region can see. */
export class Agent {
  readonly #options: AgentOptions
  readonly #submissions: Submissions
  readonly #pulls = new Map<string, Cancel>()
  readonly #verified = new Set<string>()
  readonly #waitingInterfaces = new Set<string>()
  #acs: Session | undefined
  #tcs: Session | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.#submissions = new Submissions(options.world, options.api)
    options.machine.changed = (run) => this.#changed(run)
    void this.#begin()
  }

  get isConnected(): boolean {
    return this.#acs?.isConnected === true
  }

  /** Whether it is connected, and the region has not closed its end either. */
  get isLinked(): boolean {
    return this.#acs?.isWhole === true
  }

  /** Whether there is nothing left to tell the region. */
  get isQuiet(): boolean {
    return this.#submissions.waiting === 0
  }

  end(silently: boolean): void {
    const { world, machine } = this.#options
    world.end()
    machine.changed = undefined
    for (const cancel of this.#pulls.values()) cancel()
    machine.abandonPulls()
    this.#acs?.end(silently)
    this.#tcs?.end(silently)
  }

  async #begin(): Promise<void> {
    const { world, disk, transcript, path, keyId, registration } = this.#options
    if (!(await this.#register())) return
    this.#reconcile()
    while (!world.isOver) {
      const answer = await this.#options.api.call("DiscoverPollEndpoint", {
        cluster: registration.cluster,
        containerInstance: disk.containerInstanceArn,
      })
      if (world.isOver) return
      if (answer.ok === true) break
      await sleep(world, RETRY_MS)
    }
    const common = { world, path, transcript, keyId }
    const arn = encodeURIComponent(disk.containerInstanceArn!)
    const cluster = encodeURIComponent(registration.cluster!)
    let sendCredentials = true
    this.#acs = new Session({
      ...common,
      address: "/acs/ws",
      query: () =>
        `agentHash=a8b3e7d3&agentVersion=1.105.1&clusterArn=${cluster}&containerInstanceArn=${arn}` +
        `&dockerVersion=containerd&protocolVersion=2&sendCredentials=${sendCredentials}&seqNum=1`,
      connected: () => {
        sendCredentials = false
      },
      message: (frame) => this.#told(frame),
      inactive: () => this.#options.gaveUp(),
    })
    this.#tcs = new Session({
      ...common,
      address: "/tcs/ws",
      query: () =>
        `agentHash=a8b3e7d3&agentVersion=1.105.1&cluster=${cluster}&containerInstance=${arn}&dockerVersion=containerd`,
      message: (frame) => this.#read(() => tcsFromRegion.decode(frame)),
    })
    this.#telemetry()
  }

  /** False when there is no use in trying again. */
  async #register(): Promise<boolean> {
    const { world, disk, api, registration } = this.#options
    // The published SDK does not have the token, and agents send it.
    const input = {
      ...registration,
      ...(disk.containerInstanceArn !== undefined && { containerInstanceArn: disk.containerInstanceArn }),
      clientToken: newUuid(world.random),
    }
    for (let wait = REGISTER_MS; ; wait = Math.min(wait * 2, REGISTER_MS_MAX)) {
      const answer = await api.call("RegisterContainerInstance", input)
      if (world.isOver) return false
      if (answer.ok === true) {
        const { containerInstanceArn, attributes = [] } = answer.output.containerInstance!
        for (const { name, value } of registration.attributes ?? []) {
          const echoed = attributes.find((attribute) => attribute.name === name)
          if ((echoed?.value ?? "") !== (value ?? ""))
            this.#options.wrong(`attribute ${name} came back as ${echoed?.value}`)
        }
        disk.containerInstanceArn = containerInstanceArn!
        return true
      }
      const isFinal = answer.ok === false && ["ClientException", "InvalidParameterException"].includes(answer.error)
      if (isFinal) {
        this.#options.gaveUp()
        return false
      }
      await sleep(world, wait)
    }
  }

  /** What the disk says is compared with what runs: containers may have ended, and pulls were given up. */
  #reconcile(): void {
    const { disk, machine } = this.#options
    for (const [arn, task] of disk.tasks) {
      const run = machine.runs.get(arn)
      if (run !== undefined) {
        this.#changed(run)
        if (task.wanted === "STOPPED") machine.stop(arn)
      } else if (task.status !== "STOPPED") {
        if (task.wanted === "RUNNING" && task.status !== "RUNNING") this.#start(task)
        else this.#advance(task, "STOPPED", undefined, "the container is gone")
      }
      if (RANK[task.status] > RANK[task.told]) this.#report(task)
    }
  }

  #told(frame: string): void {
    const heard = this.#read(() => acsFromRegion.decode(frame))
    if (heard === undefined) return
    const { path, transcript } = this.#options
    if (heard.type !== "HeartbeatMessage") transcript.say(path.name, `hears ${heard.type} ${gistOf(heard)}`)
    switch (heard.type) {
      case "HeartbeatMessage":
        this.#answer(acsFromAgent.encode("HeartbeatAckRequest", { messageId: heard.message.messageId }))
        break
      case "PayloadMessage": {
        const { messageId, tasks } = heard.message
        for (const task of tasks) if (task.desiredStatus === "STOPPED") this.#stop(task)
        for (const task of tasks) if (task.desiredStatus === "RUNNING") this.#run(task)
        this.#acknowledge(messageId)
        break
      }
      case "TaskManifestMessage":
        this.#compare(heard.message)
        break
      case "TaskStopVerificationAck": {
        if (!this.#verified.delete(heard.message.messageId)) break
        for (const { taskArn } of heard.message.stopTasks) this.#stopKnown(taskArn)
        break
      }
      case "AttachTaskNetworkInterfacesMessage": {
        this.#acknowledge(heard.message.messageId)
        const { taskArn, elasticNetworkInterfaces } = heard.message
        for (const { attachmentArn } of elasticNetworkInterfaces) this.#attach(taskArn, attachmentArn)
        break
      }
      case "IAMRoleCredentialsMessage": {
        const { messageId, roleCredentials } = heard.message
        const { expiration, credentialsId } = roleCredentials
        this.#answer(acsFromAgent.encode("IAMRoleCredentialsAckRequest", { messageId, expiration, credentialsId }))
        break
      }
      case "AttachInstanceNetworkInterfacesMessage":
      case "ConfirmAttachmentMessage":
        this.#acknowledge(heard.message.messageId)
        break
      default:
        // Agents hear of these and do nothing.
        break
    }
  }

  #run(payload: TaskPayload): void {
    const { disk } = this.#options
    // A task that is known is at most stopped by what comes again.
    if (disk.tasks.has(payload.arn)) return
    const task: KnownTask = {
      payload,
      wanted: "RUNNING",
      status: "NONE",
      told: "NONE",
      taken: "NONE",
      exitCode: undefined,
      reason: undefined,
      stoppedAt: undefined,
    }
    disk.tasks.set(payload.arn, task)
    this.#start(task)
  }

  #start({ payload }: KnownTask): void {
    this.#pulls.set(payload.arn, this.#options.machine.start(payload))
  }

  #stop(payload: TaskPayload): void {
    if (this.#options.disk.tasks.has(payload.arn)) this.#stopKnown(payload.arn)
    // What was never here, or is forgotten, does not run.
    else this.#submit(payload, "STOPPED", [], () => {})
  }

  #stopKnown(arn: string): void {
    const { disk, machine } = this.#options
    const task = disk.tasks.get(arn)
    if (task === undefined || task.wanted === "STOPPED") return
    task.wanted = "STOPPED"
    machine.stop(arn)
  }

  #compare({
    messageId,
    timeline,
    tasks,
  }: Extract<AcsFromRegion, { readonly type: "TaskManifestMessage" }>["message"]): void {
    const { disk } = this.#options
    if (timeline <= disk.manifestNumber) return
    disk.manifestNumber = timeline
    this.#acknowledge(messageId)
    const wanted = new Set(
      tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING").map(({ taskArn }) => taskArn),
    )
    const candidates = [...disk.tasks.values()].filter(
      (task) => task.wanted === "RUNNING" && task.status !== "STOPPED" && !wanted.has(task.payload.arn),
    )
    if (candidates.length === 0) return
    this.#verified.add(messageId)
    const stopCandidates = candidates.map(({ payload }) => ({
      taskArn: payload.arn,
      taskClusterArn: payload.taskClusterArn,
      desiredStatus: "STOPPED" as const,
    }))
    this.#answer(acsFromAgent.encode("TaskStopVerificationMessage", { messageId, stopCandidates }))
  }

  /** The device appears a little later; what is reported then names the attachment and no status. */
  #attach(task: string, attachmentArn: string): void {
    const { world, registration } = this.#options
    if (this.#waitingInterfaces.has(attachmentArn)) return
    this.#waitingInterfaces.add(attachmentArn)
    world.after(500 + world.random.below(2_000), () => {
      this.#waitingInterfaces.delete(attachmentArn)
      const { cluster } = registration
      this.#submissions.add({ cluster, task, attachments: [{ attachmentArn, status: "ATTACHED" }] }, () => {})
    })
  }

  #changed(run: Run): void {
    const task = this.#options.disk.tasks.get(run.payload.arn)
    if (task === undefined) return
    if (run.state === "running") {
      if (task.status === "RUNNING") this.#report(task)
      else this.#advance(task, "RUNNING", undefined, undefined)
    }
    if (run.state === "stopped") this.#advance(task, "STOPPED", run.exitCode, run.reason)
  }

  #advance(task: KnownTask, status: AgentStatus, exitCode: number | undefined, reason: string | undefined): void {
    if (RANK[status] <= RANK[task.status]) return
    task.status = status
    task.exitCode = exitCode
    task.reason = reason
    if (status === "STOPPED") task.stoppedAt = this.#options.world.monotonic()
    this.#report(task)
  }

  #report(task: KnownTask): void {
    const { payload, status } = task
    if (status === "NONE") return
    const containers = containerReports(task, this.#options.machine.runs.get(payload.arn))
    this.#submit(payload, status, containers, (isTaken) => {
      if (RANK[status] > RANK[task.told]) task.told = status
      if (isTaken && RANK[status] > RANK[task.taken]) task.taken = status
    })
  }

  #submit(
    { arn, taskClusterArn }: TaskPayload,
    status: AgentStatus,
    containers: NonNullable<Input<"SubmitTaskStateChange">["containers"]>,
    done: (isTaken: boolean) => void,
  ): void {
    const { registration } = this.#options
    const cluster = taskClusterArn ?? registration.cluster
    this.#submissions.add({ cluster, task: arn, status, reason: "", containers }, done)
  }

  /** Every twenty seconds says how those are that have a health check, and forgets what stopped long ago. */
  #telemetry(): void {
    const { world, disk, machine, registration } = this.#options
    world.after(TELEMETRY_MS, () => {
      for (const [arn, { stoppedAt, told }] of disk.tasks) {
        if (told !== "STOPPED" || stoppedAt === undefined || world.monotonic() < stoppedAt + FORGOTTEN_MS) continue
        disk.tasks.delete(arn)
        machine.runs.delete(arn)
      }
      const frame = healthFrame(world, disk, machine, registration.cluster!)
      if (frame !== undefined) this.#tcs?.send(frame)
      this.#telemetry()
    })
  }

  #acknowledge(messageId: string): void {
    const { disk, registration } = this.#options
    const { cluster } = registration
    this.#answer(
      acsFromAgent.encode("AckRequest", { messageId, cluster, containerInstance: disk.containerInstanceArn }),
    )
  }

  #answer(frame: string): void {
    this.#acs?.send(frame)
  }

  #read<T>(decode: () => T): T | undefined {
    try {
      return decode()
    } catch (error) {
      this.#options.wrong(`a frame could not be read: ${(error as Error).message}`)
      return undefined
    }
  }
}

const RANK: Readonly<Record<AgentStatus, number>> = { NONE: 0, PENDING: 1, RUNNING: 2, STOPPED: 3 }
const RETRY_MS = 2_000
const REGISTER_MS = 3_000
const REGISTER_MS_MAX = 192_000
const TELEMETRY_MS = 20_000
const FORGOTTEN_MS = 3 * 60 * 60 * 1000
