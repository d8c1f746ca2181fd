import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { spawn } from "node:child_process"
import { startContender } from "/work/main/bench/contender.ts"
import { startHomeport } from "/work/main/bench/homeport.ts"
import { ECR } from "@aws-sdk/client-ecr"
const dir = mkdtempSync("/tmp/ecr-cpu-")
const hp = startHomeport("server", dir + "/hp"); const { port } = await hp.ready() as any
const credentials = await hp.credentials()
const ecr = new ECR({ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials })
const { repository } = await ecr.createRepository({ repositoryName: "bench" }); const { authorizationData } = await ecr.getAuthorizationToken({})
writeFileSync(dir + "/r.json", JSON.stringify({ version: 0.1, log: { level: "error", accesslog: { disabled: true } }, storage: { filesystem: { rootdirectory: dir + "/dr" } }, http: { addr: "127.0.0.1:45997" } }))
const dr = spawn("docker-registry", ["serve", dir + "/r.json"], { stdio: "ignore" })
await new Promise(r => setTimeout(r, 1500))
const c = await startContender<any, number>("./registry-contender.ts", {})
const status = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
import { execSync } from "node:child_process"
const hpPid = Number(execSync(`fuser ${port}/tcp 2>/dev/null || ss -ltnp | grep ':${port} ' | sed 's/.*pid=\\([0-9]*\\).*/\\1/' | head -1`).toString().trim().split(/\s+/)[0])
const cpu = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" "); return [Number(f[11]) * 10, Number(f[12]) * 10] }
for (const [name, place, pid] of [["hp", { port, repository: repository!.registryId + "/us-east-1/bench", authorization: "Basic " + authorizationData![0]!.authorizationToken }, hpPid], ["dr", { port: 45997, repository: "bench" }, dr.pid!]] as const) {
  for (const [work, n, seconds] of [["manifest", 1, 1], ["large push", 4, 0], ["large pull", 6, 0], ["small push", 1, 2]] as const) {
    await c.run({ place, work, seconds: 0.2 })
    const before = cpu(pid); const rates = []; for (let i = 0; i < n; i++) rates.push((await c.run({ place, work, seconds })) | 0)
    const after = cpu(pid)
    console.log(name, work, "rates", rates.join(" "), "cpu user/sys ms each", (after[0]! - before[0]!) / n | 0, (after[1]! - before[1]!) / n | 0)
  }
}
await hp[Symbol.asyncDispose](); dr.kill(); await c[Symbol.asyncDispose](); rmSync(dir, { recursive: true }); process.exit()
