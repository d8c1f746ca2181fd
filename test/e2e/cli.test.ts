import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { get } from "node:https"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { ECS } from "@aws-sdk/client-ecs"
import { STS } from "@aws-sdk/client-sts"
import { expect, onTestFinished, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { ROOT } from "../source.ts"
import { testFolder } from "./folder.ts"

// The command line as a user has it: real processes, a data directory of each test's own, ports that were free.

const PROGRAM = ["--disable-warning=ExperimentalWarning", join(ROOT, "src/main/cli.ts")]
const { PATH, HOME } = process.env
const ENVIRONMENT = { PATH, HOME, NODE_COMPILE_CACHE: join(ROOT, ".cache/compiled") }

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...PROGRAM, ...args], { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] })
}

function result(child: ChildProcess): Promise<Result> {
  let out = ""
  let err = ""
  child.stdout!.setEncoding("utf8").on("data", (text) => {
    out += text
  })
  child.stderr!.setEncoding("utf8").on("data", (text) => {
    err += text
  })
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })))
}

function homeport(...args: readonly string[]): Promise<Result> {
  return result(start(...args))
}

/** A data directory whose processes end with the test. */
function installation() {
  const data = testFolder()
  onTestFinished(async () => {
    const { supervisor, region } = record()
    for (const each of [supervisor, region]) if (each !== undefined) killed(each.pid)
    await until(() => [supervisor, region].every((each) => each === undefined || !lives(each.pid)))
  })
  const record = (): { supervisor?: { pid: number }; region?: { pid: number }; port?: number } =>
    existsSync(join(data, "run.json")) ? JSON.parse(readFileSync(join(data, "run.json"), "utf8")) : {}
  return {
    data,
    record,
    run: (command: string, ...args: readonly string[]) => homeport(command, ...args, "--data", data),
    start: (command: string, ...args: readonly string[]) => start(command, ...args, "--data", data),
    async up(...args: readonly string[]): Promise<string> {
      const { code, out, err } = await homeport("up", "--detach", "--port", "0", "--data", data, ...args)
      expect({ code, err }).toEqual({ code: EXIT.ok, err: "" })
      return /answers at (\S+), after/.exec(out)![1]!
    },
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {}
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(10)
}

async function answers(endpoint: string): Promise<boolean> {
  return (await fetch(`${endpoint}/readyz`).catch(() => undefined))?.status === 200
}

/** A client such as somebody has who ran `eval "$(homeport env)"`. */
function clientOf<Client extends { destroy(): void }>(
  make: new (config: object) => Client,
  env: Record<string, string>,
): Client {
  const client = new make({
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  return client
}

function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name!, value!]),
  )
}

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
  expect(readdirSync(data).sort()).toEqual(["homeport.log", "journal.sqlite", "master.key"])

  const again = await up()
  const clusters = await clientOf(ECS, { ...env, AWS_ENDPOINT_URL: again }).listClusters({})
  expect(clusters.clusterArns).toEqual([`arn:aws:ecs:us-east-1:${identity.Account}:cluster/shop`])
})

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

test("two thousand accounts come at once, each with a key that is good", async ({ task }) => {
  const { run, up } = installation()
  const endpoint = await up()
  const before = performance.now()
  const { code, out } = await run("account", "create", "--count", "2000", "--format", "tsv")
  task.meta.figure = `2000 accounts in ${Math.round(performance.now() - before)} ms, the command's start included`

  expect(code).toBe(EXIT.ok)
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"))
  expect(rows).toHaveLength(2000)
  expect(new Set(rows.map(([account]) => account)).size).toBe(2000)
  for (const [account, accessKeyId, secretAccessKey] of [rows[0]!, rows[1999]!]) {
    const sts = clientOf(STS, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: accessKeyId!,
      AWS_SECRET_ACCESS_KEY: secretAccessKey!,
    })
    expect((await sts.getCallerIdentity({})).Account).toBe(account)
  }

  const one = variables((await run("account", "create")).out)
  expect(await clientOf(STS, one).getCallerIdentity({})).toMatchObject({ Account: expect.stringMatching(/^\d{12}$/) })
  expect(JSON.parse((await run("account", "create", "--count", "2", "--format", "json")).out)).toHaveLength(2)
})

test("a second up finds the first, and another port for the same data is refused", async () => {
  const { run, up } = installation()
  const endpoint = await up()
  const { port } = new URL(endpoint)

  for (const args of [[], ["--detach"], ["--port", port]]) {
    const { code, out } = await run("up", ...args)
    expect([code, out]).toEqual([EXIT.ok, expect.stringMatching(`^Homeport already runs at ${endpoint} `)])
  }
  const other = await run("up", "--port", "1")
  expect([other.code, other.err]).toEqual([EXIT.refused, expect.stringContaining("already runs")])
  const server = await run("server", "--port", "0")
  expect([server.code, server.err]).toEqual([EXIT.refused, expect.stringContaining("already runs")])
})

