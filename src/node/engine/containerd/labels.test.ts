import { expect, test } from "vitest"
import { readLabels, writeLabels } from "./labels.ts"

test("what is written to a container's labels is read from them", () => {
  const facts = {
    id: "c0ffee",
    instance: "local",
    taskId: "4711",
    networkId: "4711-network",
    name: "ecs-web-1-app",
    terminal: true,
    openStdin: false,
    logBytesMax: 1 << 20,
    volumes: ["one", "two"],
  }
  expect(readLabels("c0ffee", writeLabels(facts))).toEqual(facts)
})

test("a container of somebody else is none of ours", () => {
  expect(readLabels("c0ffee", { "io.kubernetes.pod": "x" })).toBeUndefined()
})
