import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { resolve } from "node:path"
import { EXIT, Refusal } from "./exit.ts"
import { asRoot } from "./node/node-process.ts"

/** The packages of the system that the start script has installed, as it wrote them down. */
export function installedPackages(): string[] {
  return existsSync(RECORD) ? [...new Set(readFileSync(RECORD, "utf8").split("\n").filter(Boolean))] : []
}

/** Removes them, unless something else would have to go with them: it came later, and needs them. */
export function removePackages(packages: readonly string[]): void {
  const { stdout, status } = spawnSync("apt-get", ["--simulate", "remove", ...packages], { encoding: "utf8" })
  if (status !== 0) throw new Refusal("apt-get cannot say what it would remove; the packages stay.", EXIT.failed)
  const others = removals(stdout).filter((name) => !packages.includes(name))
  if (others.length > 0) {
    throw new Refusal(`The packages ${packages.join(" ")} stay: with them would go ${others.join(" ")}.`, EXIT.failed)
  }
  const [program, ...words] = [...asRoot(), "apt-get", "remove", "-y", ...packages]
  if (spawnSync(program!, words, { stdio: "inherit" }).status !== 0)
    throw new Refusal("apt-get could not remove the packages; see above.", EXIT.failed)
  rmSync(RECORD, { force: true })
}

/** What a simulation says would go, as in `Remv crun [1.8]`; of another architecture, as in `crun:arm64`. */
export function removals(simulation: string): string[] {
  return [...simulation.matchAll(/^Remv (\S+)/gm)].map(([, name]) => name!)
}

const RECORD = resolve(import.meta.dirname, "../../.cache/system-packages")
