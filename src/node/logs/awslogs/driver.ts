import type { Credentials } from "../../../wire/task.ts"
import { sleep, type World } from "../../../world/world.ts"
import { type CallOptions, type Region, RegionError } from "../../region.ts"
import { type LogDriver, LogRefusal, type LogSink, type LogTarget } from "../driver.ts"
import { inputOf } from "./batch.ts"
import type { PendingEvent } from "./events.ts"
import { type AwslogsOptions, readAwslogsOptions } from "./options.ts"
import { AwslogsSink } from "./sink.ts"

export interface AwslogsDriverOptions {
  readonly world: World
  readonly region: Region

  /** Of the task's execution role, as far as the region has sent them. */
  readonly credentials: (id: string) => Credentials | undefined
}

/** Puts lines into CloudWatch Logs of the region. */
export class AwslogsDriver implements LogDriver {
  readonly #world: World
  readonly #region: Region
  readonly #credentials: AwslogsDriverOptions["credentials"]

  constructor({ world, region, credentials }: AwslogsDriverOptions) {
    this.#world = world
    this.#region = region
    this.#credentials = credentials
  }

  async prepare(target: LogTarget): Promise<void> {
    const options = readAwslogsOptions(target)
    if (!options.createStream) return
    try {
      await this.#createStream(target, options)
    } catch (error) {
      // A region that is away refuses nothing: the stream is made with the first lines that reach it.
      if (!(error instanceof RegionError) || isPassing(error)) return
      throw new LogRefusal(`failed to create Cloudwatch log stream: ${error.code}: ${error.message}`, { cause: error })
    }
  }

  open(target: LogTarget, taken: (count: number) => void): LogSink {
    const options = readAwslogsOptions(target)
    return new AwslogsSink({
      world: this.#world,
      taken,
      firstLine: options.firstLine,
      put: (events, signal) => this.#put(target, options, events, signal),
    })
  }

  async #put(
    target: LogTarget,
    options: AwslogsOptions,
    events: readonly PendingEvent[],
    signal: AbortSignal,
  ): Promise<void> {
    const { log, random } = this.#world
    const fields = { task: target.task.arn, container: target.container.name, group: options.group }
    const input = { logGroupName: options.group, logStreamName: options.stream, logEvents: inputOf(events) }
    for (let tries = 0; !signal.aborted; tries++) {
      const error = await this.#tryToPut(target, options, input, signal)
      if (error === undefined || signal.aborted || error.code === "DataAlreadyAcceptedException") return
      const words = `${error.code}: ${error.message}`
      if (isHopeless(error)) {
        log.warn("log events were dropped, as CloudWatch Logs does not take them", {
          ...fields,
          count: events.length,
          words,
        })
        return
      }
      if (tries === TRIES_UNTIL_TOLD)
        log.warn("log events wait, as CloudWatch Logs does not take them", { ...fields, words })

      // Somebody has deleted the stream, or the region was away when it should have been made.
      const isMissing = error.code === "ResourceNotFoundException"
      if (isMissing && (await this.#made(target, options, signal)) && tries === 0) continue
      const ms = Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** Math.min(tries, 20))
      await sleep(this.#world, ms / 2 + random.below(ms / 2), signal).catch(() => {})
    }
  }

  /** Undefined when the events are kept. */
  async #tryToPut(
    target: LogTarget,
    options: AwslogsOptions,
    input: object,
    signal: AbortSignal,
  ): Promise<RegionError | undefined> {
    try {
      const { rejectedLogEventsInfo } = await this.#call(target, options, "PutLogEvents", input, signal)
      if (rejectedLogEventsInfo != null) {
        const fields = { task: target.task.arn, container: target.container.name, rejectedLogEventsInfo }
        this.#world.log.warn("CloudWatch Logs has left out log events", fields)
      }
      return undefined
    } catch (error) {
      return asRegionError(error)
    }
  }

  async #made(target: LogTarget, options: AwslogsOptions, signal: AbortSignal): Promise<boolean> {
    if (!options.createStream) return false
    return this.#createStream(target, options, signal).then(
      () => true,
      () => false,
    )
  }

  async #createStream(target: LogTarget, options: AwslogsOptions, signal?: AbortSignal): Promise<void> {
    const group = { logGroupName: options.group }
    const create = () =>
      this.#create(target, options, "CreateLogStream", { ...group, logStreamName: options.stream }, signal)
    try {
      await create()
    } catch (error) {
      if (!(options.createGroup && error instanceof RegionError && error.code === "ResourceNotFoundException"))
        throw error
      await this.#create(target, options, "CreateLogGroup", group, signal)
      await create()
    }
  }

  /** What is there already is as good as made. */
  async #create(
    target: LogTarget,
    options: AwslogsOptions,
    operation: string,
    input: object,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      await this.#call(target, options, operation, input, signal)
    } catch (error) {
      if (!(error instanceof RegionError && error.code === "ResourceAlreadyExistsException")) throw error
    }
  }

  #call(
    { task, container }: LogTarget,
    { region }: AwslogsOptions,
    operation: string,
    input: object,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const asked = task.payload.containers.find(({ name }) => name === container.name)
    const isOfTask = asked?.logsAuthStrategy === "ExecutionRole" && task.executionCredentialsId !== undefined
    const credentials = isOfTask ? this.#credentials(task.executionCredentialsId!) : undefined
    // The region sends none any more for a task that ended before this process began: what it said last goes by the
    // instance's own key then.
    if (isOfTask && credentials === undefined && task.knownStatus !== "STOPPED") {
      const message = "the region has not sent the execution role's credentials yet"
      return Promise.reject(new RegionError("Unreachable", 0, message))
    }
    const options: CallOptions = {
      msMax: CALL_MS_MAX,
      ...(credentials !== undefined && { credentials }),
      ...(region !== undefined && { region }),
      ...(signal !== undefined && { signal }),
    }
    return this.#region.call("logs", operation, input, options)
  }
}

/** Whatever else goes wrong is no reason to lose a log. */
function asRegionError(error: unknown): RegionError {
  if (error instanceof RegionError) return error
  return new RegionError("Unreachable", 0, error instanceof Error ? (error.stack ?? error.message) : String(error))
}

/** Another try may succeed with everything as it is. */
function isPassing({ code, status }: RegionError): boolean {
  return status === 0 || status >= 500 || /Throttl|TooManyRequests|OperationAborted|LimitExceeded/.test(code)
}

/** No try will succeed, whatever somebody changes in the region. */
function isHopeless({ code, status }: RegionError): boolean {
  return status === 413 || /^(InvalidParameter|Validation|SerializationException)/.test(code)
}

const CALL_MS_MAX = 10_000
const WAIT_MS = 100
const WAIT_MS_MAX = 10_000
const TRIES_UNTIL_TOLD = 5
