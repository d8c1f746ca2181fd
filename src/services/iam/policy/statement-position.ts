/** A place in a document, both counted from 1. */
export interface Position {
  readonly Line: number
  readonly Column: number
}

export interface Span {
  readonly start: Position
  readonly end: Position
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],\n]/gs

/**
 * Where each statement of a document stands, as AWS tells it: from behind the bracket or comma in front of it, or for a
 * single one that is in no list behind its own brace, to behind its last brace.
 */
export function statementSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let depth = 0
  let name = ""
  let start: Position | undefined
  // As deep as a statement's brace ends.
  let home = 1
  let line = 1
  let lineStart = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const after = { Line: line, Column: index + 2 - lineStart }
    if (token === "\n") {
      line++
      lineStart = index + 1
    } else if (token.startsWith('"')) {
      if (depth === 1) name = token
    } else if (token === "{" || token === "[") {
      if (depth === 1 && name === '"Statement"') {
        start = after
        home = token === "[" ? 2 : 1
      }
      depth++
    } else if (token === ",") {
      if (depth === 2 && home === 2 && start !== undefined) start = after
    } else {
      depth--
      if (start === undefined) continue
      if (token === "}" && depth === home) spans.push({ start, end: after })
      if (depth === 1) start = undefined
    }
  }
  return spans
}
