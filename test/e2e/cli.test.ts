import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { STS } from "@aws-sdk/client-sts"
import { expect, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { ROOT } from "../source.ts"
import { clientOf, homeport, installation, result, variables } from "./command-line.ts"
import { testFolder } from "./folder.ts"
import { until } from "./until.ts"

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

/** They read their own words. */
const HAND_OVERS = ["test", "bench", "sim"]

test("every command explains itself", async () => {
  const { code, out } = await homeport("--help")
  expect(code).toBe(EXIT.ok)
  const names = [...out.matchAll(/^ {2}(\w+) {2,}\w/gm)].map(([, name]) => name!)
  expect(names).toEqual(
    expect.arrayContaining(["up", "down", "status", "env", "logs", "account", "ca", "server", "test", "bench"]),
  )
  for (const name of names.filter((each) => !HAND_OVERS.includes(each))) {
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

test("AWS_ENDPOINT_URL and what else env prints are all that a client needs to be told", async () => {
  const { run, up } = installation()
  await up()
  const env = variables((await run("env", "--region", "eu-west-1")).out)
  const script = `
    import { ECS } from "@aws-sdk/client-ecs"
    import { STS } from "@aws-sdk/client-sts"
    const { cluster } = await new ECS().createCluster({ clusterName: "shop" })
    const { Account } = await new STS().getCallerIdentity()
    console.log(cluster.clusterArn, Account)
  `
  const { PATH } = process.env
  const client = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: ROOT,
    // Nothing of this machine's own configuration.
    env: { PATH, HOME: testFolder(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const { code, out, err } = await result(client)
  expect([code, err]).toEqual([0, ""])
  const [arn, account] = out.trim().split(" ")
  expect(arn).toBe(`arn:aws:ecs:eu-west-1:${account}:cluster/shop`)
})
