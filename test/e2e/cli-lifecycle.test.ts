import { fork } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { ECS } from "@aws-sdk/client-ecs"
import { STS } from "@aws-sdk/client-sts"
import { expect, onTestFinished, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { ROOT } from "../source.ts"
import { answers, clientOf, installation, killed, lives, result, variables } from "./command-line.ts"
import { until } from "./until.ts"

test("up, a signed call with what env prints, down, and everything there again after the next up", async () => {
  const { data, run, up } = installation()
  const endpoint = await up()
  const env = variables((await run("env")).out)
  expect(env).toMatchObject({ AWS_ENDPOINT_URL: endpoint, AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" })
  const identity = await clientOf(STS, env).getCallerIdentity({})
  expect(identity.Arn).toBe(`arn:aws:iam::${identity.Account}:root`)
  await clientOf(ECS, env).createCluster({ clusterName: "shop" })

  const json = JSON.parse((await run("env", "--format", "json", "--region", "eu-central-1")).out)
  expect(json).toEqual({ ...env, AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" })

  const status = await run("status")
  expect(status).toMatchObject({ code: EXIT.ok, err: "" })
  expect(status.out).toContain(`answers at ${endpoint}`)
  expect(JSON.parse((await run("status", "--json")).out)).toMatchObject({
    running: true,
    leads: true,
    ready: true,
    endpoint,
    data,
    accounts: 1,
  })

  expect(await run("down")).toEqual({ code: EXIT.ok, out: "Homeport has stopped.\n", err: "" })
  expect(await run("status")).toMatchObject({
    code: EXIT.failed,
    out: `Homeport is not running with data in ${data}.\n`,
  })
  expect(await run("down")).toMatchObject({ code: EXIT.ok, out: `Homeport is not running with data in ${data}.\n` })
  expect(await run("env")).toMatchObject({ code: EXIT.failed, out: "", err: expect.stringContaining("is not running") })
  expect(readdirSync(data).sort()).toEqual(["homeport.log", "images", "journal.sqlite", "log-events", "master.key"])

  const again = await up()
  const clusters = await clientOf(ECS, { ...env, AWS_ENDPOINT_URL: again }).listClusters({})
  expect(clusters.clusterArns).toEqual([`arn:aws:ecs:us-east-1:${identity.Account}:cluster/shop`])
})

test("a second up finds the first, and another port for the same data is refused", async () => {
  const { run, up } = installation()
  const endpoint = await up()
  const { port } = new URL(endpoint)

  for (const args of [[], ["--detach"], ["--port", port]]) {
    const { code, out } = await run("up", "--no-node", ...args)
    expect([code, out]).toEqual([EXIT.ok, expect.stringMatching(`^Homeport already runs at ${endpoint} `)])
  }
  const other = await run("up", "--port", "1")
  expect([other.code, other.err]).toEqual([EXIT.refused, expect.stringContaining("already runs")])
  const server = await run("server", "--port", "0")
  expect([server.code, server.err]).toEqual([EXIT.refused, expect.stringContaining("already runs")])
})

test("of two that start at the same moment one serves, and the other finds it or is refused", async () => {
  const { run } = installation()
  const results = await Promise.all([
    run("up", "--no-node", "--detach", "--port", "0"),
    run("up", "--no-node", "--detach", "--port", "0"),
  ])

  expect(results.some(({ code, out }) => code === EXIT.ok && out.includes("after"))).toBe(true)
  for (const { code } of results) expect([EXIT.ok, EXIT.refused]).toContain(code)
  expect((await run("status")).code).toBe(EXIT.ok)
  expect((await run("account", "create")).code).toBe(EXIT.ok)
})

test("a region that is killed comes back on its port, with everything acknowledged", async () => {
  const { record, run, up } = installation()
  const endpoint = await up()
  const env = variables((await run("env")).out)
  await clientOf(ECS, env).createCluster({ clusterName: "shop" })
  const before = record().region!.pid
  killed(before)
  await until(() => answers(endpoint))

  expect(record().region!.pid).not.toBe(before)
  expect((await clientOf(ECS, env).listClusters({})).clusterArns).toHaveLength(1)
  expect((await run("down")).code).toBe(EXIT.ok)
  expect(await answers(endpoint)).toBe(false)
})

test("what killed processes leave behind holds nobody up", async () => {
  const { data, record, run, up } = installation()
  await up()
  const { supervisor, region } = record()
  killed(supervisor!.pid)
  killed(region!.pid)
  await until(() => !lives(supervisor!.pid) && !lives(region!.pid))
  expect(readdirSync(data)).toEqual(expect.arrayContaining(["control.sock", "run.json"]))
  expect((await run("status")).code).toBe(EXIT.failed)

  // Another process may have got the number since.
  const left = record()
  writeFileSync(join(data, "run.json"), JSON.stringify({ ...left, supervisor: { pid: process.pid, startedAt: "1" } }))
  expect((await run("down")).out).toContain("is not running")
  await up()
})

test("a region ends with its supervisor, so that killing that one leaves nothing behind", async () => {
  const { record, up } = installation()
  const endpoint = await up()
  const { supervisor, region } = record()
  killed(supervisor!.pid)
  await until(() => !lives(region!.pid))
  expect(await answers(endpoint)).toBe(false)
})

test("a region whose supervisor is gone before it has started ends, and names nobody as its supervisor", async () => {
  const { data } = installation()
  const child = fork(join(ROOT, "src/main/cli.ts"), ["server", "--port", "0", "--data", data], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  child.disconnect()

  expect(await once(child, "exit")).toEqual([EXIT.ok, null])
  expect(readdirSync(data)).not.toContain("run.json")
})

test("up in the foreground says where it answers, and ends in order when it is told to", async () => {
  const { data, record, start } = installation()
  const child = start("up", "--no-node", "--port", "0")
  const ended = result(child)
  await once(child.stdout!, "data")
  const { region } = record()
  child.kill("SIGINT")

  const { code, out, err } = await ended
  expect([code, err]).toEqual([EXIT.ok, "Stopping.\n"])
  expect(out).toMatch(
    /^Homeport \S+ answers at http:\/\/127\.0\.0\.1:\d+, after \d\.\d s\.\n {2}Data +\S+\n {2}Credentials +eval /,
  )
  expect(lives(region!.pid)).toBe(false)
  expect(readdirSync(data).sort()).toEqual(["homeport.log", "images", "journal.sqlite", "log-events", "master.key"])
})

test("an answer under way is finished before the end, and no new one is begun", async () => {
  const { data, run, start } = installation()
  const child = start("server", "--port", "0", "--dev")
  const ended = result(child)
  await until(() => existsSync(join(data, "run.json")))
  const { port } = JSON.parse(readFileSync(join(data, "run.json"), "utf8"))
  const body = "Action=GetCallerIdentity&Version=2011-06-15"
  const wire = connect(port, "127.0.0.1").setEncoding("utf8")
  let received = ""
  wire.on("data", (text) => {
    received += text
  })
  const scope = "AKIAX/20260101/us-east-1/sts/aws4_request"
  wire.write(
    `POST / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  )
  await until(async () => JSON.parse((await run("status", "--json")).out).inFlight === 1)
  child.kill("SIGTERM")
  await until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)) === undefined)
  expect(received).toBe("")
  wire.write(body.slice(10))
  await once(wire, "close")

  expect(received).toMatch(/^HTTP\/1.1 200[\s\S]*connection: close[\s\S]*<GetCallerIdentityResult>/i)
  expect((await ended).code).toBe(EXIT.ok)
})

test("a region that hangs is told from one that does not run, and down ends it", async () => {
  const { data, record, run, up } = installation()
  await up()
  const { supervisor, region } = record()
  process.kill(region!.pid, "SIGSTOP")
  for (const command of ["status", "env", "up"]) {
    const before = performance.now()
    const { code, out, err } = await run(command)
    expect({ code, out, err }).toEqual({
      code: EXIT.failed,
      out: "",
      err: `Homeport with data in ${data} runs but does not answer.\n`,
    })
    expect(performance.now() - before).toBeLessThan(20_000)
  }
  expect(await run("down")).toEqual({ code: EXIT.ok, out: "Homeport has stopped.\n", err: "" })
  expect([supervisor, region].map((each) => lives(each!.pid))).toEqual([false, false])
  await up()
})
