import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { ECR } from "@aws-sdk/client-ecr"
import { until } from "../test/e2e/until.ts"
import { freePort } from "../test/free-port.ts"
import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { startHomeport } from "./homeport.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"
import type { RegistryPlace, RegistryTask, RegistryWork } from "./registry-contender.ts"

/** Images pushed and pulled, beside the registry that one would otherwise run. Homeport asks who may; that one asks nobody. */
export const registryBench: Bench = async ({ seconds }) => {
  using folder = makeFolder()
  await using homeport = startHomeport("server", join(folder.path, "homeport"))
  const { port } = await homeport.ready()
  const ours = await placeIn(port, await homeport.credentials())
  await using theirs = await startDockerRegistry(folder.path)
  await using clients = await startContender<RegistryTask, number>("./registry-contender.ts", {})

  const figures: Figure[] = []
  for (const { work, name, unit, atLeast, rounds } of FIGURES) {
    const measured = await inTurns(
      name,
      {
        homeport: () => clients.run({ place: ours, work, seconds }),
        registry: () => clients.run({ place: theirs.place, work, seconds }),
      },
      rounds,
    )
    figures.push({
      name,
      unit,
      ours: spreadOf(measured.homeport),
      theirs: { name: "docker-registry", spread: spreadOf(measured.registry) },
      ratio: ratioOf(measured.homeport, measured.registry),
      target: { of: "ratio", atLeast },
    })
  }
  return figures
}

interface RegistryFigure {
  readonly work: RegistryWork
  readonly name: string
  readonly unit: "/s" | "MB/s"
  readonly atLeast: number
  readonly rounds: number
}

const FIGURES: readonly RegistryFigure[] = [
  { work: "manifest", name: "manifest, 16 callers", unit: "/s", atLeast: 10, rounds: 11 },
  { work: "small push", name: "push of 4 KiB, 16 callers", unit: "/s", atLeast: 5, rounds: 11 },
  { work: "large push", name: "push of 128 MiB", unit: "MB/s", atLeast: 2, rounds: 5 },
  { work: "large pull", name: "pull of 128 MiB", unit: "MB/s", atLeast: 1, rounds: 11 },
]

/** A repository, and who may use it. */
async function placeIn(
  port: number,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<RegistryPlace> {
  const ecr = new ECR({ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials })
  const { repository } = await ecr.createRepository({ repositoryName: "bench" })
  const { authorizationData } = await ecr.getAuthorizationToken({})
  ecr.destroy()
  const authorization = `Basic ${authorizationData![0]!.authorizationToken!}`
  return { port, repository: `${repository!.registryId!}/us-east-1/bench`, authorization }
}

/** Debian's own, as it comes, with its data beside ours. */
async function startDockerRegistry(folder: string): Promise<AsyncDisposable & { readonly place: RegistryPlace }> {
  const port = await freePort()
  const file = join(folder, "registry.json")
  const configuration = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "registry") }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  }
  // What it reads is YAML, which JSON is.
  writeFileSync(file, JSON.stringify(configuration))
  const child = spawn("docker-registry", ["serve", file], { stdio: "ignore" })
  const ended = new Promise<void>((resolve, reject) => {
    child.once("exit", () => resolve())
    child.once("error", reject)
  })
  await Promise.race([
    ended,
    until(() =>
      fetch(`http://127.0.0.1:${port}/v2/`)
        .then(({ ok }) => ok)
        .catch(() => false),
    ),
  ])
  if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`)
  return {
    place: { port, repository: "bench" },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM")
      await ended
    },
  }
}
