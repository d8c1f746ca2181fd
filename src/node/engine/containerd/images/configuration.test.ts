import { expect, test } from "vitest"
import { anImage } from "../../../../../test/image/image.ts"
import { readConfiguration } from "./configuration.ts"
import { chainIds } from "./snapshots.ts"

test("an image says how to run it", async () => {
  const image = await anImage({
    busybox: false,
    entryPoint: ["/bin/serve"],
    command: ["--port", "80"],
    environment: ["PATH=/bin", "EMPTY="],
    workingDirectory: "/srv",
    user: "1000:100",
    stopSignal: "SIGQUIT",
    volumes: ["/data"],
    labels: { team: "shop" },
    healthCheck: { Test: ["CMD-SHELL", "true"], Interval: 5e9, Retries: 2 },
    layers: [{ a: "1" }, { b: "2" }],
  })
  expect(readConfiguration(image.config)).toEqual({
    config: {
      entryPoint: ["/bin/serve"],
      command: ["--port", "80"],
      environment: ["PATH=/bin", "EMPTY="],
      workingDirectory: "/srv",
      user: "1000:100",
      stopSignal: "SIGQUIT",
      volumes: ["/data"],
      labels: { team: "shop" },
      healthCheck: { Test: ["CMD-SHELL", "true"], Interval: 5e9, Retries: 2 },
    },
    diffIds: image.layers.map(({ diffId }) => diffId),
  })
})

test("what an image does not say is empty, and one text stands for a list of one", () => {
  const read = (content: object) => readConfiguration(Buffer.from(JSON.stringify(content))).config
  const nothing = {
    entryPoint: [],
    command: [],
    environment: [],
    workingDirectory: "",
    user: "",
    stopSignal: "",
    volumes: [],
    labels: {},
  }
  expect(read({})).toEqual(nothing)
  expect(read({ config: null, rootfs: null })).toEqual(nothing)
  expect(read({ config: { Entrypoint: null, Cmd: "top", User: 5, Volumes: null } })).toEqual({
    ...nothing,
    command: ["top"],
  })
})

test.each([
  ["not JSON"],
  [JSON.stringify({ rootfs: { diff_ids: ["md5:1"] } })],
  [JSON.stringify({ rootfs: { diff_ids: 7 } })],
])("%s is no configuration", (text) => {
  expect(() => readConfiguration(Buffer.from(text))).toThrow("invalid image configuration")
})

test("a layer's name stands for itself and all below it", () => {
  // Worked out with sha256sum, as containerd and Docker do it.
  const [one, two] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`]
  expect(chainIds([])).toEqual([])
  expect(chainIds([one])).toEqual([one])
  expect(chainIds([one, two])).toEqual([one, "sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5"])
})