test("of two that start at the same moment one serves, and the other finds it or is refused", async () => {
  const { run } = installation()
  const results = await Promise.all([run("up", "--detach", "--port", "0"), run("up", "--detach", "--port", "0")])

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

test("up in the foreground says where it answers, and ends in order when it is told to", async () => {
  const { data, record, start } = installation()
  const child = start("up", "--port", "0")
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
  expect(readdirSync(data).sort()).toEqual(["homeport.log", "journal.sqlite", "master.key"])
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

test("a port in use and a directory that cannot be used are refused in one sentence each", async () => {
  const taken = createServer().listen(0, "127.0.0.1")
  await once(taken, "listening")
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const { data, run } = installation()

  for (const args of [["--detach"], []]) {
    const { code, out, err } = await run("up", "--port", String(port), ...args)
    expect({ code, out, err }).toEqual({
      code: EXIT.refused,
      out: "",
      err: `Port ${port} on 127.0.0.1 is in use. Choose another with --port.\n`,
    })
  }
  const file = join(data, "file")
  writeFileSync(file, "")
  const { code, err } = await homeport("up", "--data", join(file, "data"))
  expect({ code, err }).toEqual({
    code: EXIT.refused,
    err: `Cannot keep data in ${join(file, "data")}: it is not a directory. Name another directory with --data.\n`,
  })
})

test("a wrong master key, a lost one and a damaged journal are refused, and not tried again", async () => {
  const one = installation()
  await one.up()
  await one.run("down")
  const other = installation()
  await other.up()
  await other.run("down")

  const refusedWith = async (sentence: string) => {
    const { code, out, err } = await one.run("up", "--port", "0")
    expect({ code, out, err }).toEqual({ code: EXIT.refused, out: "", err: expect.stringContaining(sentence) })
    expect(err.trimEnd().split("\n")).toHaveLength(1)
  }
  const key = join(one.data, "master.key")
  const kept = readFileSync(key)
  copyFileSync(join(other.data, "master.key"), key)
  await refusedWith("is not the one that belongs to the journal")
  writeFileSync(key, kept)
  writeFileSync(join(one.data, "journal.sqlite"), "this is no journal")
  await refusedWith("damaged")

  const without = join(testFolder(), "without")
  mkdirSync(without)
  copyFileSync(join(other.data, "journal.sqlite"), join(without, "journal.sqlite"))
  const lost = await homeport("up", "--port", "0", "--data", without)
  expect(lost).toMatchObject({ code: EXIT.refused, err: expect.stringContaining("master key is not here") })
  expect(existsSync(join(without, "master.key"))).toBe(false)
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

test("with --dev any credentials will do, on the loopback only", async () => {
  const { run, up } = installation()
  const refused = await run("up", "--dev", "--listen", "0.0.0.0", "--port", "0")
  expect(refused).toMatchObject({ code: EXIT.refused, err: expect.stringContaining("on the loopback only") })

  const endpoint = await up("--dev")
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: "eu-west-3", AWS_SECRET_ACCESS_KEY: "test" }
  const twelve = clientOf(STS, { ...env, AWS_ACCESS_KEY_ID: "111122223333" })
  expect((await twelve.getCallerIdentity({})).Account).toBe("111122223333")
  const first = variables((await run("env")).out)
  const { Account } = await clientOf(STS, first).getCallerIdentity({})
  expect((await clientOf(STS, { ...env, AWS_ACCESS_KEY_ID: "test" }).getCallerIdentity({})).Account).toBe(Account)
})

test("neither the log nor what up prints holds a secret", async () => {
  const { data, run, up } = installation()
  await up("--log-level", "debug")
  const env = variables((await run("env")).out)
  const made = (await run("account", "create", "--format", "tsv")).out.trim().split("\t")
  await clientOf(STS, env).getCallerIdentity({})
  await run("down")

  const log = readFileSync(join(data, "homeport.log"), "utf8")
  expect(log).toContain("stopped")
  for (const secret of [env.AWS_SECRET_ACCESS_KEY!, made[2]!, readFileSync(join(data, "master.key"), "utf8").trim()]) {
    expect(log).not.toContain(secret)
  }
})

test("logs shows what there is, and follows what comes", async () => {
  const { run, start, up } = installation()
  expect(await run("logs")).toMatchObject({ code: EXIT.failed, err: expect.stringContaining("There is no log") })
  await up()
  expect((await run("logs")).out).toMatch(/^\S+Z info {2}ready endpoint=/m)
  expect(JSON.parse((await run("logs", "--json")).out.split("\n")[0]!)).toMatchObject({
    level: "info",
    message: "ready",
  })

  const following = start("logs", "--follow")
  let seen = ""
  following.stdout!.setEncoding("utf8").on("data", (text) => {
    seen += text
  })
  await until(() => seen.includes("ready"))
  await run("down")
  await until(() => seen.includes("stopped"))
  following.kill()
})

test("a command line that makes no sense is answered in one line", async () => {
  expect(await homeport("upp")).toEqual({
    code: EXIT.usage,
    out: "",
    err: 'homeport has no command "upp"; did you mean "up"? See homeport --help.\n',
  })
  expect(await homeport("up", "--port", "many")).toEqual({
    code: EXIT.usage,
    out: "",
    err: '--port takes a whole number from 0 to 65535, not "many".\n',
  })
  expect(await homeport("server", "--listen", "everywhere")).toMatchObject({
    code: EXIT.usage,
    err: expect.stringContaining("--listen takes an IP address"),
  })
  expect(await homeport("account", "delete")).toMatchObject({
    code: EXIT.usage,
    err: expect.stringContaining("homeport account create"),
  })
})

test("every command explains itself", async () => {
  const { code, out } = await homeport("--help")
  expect(code).toBe(EXIT.ok)
  const names = [...out.matchAll(/^ {2}(\w+) {2,}\w/gm)].map(([, name]) => name!)
  expect(names).toEqual(
    expect.arrayContaining(["up", "down", "status", "env", "logs", "account", "ca", "server", "test", "bench"]),
  )
  for (const name of names.filter((each) => each !== "test" && each !== "bench")) {
    expect(await homeport(name, "--help")).toMatchObject({
      code: EXIT.ok,
      err: "",
      out: expect.stringContaining(`homeport ${name} `),
    })
  }
  expect(await homeport("--version")).toMatchObject({
    code: EXIT.ok,
    out: expect.stringMatching(/^homeport \d+\.\d+\.\d+\n$/),
  })
})
