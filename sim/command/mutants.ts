import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { MUTANTS } from "../mutants/all.ts"
import type { Mutant } from "../mutants/mutant.ts"
import type { MutantsAsked } from "./run.ts"

const ROOT = resolve(import.meta.dirname, "../..")

/** `homeport sim --mutants`: whether the simulator finds the bugs that were planted for it, and how soon. */
export async function runMutants({ names, seeds }: MutantsAsked): Promise<number> {
  const chosen = MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name))
  const waiting = [...chosen]
  let found = 0
  async function worker(): Promise<void> {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const startedAt = performance.now()
      const verdict = await tryMutant(mutant, seeds)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
      if (verdict.isFound) found += 1
      console.log(`${verdict.isFound ? "found " : "MISSED"}  ${mutant.name} (${seconds} s): ${verdict.how}`)
    }
  }
  await Promise.all([worker(), worker()])
  console.log(`${found} of ${chosen.length} planted bugs were found within ${seeds} seeds`)
  return found === chosen.length ? 0 : 1
}

interface Verdict {
  readonly isFound: boolean
  readonly how: string
}

/** Runs the simulator in a copy of the sources that has the bug. */
async function tryMutant({ file, search, replace }: Mutant, seeds: number): Promise<Verdict> {
  const copy = mkdtempSync(join(tmpdir(), "homeport-mutant-"))
  try {
    for (const part of ["src", "sim", "package.json"]) cpSync(join(ROOT, part), join(copy, part), { recursive: true })
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"))
    const text = readFileSync(join(copy, file), "utf8")
    if (text.split(search).length !== 2)
      return { isFound: false, how: `${file} does not have what is to be replaced once` }
    writeFileSync(
      join(copy, file),
      text.replace(search, () => replace),
    )
    return await runCopy(copy, seeds)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function runCopy(copy: string, seeds: number): Promise<Verdict> {
  const place = pathToFileURL(join(copy, "sim/command/run.ts"))
  const child = spawn(process.execPath, ["-", "--seeds", String(seeds), "--short"], { stdio: ["pipe", "pipe", "pipe"] })
  child.stdin.end(`import("${place}").then(async (it) => process.exit(await it.runSimulator(process.argv.slice(2))))`)
  let printed = ""
  let complaint = ""
  child.stdout.on("data", (piece) => {
    printed += piece
  })
  child.stderr.on("data", (piece) => {
    complaint += piece
  })
  const [code] = await once(child, "exit")
  if (code === 0) return { isFound: false, how: `nothing broke in ${seeds} seeds` }
  const line = printed.split("\n").find((text) => text.startsWith("{"))
  if (line === undefined) return { isFound: false, how: `it did not run: ${complaint.slice(0, 400)}` }
  const { tried, invariant } = JSON.parse(line) as { readonly tried: number; readonly invariant: string }
  return { isFound: true, how: `by seed ${tried}: ${invariant}` }
}
