import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative, resolve } from "node:path"

const ROOT = resolve(import.meta.dirname, "../..")

/** In the order they run: what fails soonest and explains most comes first. */
const SUITES = ["types", "lint", "unit", "simulator", "conformance", "e2e"] as const
type Suite = (typeof SUITES)[number]

/** Suites that are one check by a tool. The others are projects of vitest.config.ts. */
const CHECKS: Partial<Record<Suite, readonly string[]>> = {
  types: ["node_modules/typescript/bin/tsc", "--noEmit", "--project", "."],
  lint: ["node_modules/@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "--max-diagnostics=100", "--colors=off"],
}

export const TEST_USAGE = `homeport test [--full] [--suite NAME]… [what vitest takes: file names, -t PATTERN, …]
  suites: ${SUITES.join(", ")}
  --full  every operation, every seed, every kill, instead of a sample`

/**
 * `homeport test`: runs the suites one after another, all of them whatever fails, and answers with the exit code.
 * Words for vitest choose among tests; the checks are then left out unless asked for by name.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  const asked = readArguments(args)
  if (typeof asked === "string") {
    console.error(`${asked}\n${TEST_USAGE}`)
    return 2
  }

  // Control-C reaches what runs as well. What it leaves is summed up, and nothing new is started.
  let interrupted = false
  process.once("SIGINT", () => {
    interrupted = true
  })

  const rows: Row[] = []
  for (const suite of asked.suites) {
    if (interrupted) break
    process.stdout.write(`${suite}: `)
    const startedAt = performance.now()
    const outcome = await runSuite(suite, asked)
    const seconds = (performance.now() - startedAt) / 1000
    rows.push({ suite, seconds, ...outcome })
    console.log(`${outcome.passed} passed, ${outcome.failed} failed in ${seconds.toFixed(1)} s`)
    for (const file of outcome.passedAgain) console.log(`  ${file} failed, and passed when it was run again:`)
    if (outcome.failed > 0 || outcome.passedAgain.length > 0) console.log(outcome.output)
  }

  const passed = rows.reduce((sum, row) => sum + row.passed, 0)
  const failed = rows.reduce((sum, row) => sum + row.failed, 0)
  console.log(`\n${tableOf(rows)}\n`)
  if (interrupted) console.log("interrupted before the end")
  else if (passed + failed === 0) console.log("no test fits these words")
  console.log(`${passed} passed, ${failed} failed`)
  return passed === 0 || failed > 0 || interrupted ? 1 : 0
}

interface Outcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number

  /** What tests measured and want read, one line each. */
  readonly figures: readonly string[]

  /** Files that failed in the whole run, and passed alone. */
  readonly passedAgain: readonly string[]

  /** What the tool printed, for when something failed. */
  readonly output: string
}

interface Row extends Outcome {
  readonly suite: Suite
  readonly seconds: number
}

function tableOf(rows: readonly Row[]): string {
  const lines = ["suite        passed  failed  skipped     time"]
  for (const { suite, passed, failed, skipped, seconds, figures } of rows) {
    const counts = String(passed).padStart(8) + String(failed).padStart(8) + String(skipped).padStart(9)
    lines.push(
      `${suite.padEnd(11)}${counts}${`${seconds.toFixed(1)} s`.padStart(9)}`,
      ...figures.map((line) => `  ${line}`),
    )
  }
  return lines.join("\n")
}

interface Asked {
  readonly suites: readonly Suite[]
  readonly full: boolean
  readonly forVitest: readonly string[]
}

/** A sentence when the arguments make no sense. */
function readArguments(args: readonly string[]): Asked | string {
  let full = false
  const named: string[] = []
  const forVitest: string[] = []
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--full") full = true
    else if (word === "--suite") named.push(rest.shift() ?? "")
    else if (word.startsWith("--suite=")) named.push(word.slice("--suite=".length))
    else forVitest.push(word)
  }

  const unknown = named.find((name) => !(SUITES as readonly string[]).includes(name))
  if (unknown !== undefined) return `There is no suite "${unknown}".`
  const asked = (suite: Suite) =>
    named.length > 0 ? named.includes(suite) : forVitest.length === 0 || CHECKS[suite] === undefined
  return { suites: SUITES.filter(asked), full, forVitest }
}

