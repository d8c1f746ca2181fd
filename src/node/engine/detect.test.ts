import { expect, test } from "vitest"
import { chooseEngine, type Findings } from "./detect.ts"

const DOCKER = { socketPath: "/run/docker.sock" }

test("containerd is taken where it can work, and Docker where it cannot", () => {
  expect(chooseEngine(aMachine({ docker: DOCKER }))).toEqual({ engine: "containerd" })
  for (const lack of [
    { platform: "darwin" },
    { isRoot: false },
    { programs: ["runc"] },
    { programs: ["containerd"] },
  ]) {
    expect(chooseEngine(aMachine({ ...lack, docker: DOCKER }))).toEqual({ engine: "docker", ...DOCKER })
  }
})

test("the engine that was asked for is taken, or none", () => {
  expect(chooseEngine(aMachine({ docker: DOCKER }), "docker")).toEqual({ engine: "docker", ...DOCKER })
  expect(chooseEngine(aMachine({}), "docker")).toEqual({
    engine: undefined,
    problem: "Docker does not answer at /run/docker.sock.",
  })
  expect(chooseEngine(aMachine({ isRoot: false, docker: DOCKER }), "containerd")).toEqual({
    engine: undefined,
    problem: "containerd needs root, so the node has to be started with sudo.",
  })
})

test("where nothing can work, one sentence says why for each", () => {
  expect(chooseEngine(aMachine({ programs: ["crun"] }))).toEqual({
    engine: undefined,
    problem:
      "Nothing here can run containers: containerd is not installed (on Debian and Ubuntu: apt-get install containerd crun), and Docker does not answer at /run/docker.sock.",
  })
  expect(chooseEngine(aMachine({ platform: "darwin" }))).toMatchObject({
    problem: expect.stringContaining("containerd runs containers on Linux alone, and this is darwin"),
  })
})

function aMachine(given: Partial<Findings>): Findings {
  return {
    platform: "linux",
    isRoot: true,
    programs: ["containerd", "crun"],
    docker: { problem: "Docker does not answer at /run/docker.sock" },
    ...given,
  }
}
