import fc from "fast-check"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { aRegion, credentialsNamed, type RegionAnswer } from "../../endpoints/testing.ts"
import { RegionError } from "../../region.ts"
import type { LinePart } from "../driver.ts"
import { aLine, aTarget } from "../testing.ts"
import { BATCH_BYTES_MAX, batchLength, inputOf } from "./batch.ts"
import { datetimePattern } from "./datetime.ts"
import { AwslogsDriver } from "./driver.ts"
import { EVENT_BYTES_MAX, EventAssembler, type PendingEvent } from "./events.ts"
import { readAwslogsOptions } from "./options.ts"

const GROUP = { "awslogs-group": "/ecs/web" }
const STREAM = "ecs/app/8f03e41243824aea923aca126495f665"

function start(
  answer: RegionAnswer = () => ({}),
  credentials: typeof credentialsNamed | (() => undefined) = credentialsNamed,
) {
  const world = simulatedWorld()
  const region = aRegion(answer)
  return { world, region, driver: new AwslogsDriver({ world, region, credentials }) }
}

const missing = () => new RegionError("ResourceNotFoundException", 400, "The specified log group does not exist.")

test("the stream is named for prefix, container and task, and is made before the container starts", async () => {
  const { driver, region } = start()
  await driver.prepare(aTarget("awslogs", { ...GROUP, "awslogs-stream-prefix": "ecs", "awslogs-region": "eu-west-1" }))

  expect(region.calls).toEqual([
    [
      "logs",
      "CreateLogStream",
      { logGroupName: "/ecs/web", logStreamName: STREAM },
      { msMax: 10_000, credentials: credentialsNamed("execution-1"), region: "eu-west-1" },
    ],
  ])
})

test("a group is made where it is asked for, and what is there already is taken", async () => {
  const groups = new Set<string>()
  const { driver, region } = start((_service, operation) => {
    if (operation === "CreateLogGroup") groups.add("/ecs/web")
    else if (!groups.has("/ecs/web")) throw missing()
    else throw new RegionError("ResourceAlreadyExistsException", 400, "The specified log stream already exists")
    return {}
  })
  await driver.prepare(aTarget("awslogs", { ...GROUP, "awslogs-create-group": "true" }))
  expect(region.calls.map(([, operation]) => operation)).toEqual([
    "CreateLogStream",
    "CreateLogGroup",
    "CreateLogStream",
  ])
})

test("a group that is not there is a refusal in Docker's words; a region that is away is none", async () => {
  const { driver } = start(() => {
    throw missing()
  })
  await expect(driver.prepare(aTarget("awslogs", GROUP))).rejects.toThrow(
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
  )
  const away = start(() => {
    throw new RegionError("Unreachable", 0, "connection refused")
  })
  await away.driver.prepare(aTarget("awslogs", GROUP))
})

test.each([
  [{}, "must specify a value for log opt 'awslogs-group'"],
  [{ ...GROUP, "awslogs-colour": "red" }, "unknown log opt 'awslogs-colour' for awslogs log driver"],
  [
    { ...GROUP, "awslogs-create-group": "maybe" },
    "must specify a valid boolean for log opt 'awslogs-create-group': maybe",
  ],
  [{ ...GROUP, "awslogs-multiline-pattern": "(" }, 'awslogs could not parse multiline pattern key "("'],
  [
    { ...GROUP, "awslogs-multiline-pattern": "^x", "awslogs-datetime-format": "%Y" },
    "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
  ],
  [{ ...GROUP, "awslogs-datetime-format": "%Q" }, "awslogs-datetime-format has %Q"],
  [{ ...GROUP, mode: "sometimes" }, "logger: logging mode not supported: sometimes"],
  [{ ...GROUP, "max-buffer-size": "4m" }, "max-buffer-size option is only supported with 'mode=non-blocking'"],
  [{ ...GROUP, mode: "non-blocking", "max-buffer-size": "much" }, 'invalid value for max-buffer-size: "much"'],
])("options %o are refused", async (options, message) => {
  await expect(start().driver.prepare(aTarget("awslogs", options))).rejects.toThrow(message)
})

