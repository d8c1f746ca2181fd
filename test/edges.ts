import { importsOf, isTest, lineOf, parse, type SourceFile, type Syntax, walk } from "./source.ts"

/** Where the world outside is met: what starts with one of these may read clocks and open sockets; nothing else may. */
const EDGES = [
  "src/world/",
  "src/main/",
  "src/store/journal/sqlite",
  "src/store/journal/postgres",
  "src/services/ecr/blobs/file",
  "src/services/ecr/blobs/s3-connection",
  "src/services/logs/segments/file",
  "sim/command/",

  // Of the node, what speaks to the kernel, to what runs containers, and to the network.
  "src/node/linux/",
  "src/node/engine/containerd/",
  "src/node/engine/docker/",
  "src/node/registry/transport",
  "src/node/agent/link/http/",
  "src/node/fabric/dns/server",
  "src/node/fabric/dns/upstream",
  "src/node/fabric/kept-records",
  "src/node/agent/state-database",
  "src/node/agent/this-machine",
  "src/node/endpoints/dial",
  "src/node/endpoints/server",
  "src/node/endpoints/introspection-listener",
  "src/node/logs/connection",
  "src/node/logs/journald/connection",
  "src/node/logs/json-file/rotating-file",
  "src/node/logs/option-file",
  "src/node/logs/pattern.ts",
  "src/node/logs/splunk/post",
]

/** Modules of Node that only compute. What is missing reaches disk, network, time, chance or another process. */
const COMPUTING_MODULES = [
  "assert",
  "async_hooks",
  "buffer",
  "events",
  "path",
  "querystring",
  "stream",
  "string_decoder",
  "url",
  "util",
  "zlib",
]

/** Of node:crypto, what gives the same answer every time. */
const COMPUTING_CRYPTO =
  /^(createHash|createHmac|hash|timingSafeEqual|create(Public|Private|Secret)Key|createSign|createVerify|sign|verify|create(Dec|C)ipheriv|(hkdf|pbkdf2|scrypt)Sync|KeyObject|X509Certificate|constants)$/

/** Packages that only compute; pino, pg and other packages that reach outside belong at an edge. */
const COMPUTING_PACKAGES = /^(@smithy|@aws-sdk|@msgpack)\/|^tar-stream$/

/** Globals that reach outside, each with those members that do not. */
const GUARDED: Readonly<Record<string, readonly string[]>> = {
  AbortSignal: ["abort", "any"],
  Atomics: ["add", "and", "compareExchange", "exchange", "isLockFree", "load", "notify", "or", "store", "sub", "xor"],
  Date: ["UTC", "parse", "prototype"],
  Math: Object.getOwnPropertyNames(Math).filter((name) => name !== "random"),
  clearImmediate: [],
  clearInterval: [],
  clearTimeout: [],
  console: [],
  crypto: [],
  fetch: [],
  globalThis: [],
  performance: [],
  process: [],
  setImmediate: [],
  setInterval: [],
  setTimeout: [],
  EventSource: [],
  WebSocket: [],
  Worker: [],
}

/** What a test waits with when it waits for luck. Those at an edge, and those with real processes, may have to. */
const WAITS = ["setTimeout", "setInterval"]

export function beyondEdges(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !EDGES.some((edge) => path.startsWith(edge)) && !path.startsWith("test/e2e/"))
    .flatMap((file) => (isTest(file.path) ? waitsOf(file) : reachesOf(file)))
}

function reachesOf(file: SourceFile): string[] {
  const program = parse(file)
  return [...guardedImports(file, program), ...guardedGlobals(file, program, Object.keys(GUARDED))]
}

function waitsOf(file: SourceFile): string[] {
  const program = parse(file)
  const timers = importsOf(file, program).filter(({ from }) => /^(node:)?timers(\/|$)/.test(from ?? ""))
  return [
    ...timers.map(
      ({ line, from }) => `${file.path}:${line} imports ${from}: a test moves the world's clock instead of waiting`,
    ),
    ...guardedGlobals(file, program, WAITS),
  ]
}