async function runSuite(suite: Suite, { full, forVitest }: Asked): Promise<Outcome> {
  const check = CHECKS[suite]
  if (check === undefined) return runVitest(suite, full, forVitest)
  const { code, output } = await run(check, full)
  return {
    ...(code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
    skipped: 0,
    figures: [],
    passedAgain: [],
    output,
  }
}

async function runVitest(suite: Suite, full: boolean, words: readonly string[]): Promise<Outcome> {
  // Tests that were chosen lie in few suites. Otherwise a suite without a test fails: it would prove nothing.
  const first = await runFiles(suite, full, words.length > 0 ? ["--passWithNoTests", ...words] : [])
  const files = first.failedFiles
  if (suite !== "e2e" || files.length === 0 || files.length > AGAIN_MAX) return { ...first, passedAgain: [] }

  // Real processes share the machine with whatever else it does. What holds when it is run alone is told, and holds.
  const again = await runFiles(suite, full, files)
  return {
    passed: first.passed - first.passedInFailedFiles + again.passed,
    failed: again.failed,
    skipped: first.skipped,
    figures: [...first.figures, ...again.figures],
    passedAgain: files.filter((file) => !again.failedFiles.includes(file)),
    output: `${first.output}\n${again.output}`,
  }
}

/** More than this many at once are no accident. */
const AGAIN_MAX = 3

type Files = ReturnType<typeof readReport> & Pick<Outcome, "output">

async function runFiles(suite: Suite, full: boolean, words: readonly string[]): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
  const report = join(folder, "report.json")
  const options = ["--project", suite, "--reporter=minimal", "--reporter=json", `--outputFile.json=${report}`]
  const { code, output } = await run(["node_modules/vitest/vitest.mjs", "run", ...options, ...words], full)
  const counts = existsSync(report) ? readReport(readFileSync(report, "utf8")) : NOTHING
  rmSync(folder, { recursive: true })

  // What goes wrong outside of every test counts too: a stray rejection, a crash, a wrong option.
  const failed = code !== 0 ? Math.max(1, counts.failed) : counts.failed
  return { ...counts, failed, output: output.replace(`JSON report written to ${report}\n`, "") }
}

const NOTHING = { passed: 0, failed: 0, skipped: 0, figures: [], failedFiles: [], passedInFailedFiles: 0 }

/** What is used of the report that vitest writes. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly meta: { readonly figure?: string } }[]
  }[]
}

function readReport(text: string) {
  const report = JSON.parse(text) as Report
  const files = report.testResults
  const unloaded = files.filter(({ status, assertionResults: tests }) => {
    return status === "failed" && !tests.some((test) => test.status === "failed")
  })
  const broken = files.filter(({ status }) => status === "failed")
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests,
    figures: files.flatMap((file) => file.assertionResults.flatMap(({ meta }) => meta.figure ?? [])),
    failedFiles: broken.map(({ name }) => relative(ROOT, name)),
    passedInFailedFiles: broken
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === "passed").length,
  }
}

/** Runs a tool of ours under the Node that runs us. */
function run(command: readonly string[], full: boolean): Promise<{ code: number | null; output: string }> {
  const env = {
    ...process.env,
    ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
    // The one place where tests learn that there is time for everything.
    ...(full ? { HOMEPORT_FULL: "1" } : {}),
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] })
    const parts: Buffer[] = []
    child.stdout.on("data", (part: Buffer) => parts.push(part))
    child.stderr.on("data", (part: Buffer) => parts.push(part))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, output: Buffer.concat(parts).toString() }))
  })
}
