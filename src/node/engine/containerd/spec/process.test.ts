import { expect, test } from "vitest"
import { aContainer, anImageConfig } from "../testing.ts"
import { buildArguments, buildEnvironment, buildRlimits } from "./process.ts"

const image = anImageConfig({ entryPoint: ["/entry"], command: ["serve"] })

test.each([
  [{}, ["/entry", "serve"]],
  [{ command: ["other"] }, ["/entry", "other"]],
  [{ command: [] }, ["/entry", "serve"]],
  [{ entryPoint: ["/own"] }, ["/own"]],
  [{ entryPoint: ["/own"], command: ["x"] }, ["/own", "x"]],
  [{ entryPoint: [""], command: ["x"] }, ["x"]],
  [{ entryPoint: [] }, ["/entry", "serve"]],
  [{ init: true }, ["/sbin/docker-init", "--", "/entry", "serve"]],
])("%j runs %j", (given, args) => {
  expect(buildArguments(aContainer(given), image)).toEqual(args)
})

test("with nothing to run there is no container", () => {
  expect(() => buildArguments(aContainer(), anImageConfig({ command: [] }))).toThrow("No command specified")
})

test("a container's environment wins over the image's, and that over what every program has", () => {
  const config = { environment: ["PATH=/image", "MODE=image", "EMPTY=", "EQUATION=a=b", "nonsense"] }
  const container = { environment: { MODE: "own" }, terminal: true }
  expect(buildEnvironment(container, config, "app", "/root")).toEqual([
    "PATH=/image",
    "HOSTNAME=app",
    "TERM=xterm",
    "HOME=/root",
    "MODE=own",
    "EMPTY=",
    "EQUATION=a=b",
  ])
})

test("limits are the kernel's, and -1 is as good as none", () => {
  expect(buildRlimits([{ name: "nofile", soft: 10, hard: -1 }])).toEqual([
    { type: "RLIMIT_NOFILE", soft: 10, hard: Number.MAX_SAFE_INTEGER },
  ])
})
