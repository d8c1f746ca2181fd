import { expect, test } from "vitest"
import { beyondEdges } from "./edges.ts"
import { readSources } from "./source.ts"

test("nothing reads a clock, sets a timer, draws at random or reaches outside, except at the edges", async () => {
  expect(beyondEdges(await readSources("src/**/*.ts", "sim/**/*.ts", "test/**/*.ts"))).toEqual([])
})

test.each([
  "Date.now()",
  'Date["now"]()',
  "new Date()",
  "new Date",
  "Date()",
  "const clock = Date",
  "const { now } = Date",
  "performance.now()",
  "setTimeout(turn, 5)",
  "setInterval(turn, 5)",
  "setImmediate(turn)",
  "globalThis.setTimeout(turn, 5)",
  "[1].map(setTimeout)",
  "({ setTimeout })",
  "Math.random()",
  "const { random } = Math",
  "crypto.randomUUID()",
  "crypto.getRandomValues(bytes)",
  "process.env.HOME",
  "process.hrtime()",
  "(process as Process).env",
  "const { env } = process",
  "AbortSignal.timeout(5)",
  'fetch("http://localhost")',
  "console.log(1)",
  'import { readFileSync } from "node:fs"',
  'import { connect } from "node:net"',
  'import http from "node:http"',
  'import { spawn } from "node:child_process"',
  'import { env } from "node:process"',
  'import { setTimeout as sleep } from "node:timers/promises"',
  'import { createHash, randomBytes } from "node:crypto"',
  'import * as crypto from "node:crypto"',
  'import "node:crypto"',
  'import fs from "fs"',
  'import pg from "pg"',
  'export * from "node:os"',
  'await import("node:dgram")',
])("%s belongs at an edge", (text) => {
  expect(beyondEdges([{ path: "src/store/store.ts", text }])).toHaveLength(1)
  expect(beyondEdges([{ path: "src/main/server.ts", text }])).toEqual([])
})

test.each([
  "// Date.now() and process.env",
  "/* setTimeout(turn, 5) */",
  '"Math.random()"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template is what is tested
  "`at ${1} Date.now()`",
  "/Date.now()/",
  "new Date(at)",
  "new Date(at).toISOString()",
  "Date.UTC(2026, 0)",
  "value instanceof Date",
  "value.constructor === Date",
  "instanceReader(Date)",
  "let at: Date",
  "type Clock = typeof Date.now",
  "Math.floor(1.5)",
  "queueMicrotask(turn)",
  "world.setTimeout(turn)",
  "({ process: 1 }).process",
  "class Turn { process() {} }",
  "interface Turn { process(): void }",
  "function run(process: Turn) { process.start() }",
  "for (const { fetch } of parts) fetch()",
  "signal.addEventListener('abort', turn)",
  "AbortSignal.any([one, other])",
  'import { createHash, timingSafeEqual } from "node:crypto"',
  'import type { Socket } from "node:net"',
  'type Socket = import("node:net").Socket',
  'import { isDeepStrictEqual } from "node:util"',
  'import { NormalizedSchema } from "@smithy/core/schema"',
])("%s is harmless", (text) => {
  expect(beyondEdges([{ path: "src/store/store.ts", text }])).toEqual([])
})

test("a breach is told with its line", () => {
  const text = "const one = 1\n\nconst now = Date.now()\n"
  expect(beyondEdges([{ path: "src/base/cidr.ts", text }])).toEqual([
    "src/base/cidr.ts:3 uses Date: it comes through the World",
  ])
})

test("a test may use what the system has, but waits in real time only with real processes", () => {
  const waits = "await new Promise((resolve) => setTimeout(resolve, 100))"
  const sleeps = 'import { setTimeout as sleep } from "node:timers/promises"'
  const reads = 'import { readFileSync } from "node:fs"\nreadFileSync(process.env.HOME)\nsetImmediate(done)'

  for (const path of [
    "src/store/store.test.ts",
    "src/store/journal/suite.ts",
    "sim/store.test.ts",
    "test/conformance/ecs.test.ts",
  ]) {
    expect(beyondEdges([{ path, text: waits }])).toHaveLength(1)
    expect(beyondEdges([{ path, text: sleeps }])).toHaveLength(1)
    expect(beyondEdges([{ path, text: reads }])).toEqual([])
  }
  for (const path of ["test/e2e/kill.test.ts", "src/store/journal/postgres.test.ts"]) {
    expect(beyondEdges([{ path, text: waits }])).toEqual([])
  }
})