test("lines of a moment go in one batch, soon enough to be found within a tenth of a second", async () => {
  const { world, driver, region } = start()
  const taken: number[] = []
  const sink = driver.open(aTarget("awslogs", { ...GROUP, "awslogs-stream": "s" }), (count) => taken.push(count))
  await sink.write(aLine("one", 1000.7))
  await sink.write(aLine("", 1001))
  await sink.write(aLine("two", 999))
  expect(region.calls).toEqual([])
  await world.advance(20)

  expect(region.calls.map(([, operation, input]) => [operation, input])).toEqual([
    [
      "PutLogEvents",
      {
        logGroupName: "/ecs/web",
        logStreamName: "s",
        logEvents: [
          { timestamp: 999, message: "two" },
          { timestamp: 1000, message: "one" },
        ],
      },
    ],
  ])
  expect(taken.at(-1)).toBe(3)
})

test("an empty line is no event, and is taken all the same", async () => {
  const { world, driver, region } = start()
  const taken: number[] = []
  const sink = driver.open(aTarget("awslogs", GROUP), (count) => taken.push(count))
  await sink.write(aLine(""))
  await world.advance(1_000)
  expect({ calls: region.calls.length, taken: taken.at(-1) }).toEqual({ calls: 0, taken: 1 })
})

test("events are put again, ever more slowly, until they are kept, and counted only then", async () => {
  const failures = [
    new RegionError("Unreachable", 0, "away"),
    new RegionError("ThrottlingException", 400, "Rate exceeded"),
    new RegionError("ServiceUnavailableException", 503, "later"),
    new RegionError("AccessDeniedException", 400, "not yet"),
  ]
  const { world, driver, region } = start(() => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
    return {}
  })
  const taken: number[] = []
  const sink = driver.open(aTarget("awslogs", GROUP), (count) => taken.push(count))
  await sink.write(aLine("one"))
  await world.advance(25)
  expect([region.calls.length, taken.length]).toEqual([1, 0])
  await world.advance(120)
  expect(region.calls.length).toBe(2)
  await world.advance(2_000)
  expect([region.calls.length, taken]).toEqual([5, [1, 1]])
})

test("a stream that was deleted is made again", async () => {
  let isThere = false
  const { world, driver, region } = start((_service, operation) => {
    if (operation === "CreateLogStream") isThere = true
    else if (!isThere) throw missing()
    return {}
  })
  const sink = driver.open(aTarget("awslogs", GROUP), () => {})
  await sink.write(aLine("one"))
  await world.advance(30)
  expect(region.calls.map(([, operation]) => operation)).toEqual(["PutLogEvents", "CreateLogStream", "PutLogEvents"])
})

test("what CloudWatch Logs will never take does not hold up the rest", async () => {
  const put: unknown[] = []
  const { world, driver } = start((_service, _operation, input) => {
    const { logEvents } = input as { logEvents: { message: string }[] }
    if (logEvents[0]?.message === "bad") throw new RegionError("InvalidParameterException", 400, "no")
    put.push(...logEvents.map(({ message }) => message))
    return {}
  })
  const sink = driver.open(aTarget("awslogs", GROUP), () => {})
  await sink.write(aLine("bad"))
  await world.advance(50)
  await sink.write(aLine("good"))
  await world.advance(50)
  expect(put).toEqual(["good"])
})

test("lines wait for the execution role's credentials after a restart", async () => {
  const known = new Map<string, ReturnType<typeof credentialsNamed>>()
  const { world, driver, region } = start(
    () => ({}),
    (id) => known.get(id)!,
  )
  const sink = driver.open(aTarget("awslogs", GROUP), () => {})
  await sink.write(aLine("one"))
  await world.advance(5_000)
  expect(region.calls).toEqual([])

  known.set("execution-1", credentialsNamed("execution-1"))
  await world.advance(10_000)
  expect(region.calls).toHaveLength(1)
})

