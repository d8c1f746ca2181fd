import { execFileSync, spawn } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { ROOT } from "./source.ts"

// The start script, in a checkout of its own on a machine that has only what is put into `bin`. Node and npm are small
// scripts there: Node says with which arguments it was called, npm "installs" a folder and keeps a list of its calls.

const TOOLS = [
  "sh",
  "cat",
  "cmp",
  "cp",
  "dirname",
  "flock",
  "grep",
  "head",
  "mkdir",
  "mv",
  "readlink",
  "rm",
  "tail",
  "tee",
  "touch",
]

/** What npm leaves when it has installed something. */
const INSTALLED = "node_modules/.package-lock.json"

interface Machine {
  readonly folder: string
  readonly checkout: string

  /** Puts a program, written as a shell script, on the machine's path. */
  program(name: string, script: string): void

  /** How npm was called so far. */
  npmCalls(): string[]
  start(...args: string[]): Promise<Ended>
  startIn(options: StartOptions, ...args: string[]): Promise<Ended>
}

interface StartOptions {
  readonly script?: string
  readonly cwd?: string
  onSaid?(text: string): void
  onStarted?(pid: number): void
}

interface Ended {
  readonly code: number | null

  /** What the program that was handed over to printed. */
  readonly printed: string

  /** What the start script had to say. */
  readonly said: string
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function aMachine(options: { readonly node?: string; readonly npm?: string } = {}): Machine {
  const folder = mkdtempSync(join(tmpdir(), "homeport-machine-"))
  folders.push(folder)
  const checkout = join(folder, "checkout")
  const bin = join(folder, "bin")
  const calls = join(folder, "npm-calls")
  mkdirSync(bin)
  mkdirSync(join(checkout, "toolchain"), { recursive: true })
  copyFileSync(join(ROOT, "homeport"), join(checkout, "homeport"))
  for (const manifest of [
    "package.json",
    "package-lock.json",
    "toolchain/package.json",
    "toolchain/package-lock.json",
  ]) {
    writeFileSync(join(checkout, manifest), `{ "as shipped": "${manifest}" }`)
  }

  const program = (name: string, script: string, to = bin) => {
    writeFileSync(join(to, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(to, name), 0o755)
  }
  for (const tool of TOOLS) symlinkSync(findTool(tool), join(bin, tool))
  program("uname", "echo Linux x86_64")
  for (const part of ["containerd", "crun", "nft", "ip", "tini-static", "dockerd", "busybox"]) program(part, "")
  program("pinned-node", nodeScript("v26.10.0"))
  if (options.node) program("node", nodeScript(options.node))
  const installs = `mkdir -p node_modules/.bin && cp ${bin}/pinned-node node_modules/.bin/node && touch ${INSTALLED}`
  program("npm", `echo "$*" >>${calls}\n${options.npm ?? installs}`)

  const startIn = ({ script, cwd, onSaid, onStarted }: StartOptions, ...args: string[]): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(script ?? join(checkout, "homeport"), args, {
        cwd: cwd ?? folder,
        env: { PATH: bin, HOME: folder },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      })
      let printed = ""
      let said = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text
      })
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text
        onSaid?.(said)
      })
      child.on("error", reject)
      child.on("close", (code) => resolve({ code, printed, said }))
      onStarted?.(child.pid!)
    })

  return {
    folder,
    checkout,
    program,
    npmCalls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
    start: (...args) => startIn({}, ...args),
    startIn,
  }
}

function findTool(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim()
}

function nodeScript(version: string): string {
  return `[ "$1" != --version ] || { echo ${version}; exit; }
printf 'Node ${version} in %s:' "$PWD"
printf ' <%s>' "$@"
echo`
}

test("where Node is new enough and the packages are there, nothing is said and the command starts", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  await machine.start("up")
  const before = machine.npmCalls()

  const { code, printed, said } = await machine.start("up", "--data", "a b", "", "$HOME")
  expect(code).toBe(0)
  expect(said).toBe("")
  expect(printed).toContain(`Node v24.0.0 in ${machine.folder}:`)
  expect(printed).toContain(`<${machine.checkout}/src/main/cli.ts> <up> <--data> <a b> <> <$HOME>`)
  expect(machine.npmCalls()).toEqual(before)
})

test("it finds its own folder through symbolic links, and leaves the command in the caller's", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  mkdirSync(join(machine.folder, "links"))
  symlinkSync("../checkout/homeport", join(machine.folder, "links/first"))
  symlinkSync("links/first", join(machine.folder, "second"))

  const { printed } = await machine.startIn({
    script: join(machine.folder, "second"),
    cwd: join(machine.folder, "links"),
  })
  expect(printed).toContain(`in ${machine.folder}/links:`)
  expect(printed).toContain(`<${machine.checkout}/src/main/cli.ts>`)
})

