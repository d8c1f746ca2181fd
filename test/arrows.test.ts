import { expect, test } from "vitest"
import manifest from "../package.json" with { type: "json" }
import { againstArrows } from "./arrows.ts"
import { readSources } from "./source.ts"

test("every import follows the arrows", async () => {
  const files = await readSources("{src,sim,bench,test,console}/**/*.{ts,tsx}")
  expect(againstArrows(files, manifest)).toEqual([])
})

// The catalogue lists ecs after ec2, while its import lines stand in alphabetical order.
const catalog = {
  path: "src/services/catalog.ts",
  text: `
    import { ecs } from "./ecs/index.ts"
    import { ec2 } from "./ec2/index.ts"
    export const catalog = [ec2, ecs] as const
  `,
}

const packages = {
  dependencies: { "@aws-sdk/client-ecs": "1.0.0", "@smithy/core": "1.0.0", pg: "1.0.0" },
  devDependencies: { "@aws-sdk/client-ec2": "1.0.0", "@types/pg": "1.0.0", vitest: "1.0.0" },
}

function breaches(path: string, text: string): string[] {
  return againstArrows([catalog, { path, text }], packages)
}

test.each([
  ["src/base/cidr.ts", "../world/world.ts"],
  ["src/world/real.ts", "../store/store.ts"],
  ["src/store/store.ts", "../aws/fault.ts"],
  ["src/store/journal/sqlite.ts", "../../services/ecs/index.ts"],
  ["src/store/store.ts", "../wire/acs.ts"],
  ["src/aws/route.ts", "../services/catalog.ts"],
  ["src/aws/route.ts", "../wire/acs.ts"],
  ["src/wire/acs.ts", "../aws/fault.ts"],
  ["src/services/ecs/cluster.ts", "../../main/server.ts"],
  ["src/services/ecs/cluster.ts", "../../node/agent/agent.ts"],
  ["src/node/agent/agent.ts", "../../services/ecs/index.ts"],
  ["src/node/agent/agent.ts", "../../store/store.ts"],
  ["src/node/agent/agent.ts", "../../main/node.ts"],
  ["src/main/server.ts", "../../sim/region.ts"],
  ["src/main/server.ts", "../../bench/store.ts"],
  ["src/world/real.ts", "../../test/source.ts"],
  ["src/store/store.ts", "./store.test.ts"],
  ["src/store/journal/memory.ts", "./suite.ts"],
  ["src/store/store.ts", "./testing.ts"],
  ["src/base/cidr.ts", "../../package.json"],
  ["sim/region.ts", "../bench/store.ts"],
  ["sim/region.ts", "../test/source.ts"],
  ["console/page.tsx", "../src/base/cidr.ts"],
  ["console/page.tsx", "../src/services/ecs/index.ts"],
])("%s never imports %s", (path, from) => {
  for (const text of [
    `import { x } from "${from}"`,
    `import type { X } from "${from}"`,
    `import { type X } from "${from}"`,
    `import "${from}"`,
    `export * from "${from}"`,
    `export { x } from "${from}"`,
    `export type { X } from "${from}"`,
    `const x = await import("${from}")`,
    `type X = import("${from}").X`,
    `const worker = new Worker(new URL("${from}", import.meta.url))`,
  ]) {
    expect(breaches(path, text), text).toHaveLength(1)
  }
})

test.each([
  ["src/world/log.ts", "../base/assert.ts"],
  ["src/store/journal/codec.ts", "../../base/ordering.ts"],
  ["src/store/store.ts", "../world/world.ts"],
  ["src/aws/route.ts", "../store/store.ts"],
  ["src/services/ecs/cluster.ts", "../../aws/fault.ts"],
  ["src/services/ecs/agent/acs.ts", "../../../wire/acs.ts"],
  ["src/services/ecs/cluster.ts", "./tables.ts"],
  ["src/node/agent/agent.ts", "../engine/engine.ts"],
  ["src/node/agent/agent.ts", "../../wire/acs.ts"],
  ["src/main/server.ts", "../services/catalog.ts"],
  ["src/main/server.ts", "../../package.json"],
  ["sim/region.ts", "../src/main/server.ts"],
  ["bench/start.ts", "../src/main/server.ts"],
  ["console/page.tsx", "./table.tsx"],
])("%s may import %s", (path, from) => {
  expect(breaches(path, `import { x } from "${from}"`)).toEqual([])
})

