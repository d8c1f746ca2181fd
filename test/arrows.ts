import { posix } from "node:path"
import { type Import, importsOf, isNamed, isTest, parse, type SourceFile, walk } from "./source.ts"

/** What each part may import besides itself. A part that is missing here may import nothing. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  world: ["base"],
  store: ["base", "world"],
  aws: ["base", "world", "store"],
  wire: ["base", "world"],
  services: ["base", "world", "store", "aws", "wire"],
  node: ["base", "world", "wire"],
  main: ["base", "world", "store", "aws", "wire", "services", "node", "package.json"],
  console: [],
  sim: ["base", "world", "store", "aws", "wire", "services", "node", "main"],
  bench: ["base", "world", "store", "aws", "wire", "services", "node", "main", "sim"],
}

export interface Packages {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/**
 * Says for each import that goes against an arrow why it may not be. A test may import any part, wherever it lies: it
 * wires together what the sources must not. It answers for packages only. No source imports a test.
 */
export function againstArrows(files: readonly SourceFile[], packages: Packages): string[] {
  const catalog = catalogOrder(files)
  return files.flatMap((file) =>
    importsOf(file).flatMap((found) => {
      const reason = refusal(file.path, found, catalog, packages)
      return reason === undefined
        ? []
        : [`${file.path}:${found.line} imports ${found.from ?? "what only a run can tell"}: ${reason}`]
    }),
  )
}

function refusal(importer: string, found: Import, catalog: readonly string[], packages: Packages): string | undefined {
  const { from } = found
  if (from === undefined) return isTest(importer) ? undefined : "a source names the file it imports"
  if (from.startsWith("node:")) return undefined
  if (!from.startsWith(".")) return refusalOfPackage(importer, found, from, packages)
  if (isTest(importer)) return undefined

  const imported = posix.join(posix.dirname(importer), from)
  const [part, target] = [partOf(importer), partOf(imported)]
  // Nothing uses the benches, and they measure on the same private servers that the tests start.
  if (isTest(imported)) return part === "bench" ? undefined : "no source imports a test"
  if (part !== target) return ARROWS[part]?.includes(target) ? undefined : `${part} never imports ${target}`
  return part === "services" ? refusalAmongServices(importer, imported, catalog) : undefined
}

function refusalAmongServices(importer: string, imported: string, catalog: readonly string[]): string | undefined {
  const [own, other] = [serviceOf(importer), serviceOf(imported)]
  if (own === other) return undefined
  if (other === undefined) return "the catalogue knows the services; they do not know it"
  if (imported !== `src/services/${other}/index.ts`) return "of another service only its index.ts may be imported"
  if (own === undefined) return undefined
  if (!catalog.includes(own)) return `${own} is not in the catalogue`
  const earlier = catalog.slice(0, catalog.indexOf(own))
  return earlier.includes(other) ? undefined : `${other} does not come before ${own} in the catalogue`
}

function refusalOfPackage(importer: string, found: Import, from: string, packages: Packages): string | undefined {
  const name = from.split("/", from.startsWith("@") ? 2 : 1).join("/")
  const runs = Object.hasOwn(packages.dependencies, name)
  if (!runs && !Object.hasOwn(packages.devDependencies, name)) return `package.json does not list ${name}`
  if (!importer.startsWith("src/") || isTest(importer) || found.typeOnly) return undefined
  if (!runs) return `${name} is there for tests only`

  // A service's schemas are megabytes: they load at its first request, and its types cost nothing.
  if (name.startsWith("@aws-sdk/client-") && !found.lazy)
    return "an SDK client is imported as a type, or when it is needed"
  return undefined
}

/** `src/store/table.ts` belongs to `store`, `sim/region.ts` to `sim`, `package.json` to itself. */
function partOf(path: string): string {
  return path.split("/")[path.startsWith("src/") ? 1 : 0]!
}

function serviceOf(path: string): string | undefined {
  const [, , service, ...inside] = path.split("/")
  return inside.length === 0 ? undefined : service
}

/** The services in the order in which the catalogue mentions them; its import lines do not count, as they are sorted by name. */
function catalogOrder(files: readonly SourceFile[]): string[] {
  const file = files.find(({ path }) => path === "src/services/catalog.ts")
  if (file === undefined) return []
  const program = parse(file)
  const imports = importsOf(file, program)
  const order = new Set<string>()
  walk(program, (piece, within) => {
    if (within.some(({ type }) => type === "ImportDeclaration")) return
    for (const { from, lazy, syntax } of imports) {
      const names = (syntax.specifiers as { readonly local: { readonly name: string } }[] | undefined) ?? []
      const mentions = lazy ? piece === syntax : names.some(({ local }) => isNamed(piece, local.name))
      const service = mentions && from?.match(/^\.\/([^/]+)\//)?.[1]
      if (service) order.add(service)
    }
  })
  return [...order]
}
