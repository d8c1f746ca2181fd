import { readFileSync } from "node:fs"
import { glob } from "node:fs/promises"
import { posix } from "node:path"
import { parseAst } from "vitest/node"

export const ROOT = posix.resolve(import.meta.dirname, "..")

/** A file of ours, or one that a test makes up. Paths start at the repository's root. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export async function readSources(...patterns: readonly string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = []
  for await (const path of glob(patterns, { cwd: ROOT, exclude: ["**/node_modules/**"] })) {
    files.push({ path, text: readFileSync(posix.join(ROOT, path), "utf8") })
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What only tests run: `x.test.ts`, a contract's `suite.ts`, and `testing.ts`, what the tests of a part share. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || /(\.test|[./]suite|[./]testing)\.tsx?$/.test(path)
}

/** A piece of a parsed file, as the ESTree convention has it. */
export interface Syntax {
  readonly type: string
  readonly start: number
  readonly [property: string]: unknown
}

export function parse(file: SourceFile): Syntax {
  const options = { lang: file.path.endsWith("x") ? "tsx" : "ts", astType: "ts" } as const
  return parseAst(file.text, options, file.path) as unknown as Syntax
}

/** Goes through everything below `syntax` in the order it is written; `visit` sees what holds each piece, innermost last. */
export function walk(syntax: Syntax, visit: (piece: Syntax, within: readonly Syntax[]) => void): void {
  const within: Syntax[] = []
  const enter = (piece: Syntax) => {
    visit(piece, within)
    within.push(piece)
    for (const value of Object.values(piece)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isSyntax(child)) enter(child)
    }
    within.pop()
  }
  enter(syntax)
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
}

export function lineOf(file: SourceFile, piece: Syntax): number {
  return file.text.slice(0, piece.start).split("\n").length
}

export function isNamed(piece: unknown, name: string): boolean {
  return isSyntax(piece) && piece.type === "Identifier" && piece.name === name
}

export interface Import {
  /** What stands between the quotes; undefined when it is worked out at run time. */
  readonly from: string | undefined

  /** Gone before the file runs: `import type`, `export type` and `import("…")` among types. */
  readonly typeOnly: boolean

  /** Loaded when the program comes by, not before it starts. */
  readonly lazy: boolean
  readonly line: number
  readonly syntax: Syntax
}

/** Every way in which one file names another: imports of all kinds, re-exports, and the `new URL` of a worker's file. */
export function importsOf(file: SourceFile, program: Syntax = parse(file)): Import[] {
  const imports: Import[] = []
  walk(program, (piece) => {
    const add = (source: unknown, typeOnly: boolean, lazy: boolean) => {
      const from = isSyntax(source) && typeof source.value === "string" ? source.value : undefined
      imports.push({ from, typeOnly, lazy, line: lineOf(file, piece), syntax: piece })
    }
    switch (piece.type) {
      case "ImportDeclaration":
        return add(piece.source, piece.importKind === "type", false)
      case "ExportAllDeclaration":
        return add(piece.source, piece.exportKind === "type", false)
      case "ExportNamedDeclaration":
        return piece.source === null ? undefined : add(piece.source, piece.exportKind === "type", false)
      case "TSImportType":
        return add(piece.source, true, false)
      case "ImportExpression":
        return add(piece.source, false, true)
      case "NewExpression": {
        const [first] = piece.arguments as Syntax[]
        if (isNamed(piece.callee, "URL") && /^\.\.?\//.test(String(first?.value))) add(first, false, true)
      }
    }
  })
  return imports
}
