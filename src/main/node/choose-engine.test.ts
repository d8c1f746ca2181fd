import { expect, test } from "vitest"
import type { Findings } from "../../node/engine/detect.ts"
import { EXIT } from "../exit.ts"
import { choose } from "./choose-engine.ts"

const DOCKER = { socketPath: "/var/run/docker.sock" }

function found(more: Partial<Findings> = {}): Findings {
  return { platform: "linux", isRoot: true, programs: ["containerd", "crun"], docker: DOCKER, ...more }
}

test("what ran containers before does so again, as long as it can", () => {
  expect(choose(found(), undefined, undefined)).toEqual({ engine: "containerd" })
  expect(choose(found(), undefined, "docker")).toMatchObject({ engine: "docker" })
  expect(choose(found({ docker: { problem: "it is gone" } }), undefined, "docker")).toEqual({ engine: "containerd" })
})

test("what is asked for goes before what was", () => {
  expect(choose(found(), "containerd", "docker")).toEqual({ engine: "containerd" })
  expect(choose(found(), "docker", "containerd")).toMatchObject({ engine: "docker" })
})

test("where nothing can work it is said once, but a Docker that was there may only be late", () => {
  const nothing = found({ programs: [], docker: { problem: "Docker does not run" } })
  const refusal = (wanted?: "docker", last?: "docker"): unknown => {
    try {
      return choose(nothing, wanted, last)
    } catch (error) {
      return error
    }
  }
  const message = expect.stringMatching(/^No containers can run on this machine\. Nothing here can run containers: /)
  expect(refusal()).toMatchObject({ exitCode: EXIT.refused, message })
  expect(refusal("docker")).toMatchObject({ exitCode: EXIT.failed })
  expect(refusal(undefined, "docker")).toMatchObject({ exitCode: EXIT.failed })
})