test("a service imports of another only its index.ts, and only when that one comes earlier in the catalogue", () => {
  expect(breaches("src/services/ecs/task.ts", 'import { ec2 } from "../ec2/index.ts"')).toEqual([])
  expect(breaches("src/services/ecs/placement/plan.ts", 'import { ec2 } from "../../ec2/index.ts"')).toEqual([])
  expect(breaches("src/services/ecs/task.ts", 'import { x } from "../ec2/tables.ts"')).toHaveLength(1)
  expect(breaches("src/services/ec2/vpc.ts", 'import type { ecs } from "../ecs/index.ts"')).toEqual([
    "src/services/ec2/vpc.ts:1 imports ../ecs/index.ts: ecs does not come before ec2 in the catalogue",
  ])
  expect(breaches("src/services/sqs/queue.ts", 'import { ec2 } from "../ec2/index.ts"')).toHaveLength(1)
  expect(breaches("src/services/ecs/task.ts", 'import { catalog } from "../catalog.ts"')).toHaveLength(1)
})

test("the catalogue's order is that of its list, also when it loads services lazily", () => {
  const lazy = {
    path: catalog.path,
    text: 'export const catalog = [() => import("./ec2/index.ts"), () => import("./ecs/index.ts")]',
  }
  const forwards = { path: "src/services/ecs/task.ts", text: 'import { ec2 } from "../ec2/index.ts"' }
  const backwards = { path: "src/services/ec2/vpc.ts", text: 'import { ecs } from "../ecs/index.ts"' }
  expect(againstArrows([lazy, forwards], packages)).toEqual([])
  expect(againstArrows([lazy, backwards], packages)).toHaveLength(1)
})

test("a test may import any part, and no package that is not listed", () => {
  for (const [path, from] of [
    ["src/store/store.test.ts", "../main/server.ts"],
    ["src/store/journal/suite.ts", "../../../sim/region.ts"],
    ["src/store/testing.ts", "../aws/front-door.ts"],
    ["test/e2e/kill.test.ts", "../../src/services/ecs/tables.ts"],
  ] as const) {
    expect(breaches(path, `import { x } from "${from}"`)).toEqual([])
    expect(breaches(path, 'import { test } from "vitest"')).toEqual([])
    expect(breaches(path, 'import { x } from "left-pad"')).toHaveLength(1)
  }
})

test("a source runs with the packages that an installation without tests has", () => {
  expect(breaches("src/store/journal/postgres.ts", 'import pg from "pg"')).toEqual([])
  expect(breaches("src/aws/route.ts", 'import { NormalizedSchema } from "@smithy/core/schema"')).toEqual([])
  expect(breaches("src/store/store.ts", 'import { expect } from "vitest"')).toHaveLength(1)
  expect(breaches("src/store/store.ts", 'import { x } from "left-pad"')).toHaveLength(1)
  expect(breaches("src/store/store.ts", "const part = await import(name)")).toHaveLength(1)
})

test("a service takes an SDK client's types for nothing, and its schemas when they are needed", () => {
  const path = "src/services/ecs/cluster.ts"
  expect(breaches(path, 'import type * as sdk from "@aws-sdk/client-ecs"')).toEqual([])
  expect(breaches(path, 'import type * as sdk from "@aws-sdk/client-ec2"')).toEqual([])
  expect(breaches(path, 'const load = () => import("@aws-sdk/client-ecs")')).toEqual([])
  expect(breaches(path, 'import * as sdk from "@aws-sdk/client-ecs"')).toHaveLength(1)
  expect(breaches(path, 'const load = () => import("@aws-sdk/client-ec2")')).toHaveLength(1)
})

test("what stands in comments and strings is no import", () => {
  expect(
    breaches(
      "src/base/cidr.ts",
      '// import { x } from "../world/world.ts"\nconst text = \'import "../world/world.ts"\'',
    ),
  ).toEqual([])
})