function guardedImports(file: SourceFile, program: Syntax): string[] {
  return importsOf(file, program).flatMap(({ from, typeOnly, line, syntax }) => {
    if (typeOnly || from === undefined || from.startsWith(".")) return []
    const names = (syntax.specifiers ?? []) as Syntax[]
    const computes =
      from === "node:crypto"
        ? names.length > 0 &&
          names.every(({ imported }) => COMPUTING_CRYPTO.test((imported as Syntax | undefined)?.name as string))
        : from.startsWith("node:")
          ? COMPUTING_MODULES.includes(from.slice("node:".length))
          : COMPUTING_PACKAGES.test(from)
    return computes ? [] : [`${file.path}:${line} imports ${from}: only an edge reaches outside`]
  })
}

function guardedGlobals(file: SourceFile, program: Syntax, guarded: readonly string[]): string[] {
  const own = namesBoundIn(program)
  const found: string[] = []
  walk(program, (piece, within) => {
    if (piece.type !== "Identifier" || !guarded.includes(piece.name as string) || own.has(piece.name as string)) return
    if (within.some(isTypeSyntax) || isOnlyAName(piece, within.at(-1)!) || isHarmless(piece, within)) return
    found.push(`${file.path}:${lineOf(file, piece)} uses ${piece.name}: it comes through the World`)
  })
  return found
}

/** Names that the file gives a meaning of its own; they no longer stand for the global. */
function namesBoundIn(program: Syntax): Set<string> {
  const names = new Set<string>()
  const bind = (pattern: unknown) => {
    if (Array.isArray(pattern)) return pattern.forEach(bind)
    const { type, name, left, argument, value, properties, elements, parameter } = (pattern ?? {}) as Record<
      string,
      unknown
    >
    if (type === "Identifier") names.add(name as string)
    else if (type === "AssignmentPattern") bind(left)
    else if (type === "RestElement") bind(argument)
    else if (type === "Property") bind(value)
    else for (const inner of [properties, elements, parameter]) if (inner) bind(inner)
  }
  walk(program, (piece, within) => {
    if (within.some(isTypeSyntax)) return
    if (Array.isArray(piece.params)) bind(piece.params)
    if (
      piece.type === "VariableDeclarator" ||
      piece.type === "FunctionDeclaration" ||
      piece.type === "ClassDeclaration"
    )
      bind(piece.id)
    if (piece.type.startsWith("Import") && "local" in piece) bind(piece.local)
    if (piece.type === "CatchClause") bind(piece.param)
  })
  return names
}

/** Types are gone before the program runs; what wraps an expression is not a type, though its name begins alike. */
function isTypeSyntax({ type }: Syntax): boolean {
  return type.startsWith("TS") && !/^TS(As|Satisfies|NonNull|Instantiation|TypeAssertion)/.test(type)
}

/** `clock.process`, `{ process: 1 }` and `process() {}` in a class only happen to be spelt like the global. */
function isOnlyAName(piece: Syntax, parent: Syntax): boolean {
  if (parent.imported === piece) return true
  if (parent.computed === true) return false
  return parent.key === piece || (parent.type === "MemberExpression" && parent.property === piece)
}

function isHarmless(piece: Syntax, within: readonly Syntax[]): boolean {
  const parent = within.at(-1)!
  const name = piece.name as string
  if (parent.type === "MemberExpression") {
    const property = parent.property as Syntax
    const member = parent.computed ? property.value : property.name
    return GUARDED[name]!.includes(member as string)
  }
  if (parent.type === "BinaryExpression") return true
  if (name !== "Date") return false

  // A date made from a time that is already known, or the class itself, handed over to be compared with.
  const given = (parent.arguments ?? []) as Syntax[]
  return given.includes(piece) || (parent.type === "NewExpression" && given.length > 0)
}