test("the last lines of a task that ended before a restart go by the instance's own key, as no others come", async () => {
  const { world, driver, region } = start(
    () => ({}),
    () => undefined,
  )
  const target = aTarget("awslogs", GROUP)
  const sink = driver.open({ ...target, task: { ...target.task, knownStatus: "STOPPED" } }, () => {})
  await sink.write(aLine("last words"))
  await world.advance(5_000)
  expect(region.calls).toMatchObject([["logs", "PutLogEvents", {}, { msMax: 10_000 }]])
  expect(region.calls[0]![3]).not.toHaveProperty("credentials")
})

test("a container that writes faster than the region takes is read no further, and its end waits for all", async () => {
  const { world, driver, region } = start()
  const sink = driver.open(aTarget("awslogs", GROUP), () => {})
  const line = aLine("x".repeat(10_000))
  let written = 0
  let room: Promise<void> | undefined
  while (room === undefined) {
    room = sink.write(line)
    written += 1
  }
  expect(written).toBeGreaterThan(400)
  expect(written).toBeLessThan(430)
  await room
  await sink.flush()
  await world.settle()
  const put = region.calls.flatMap(([, , input]) => (input as { logEvents: object[] }).logEvents)
  expect(put).toHaveLength(written)
})

test("a sink that is let go of puts nothing more, and holds nobody up", async () => {
  const { world, driver, region } = start(() => {
    throw new RegionError("Unreachable", 0, "away")
  })
  const taken: number[] = []
  const sink = driver.open(aTarget("awslogs", GROUP), (count) => taken.push(count))
  await sink.write(aLine("one"))
  await world.advance(30)
  const flushed = sink.flush()
  sink.close()
  await flushed
  const { length } = region.calls
  await world.advance(60_000)
  expect([region.calls.length, taken]).toEqual([length, []])
})

function assemble(firstLine: string | undefined, lines: readonly string[]): PendingEvent[] {
  const events: PendingEvent[] = []
  const pattern = firstLine === undefined ? undefined : new RegExp(firstLine)
  const assembler = new EventAssembler(pattern, (event) => events.push(event))
  for (const [index, text] of lines.entries()) assembler.add(aLine(text, index), index + 1)
  assembler.flush()
  return events
}

test("a sink that is let go of in the middle of an event of several lines ends as well", async () => {
  const { driver, world } = start(() => {
    throw new RegionError("Unreachable", 0, "connection refused")
  })
  const sink = driver.open(aTarget("awslogs", { ...GROUP, "awslogs-multiline-pattern": "^START" }), () => {})
  void sink.write(aLine("START one"))
  void sink.write(aLine("START two"))
  await world.advance(100)
  sink.close()
  // Whoever read the container's log to its end waits for it all the same.
  await sink.flush()
})

test("a line that came in pieces is one event, unless it is too long or another line comes in between", () => {
  const events: PendingEvent[] = []
  const assembler = new EventAssembler(undefined, (event) => events.push(event))
  let lines = 0
  const add = (text: string, part?: LinePart) => assembler.add(aLine(text, 0, part && { part }), ++lines)
  add("lo", { id: "a", ordinal: 1, isLast: false })
  add("n", { id: "a", ordinal: 2, isLast: false })
  expect(assembler.isOpen).toBe(true)
  add("g", { id: "a", ordinal: 3, isLast: true })
  add("short")
  add("be", { id: "b", ordinal: 1, isLast: false })
  add("from elsewhere")
  add("fore", { id: "b", ordinal: 2, isLast: true })
  expect(events.map(({ message, lines }) => [message, lines])).toEqual([
    ["long", 3],
    ["short", 4],
    ["be", 5],
    ["from elsewhere", 6],
    ["fore", 7],
  ])
  expect(assembler.isOpen).toBe(false)

  events.length = 0
  const piece = "x".repeat(16_384)
  for (let ordinal = 1; ordinal <= 20; ordinal++) add(piece, { id: "c", ordinal, isLast: ordinal === 20 })
  expect(events.map(({ message }) => message.length)).toEqual([15 * piece.length, 5 * piece.length])
})

