import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import manifest from "../package.json" with { type: "json" }
import toolchain from "../toolchain/package.json" with { type: "json" }
import { ROOT } from "./source.ts"

/** Made here and not shipped; .gitignore names them too. */
const NOT_SHIPPED = ["node_modules", ".git", ".cache", "dist", "coverage"]

function shippedFiles(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (NOT_SHIPPED.includes(entry.name)) return []
    return entry.isDirectory() ? shippedFiles(path) : [path]
  })
}

const read = (path: string) => readFileSync(join(ROOT, path), "utf8")

test("no shipped file names a package registry: packages come from wherever the machine takes them", () => {
  const registries = /registry\.(npmjs|yarnpkg|npmmirror)|npm\.pkg\.github|"resolved":|pypi\.org|proxy\.golang/
  const files = shippedFiles().filter((path) => path !== "test/repository.test.ts")
  expect(files).toEqual(expect.arrayContaining(["package-lock.json", "toolchain/package-lock.json", ".ci/run"]))
  expect(files).not.toContain(".npmrc")
  expect(files.filter((path) => registries.test(read(path)))).toEqual([])
})

test("each dependency has its line in docs/dependencies.md, and no line outlives its dependency", () => {
  const npm = [manifest.dependencies, manifest.devDependencies, toolchain.optionalDependencies].flatMap(Object.keys)
  const named = read("homeport").matchAll(/missing="\$missing (.+)"|need_system_packages "[^"]+" ([a-z].+)$/gm)
  const system = new Set([...named].map(([, missing, always]) => missing ?? always!))
  expect(system).toEqual(
    new Set([
      ...["libatomic1", "containerd", "crun", "nftables", "iproute2", "tini"],
      ...["postgresql", "awscli", "etcd-server", "docker.io", "busybox-static", "sudo", "skopeo", "docker-registry"],
    ]),
  )

  // A line may stand for several packages that are there for the same reason.
  const lines = read("docs/dependencies.md").matchAll(/^\| (`.+?`) \|/gm)
  const described = [...lines].flatMap(([, names]) => [...names!.matchAll(/`(.+?)`/g)].map(([, name]) => name!))
  expect(described.toSorted()).toEqual([...new Set([...npm, ...system])].toSorted())
})

test("dependencies are pinned to one version, so that every checkout runs the same", () => {
  const versions = [manifest.dependencies, manifest.devDependencies, toolchain.optionalDependencies].flatMap(
    (dependencies) => Object.values<string>(dependencies),
  )
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test("the start script installs without running anything of a package, and no package needs that it did", () => {
  // koffi would look whether it has to be compiled, which it has not: its binaries are packages of their own. protobufjs
  // warns of versions that do not fit.
  const idle = new Set(["node_modules/koffi", "node_modules/protobufjs"])
  const scripted = ["package-lock.json", "toolchain/package-lock.json"].flatMap((path) => {
    const { packages } = JSON.parse(read(path)) as { packages: Record<string, { hasInstallScript?: boolean }> }
    return Object.keys(packages).filter((name) => packages[name]!.hasInstallScript === true)
  })
  expect(scripted.filter((name) => !idle.has(name))).toEqual([])
})