test("an older Node is left alone and the pinned one brought in, once", async () => {
  const machine = aMachine({ node: "v20.20.2" })
  const { printed, said } = await machine.start("--help")
  expect(said).toContain("this machine has v20.20.2")
  expect(printed).toContain("Node v26.10.0")
  expect(machine.npmCalls()).toHaveLength(1)

  expect((await machine.start("--help")).said).toBe("")
  expect(machine.npmCalls()).toHaveLength(1)
})

test("help needs no package", async () => {
  const machine = aMachine({ node: "v24.0.0", npm: "exit 1" })
  for (const args of [[], ["--help"], ["-h"], ["help"], ["--version"]])
    expect((await machine.start(...args)).code).toBe(0)
  expect(machine.npmCalls()).toEqual([])
})

test("a running installation has only the packages it needs, and tests have all; a changed lockfile brings in the new ones", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  await machine.start("up")
  expect(machine.npmCalls()).toEqual([expect.stringMatching(/^ci .*--omit=dev$/)])

  await machine.start("test", "--suite", "types")
  expect(machine.npmCalls()).toEqual([expect.anything(), expect.not.stringContaining("--omit")])
  await machine.start("up")
  await machine.start("test", "--suite", "types")
  expect(machine.npmCalls()).toHaveLength(2)

  writeFileSync(join(machine.checkout, "package-lock.json"), "{}")
  await machine.start("up")
  expect(machine.npmCalls()).toHaveLength(3)
  expect(machine.npmCalls().at(-1)).not.toContain("--omit")
})

test("what has to be said goes to standard error, as standard output may be read by a shell", async () => {
  const machine = aMachine({ node: "v24.0.0", npm: `echo added 70 packages; mkdir node_modules; touch ${INSTALLED}` })
  const { printed, said } = await machine.start("env")
  expect(printed).toMatch(/^Node v24.0.0 .*\n$/)
  expect(said).toBe("homeport: installing its packages with npm\n")
})

test("an installation that fails says so and changes nothing", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  await machine.start("up")
  writeFileSync(join(machine.checkout, "node_modules/kept"), "")
  writeFileSync(join(machine.checkout, "package-lock.json"), "{}")
  machine.program("npm", "mkdir node_modules; echo npm error no network >&2; exit 1")

  const { code, said, printed } = await machine.start("up")
  expect(code).toBe(1)
  expect(printed).toBe("")
  expect(said).toMatch(
    /npm error no network\nhomeport: could not install its packages; .*npm.log says more. Nothing was changed/,
  )
  expect(existsSync(join(machine.checkout, "node_modules/kept"))).toBe(true)
})

test("a pinned Node that npm did without, as it is optional, is not taken for installed", async () => {
  const npm = `mkdir node_modules; touch ${INSTALLED}; echo npm http fetch attempt 3 failed`
  const machine = aMachine({ node: "v20.20.2", npm })
  for (const attempt of [1, 2]) {
    const { code, said } = await machine.start("up")
    expect(code).toBe(1)
    expect(said).toMatch(/npm http fetch attempt 3 failed\nhomeport: could not install Node.js/)
    expect(machine.npmCalls()).toHaveLength(attempt)
  }
})

test("two starts at once install once", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  const { installing, release } = holdNpm(machine)
  const first = machine.start("up")
  await installing

  let waits = () => {}
  const waiting = new Promise<void>((resolve) => {
    waits = resolve
  })
  const second = machine.startIn({ onSaid: (said) => said.includes("waiting for another start") && waits() }, "up")
  await waiting
  await release()

  expect((await first).code).toBe(0)
  expect((await second).code).toBe(0)
  expect(machine.npmCalls()).toHaveLength(1)
})

test("an installation that was killed in the middle holds nobody up and leaves nothing behind", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  const { installing } = holdNpm(machine)
  let pid = 0
  const killed = machine.startIn({ onStarted: (started) => (pid = started) }, "up")
  await installing
  process.kill(-pid, "SIGKILL")
  await killed
  expect(existsSync(join(machine.checkout, "node_modules"))).toBe(false)

  machine.program("npm", `mkdir node_modules; touch ${INSTALLED}`)
  expect((await machine.start("up")).code).toBe(0)
  expect((await machine.start("up")).said).toBe("")
  expect(execFileSync("ls", ["-A", join(machine.checkout, ".cache")], { encoding: "utf8" })).toBe("lock\nnpm.log\n")
})