test("with a pattern an event goes from one line that matches to the next, at the time of its first", () => {
  const events = assemble("^ERROR|^INFO", ["  before", "ERROR one", "  at a", "", "INFO two", "INFO three"])
  expect(events.map(({ timestamp, message, lines }) => [timestamp, message, lines])).toEqual([
    [0, "  before", 1],
    [1, "ERROR one\n  at a\n", 4],
    [4, "INFO two", 5],
    [5, "INFO three", 6],
  ])
})

test("an event of several lines is put when no line has followed for a second", async () => {
  const { world, driver, region } = start()
  const taken: number[] = []
  const sink = driver.open(aTarget("awslogs", { ...GROUP, "awslogs-multiline-pattern": "^INFO" }), (count) => {
    taken.push(count)
  })
  await sink.write(aLine("INFO one"))
  await sink.write(aLine("more"))
  await sink.write(aLine("INFO two"))
  await world.advance(100)
  expect([region.calls.length, taken.at(-1)]).toEqual([1, 2])
  await world.advance(1_000)
  expect([region.calls.length, taken.at(-1)]).toEqual([2, 3])
})

test("an event that is too long is cut between characters, and nothing of it is lost", () => {
  const text = `x${"é".repeat(EVENT_BYTES_MAX)}`
  for (const events of [assemble(undefined, [text]), assemble("^x", [text])]) {
    expect(events.map(({ message }) => message).join("")).toBe(text)
    for (const { message } of events) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(EVENT_BYTES_MAX)
    expect(events.at(-1)?.lines).toBe(1)
    expect(events[0]?.lines).toBe(0)
  }
})

test("batches hold as much as the service takes, and no more", () => {
  const anEvent = fc.record({
    timestamp: fc.nat(3 * 24 * 60 * 60_000),
    bytes: fc.integer({ min: 27, max: 262_144 }),
    message: fc.constant("x"),
    lines: fc.constant(1),
  })
  fc.assert(
    fc.property(fc.array(anEvent, { minLength: 1, maxLength: 40 }), (events) => {
      const length = batchLength(events)
      const fits = (some: readonly PendingEvent[]) => {
        const times = some.map(({ timestamp }) => timestamp)
        const bytes = some.reduce((sum, event) => sum + event.bytes, 0)
        return bytes <= BATCH_BYTES_MAX && Math.max(...times) - Math.min(...times) < 24 * 60 * 60_000
      }
      expect(length).toBeGreaterThan(0)
      expect(fits(events.slice(0, length))).toBe(true)
      if (length < events.length) expect(fits(events.slice(0, length + 1))).toBe(false)
      const times = inputOf(events.slice(0, length)).map(({ timestamp }) => timestamp)
      expect(times).toEqual(times.toSorted((one, other) => one - other))
    }),
  )
  const small = { timestamp: 0, bytes: 27, message: "x", lines: 1 }
  expect(batchLength(Array.from({ length: 10_001 }, () => small))).toBe(10_000)
})

test.each([
  ["%Y-%m-%d %H:%M:%S", "2026-01-31 23:59:59 started", "at 2026-01-31"],
  ["[%b %d, %Y %H:%M:%S%L]", "[Jan 31, 2026 23:59:59.123] x", "Jan 31, 2026 23:59:59.123"],
  ["%a %A %B %y %p %I %j %f %w %z %Z %%", "Mon Friday May 26 PM 11 031 123456 0 +0100 CET %", "Mon"],
])("the format %s finds the lines that have such a time", (format, line, other) => {
  const pattern = new RegExp(datetimePattern(format))
  expect([pattern.test(line), pattern.test(other)]).toEqual([true, false])
})

test("without a prefix the stream is named for the container", () => {
  expect(readAwslogsOptions(aTarget("awslogs", GROUP))).toMatchObject({ stream: aTarget("").container.id })
})
