import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, statSync } from "node:fs"
import { get } from "node:https"
import { join } from "node:path"
import { expect, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { homeport, installation, result } from "./command-line.ts"

test("nobody else can read anything in the data directory", async () => {
  const { data, run, up } = installation()
  await up("--listen", "0.0.0.0")
  await run("account", "create")

  const modes: Record<string, string> = {}
  for (const name of ["", ...readdirSync(data), ...readdirSync(join(data, "ca")).map((name) => join("ca", name))]) {
    modes[name] = (statSync(join(data, name)).mode & 0o777).toString(8)
  }
  expect(modes).toMatchObject({
    "": "700",
    ca: "700",
    "master.key": "600",
    "control.sock": "600",
    "run.json": "600",
    "ca/ca.key": "600",
  })
  for (const [name, mode] of Object.entries(modes)) expect(`${name} ${mode}`).toMatch(/ (700|600)$/)
})

test("beyond the loopback there is TLS only, by an authority that ca prints", async () => {
  const { run, up } = installation()
  expect(await run("ca")).toMatchObject({ code: EXIT.failed, out: "" })
  const endpoint = await up("--listen", "0.0.0.0")
  expect(endpoint).toMatch(/^https:/)
  const { port } = new URL(endpoint)
  const { out: ca } = await run("ca")
  expect((await run("env")).out).toContain("export AWS_CA_BUNDLE=")

  const statusOf = (host: string, authority?: string) =>
    new Promise((resolve) => {
      const asking = get({
        host,
        port,
        path: "/healthz",
        agent: false,
        ...(authority === undefined ? {} : { ca: authority }),
      })
      asking.on("response", ({ statusCode }) => resolve(statusCode)).on("error", ({ message }) => resolve(message))
    })
  expect(await statusOf("127.0.0.1", ca)).toBe(200)
  expect(await statusOf("localhost", ca)).toBe(200)
  expect(await statusOf("127.0.0.1")).toMatch(/unable to verify|self-signed|unable to get/)
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
  expect(await homeport("status", "--data", "/nonexistent")).toMatchObject({ code: EXIT.failed })
})

test("curl is satisfied with that authority", async ({ skip }) => {
  const { data, up } = installation()
  const endpoint = await up("--listen", "0.0.0.0")
  const curl = spawn("curl", ["-sS", "--cacert", join(data, "ca/ca.crt"), `${endpoint}/healthz`])
  if ((await Promise.race([once(curl, "spawn"), once(curl, "error").then(() => "no curl")])) === "no curl") skip()
  expect(await result(curl)).toEqual({ code: 0, out: "alive\n", err: "" })
})