/** Makes npm stop in the middle: `installing` settles when it is there, `release` lets it go on. */
function holdNpm(machine: Machine): { readonly installing: Promise<unknown>; release(): Promise<void> } {
  const [entered, gate] = [join(machine.folder, "entered"), join(machine.folder, "gate")]
  execFileSync("mkfifo", [entered, gate])
  const calls = join(machine.folder, "npm-calls")
  machine.program("npm", `echo "$*" >>${calls}; mkdir node_modules; touch ${INSTALLED}; echo >${entered}; cat ${gate}`)
  return { installing: readFile(entered), release: () => writeFile(gate, "") }
}

test("what cannot be brought in is named in one sentence", async () => {
  const withoutNode = aMachine()
  withoutNode.program("uname", "echo Darwin arm64")
  expect(await withoutNode.start("up")).toMatchObject({
    code: 1,
    said: "homeport: needs Node.js 24 or newer, and this machine has none. Install it from https://nodejs.org, then start again.\n",
  })

  const withoutNpm = aMachine({ node: "v24.0.0" })
  rmSync(join(withoutNpm.folder, "bin/npm"))
  expect(await withoutNpm.start("up")).toMatchObject({
    code: 1,
    said: "homeport: needs npm to install its packages. Install Node.js with npm, then start again.\n",
  })

  const elsewhere = aMachine({ node: "v20.20.2" })
  elsewhere.program("pinned-node", "exit 127")
  for (const attempt of [1, 2]) {
    const { code, said } = await elsewhere.start("up")
    expect(code, `attempt ${attempt}`).toBe(1)
    expect(said).toContain("the one it brings does not run here. Install one, then start again.")
  }
})

test("a library that the pinned Node lacks is installed for it", async () => {
  const machine = aMachine({ node: "v20.20.2" })
  const working = readFileSync(join(machine.folder, "bin/pinned-node"), "utf8")
  const library = join(machine.folder, "libatomic")
  machine.program("pinned-node", `[ -e ${library} ] || exit 127\n${working}`)
  machine.program("id", "echo 0")
  machine.program("env", 'shift; exec "$@"')
  machine.program("apt-get", `[ "$1" != install ] || touch ${library}`)

  const { code, said, printed } = await machine.start("--help")
  expect(code).toBe(0)
  expect(said).toContain("homeport: installing libatomic1 with apt-get\n")
  expect(printed).toContain("Node v26.10.0")
})

test("system packages are for those who may install them; the others are told how, and go on without", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  machine.program("postgres", "")
  machine.program("apt-get", `echo "$*" >>${machine.folder}/apt-calls`)
  machine.program("env", 'shift; exec "$@"')

  machine.program("id", "echo 1000")
  const asUser = await machine.start("bench")
  expect(asUser.said).toContain(
    "etcd-server docker-registry, which only root can install (sudo apt-get install etcd-server docker-registry)",
  )
  expect(asUser.printed).toContain("<bench>")
  expect(existsSync(`${machine.folder}/apt-calls`)).toBe(false)

  machine.program("id", "echo 0")
  const asRoot = await machine.start("bench")
  expect(asRoot.said).toBe(
    "homeport: installing etcd-server with apt-get\nhomeport: installing docker-registry with apt-get\n",
  )
  expect(asRoot.printed).toContain("<bench>")
  expect(readFileSync(`${machine.folder}/apt-calls`, "utf8")).toMatch(
    /^update\ninstall .*etcd-server\n(update\n)?install .*docker-registry\n$/,
  )

  machine.program("etcd", "")
  machine.program("docker-registry", "")
  expect((await machine.start("bench")).said).toBe("")
})

test("suites that only read the sources ask nothing of the system", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  machine.program("id", "echo 1000")
  machine.program("apt-get", "")
  await machine.start("up")
  const { said } = await machine.start("test", "--suite", "types", "--suite=lint", "--suite", "simulator")
  expect(said).toBe("homeport: installing its packages and its tests' packages with npm\n")
})

test("what runs containers is installed before they are to run, and only then", async () => {
  const machine = aMachine({ node: "v24.0.0" })
  rmSync(join(machine.folder, "bin/crun"))
  machine.program("id", "echo 0")
  machine.program("env", 'shift; exec "$@"')
  machine.program("apt-get", `echo "$*" >>${machine.folder}/apt-calls`)

  const others = [["up", "--no-node"], ["up", "--engine", "docker"], ["up", "--help"], ["status"], ["node", "status"]]
  for (const words of others) await machine.start(...words)
  expect(existsSync(`${machine.folder}/apt-calls`)).toBe(false)

  for (const words of [["up"], ["node", "join", "--server", "https://10.0.0.4:4566"], ["node", "run"]]) {
    const { said } = await machine.start(...words)
    expect(said).toBe("homeport: installing crun with apt-get\n")
  }
  expect(readFileSync(join(machine.checkout, ".cache/system-packages"), "utf8")).toBe("crun\n".repeat(3))
})
