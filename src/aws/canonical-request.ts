import { compareStrings } from "../base/ordering.ts"
import type { Headers, HttpRequest } from "./http.ts"

/**
 * The one form of a request that both sides sign (AWS's "canonical request"), whatever freedom HTTP leaves in writing
 * it. Undefined when a header that is said to be signed did not come with the request.
 */
export function canonicalRequest(
  { method, path, query, headers }: Pick<HttpRequest, "method" | "path" | "query" | "headers">,
  { signedHeaders, contentHash, isObjectStore }: Signing,
): string | undefined {
  const signedPath = isObjectStore ? canonicalObjectPath(path) : canonicalPath(path)
  let text = `${method}\n${signedPath}\n${canonicalQuery(query)}\n`
  for (const name of signedHeaders) {
    const value = headerOf(headers, name)
    if (value === undefined) return undefined
    text += `${name}:${collapsed(value)}\n`
  }
  return `${text}\n${signedHeaders.join(";")}\n${contentHash}`
}

export interface Signing {
  readonly signedHeaders: readonly string[]

  /** What stands for the body. */
  readonly contentHash: string
  readonly isObjectStore: boolean
}

/** Every service but S3 signs the tidied path, encoded once more than it was sent. */
function canonicalPath(path: string): string {
  return path === "/" ? path : encodedPath(withoutDotSegments(path))
}

/** S3 signs the path as it stands: an object's name may hold empty segments and dots. */
function canonicalObjectPath(path: string): string {
  return reencoded(path, true)
}

/** Pairs in the order of their encoded names, then values; all but the signature itself, which a presigned request has in here. */
function canonicalQuery(query: string): string {
  if (query === "") return ""
  const pairs: [name: string, value: string][] = []
  for (const pair of query.split("&")) {
    if (pair === "" || pair.startsWith("X-Amz-Signature=")) continue
    const equals = pair.indexOf("=")
    const name = reencoded(equals < 0 ? pair : pair.slice(0, equals), false)
    pairs.push([name, equals < 0 ? "" : reencoded(pair.slice(equals + 1), false)])
  }
  pairs.sort((a, b) => compareStrings(a[0], b[0]) || compareStrings(a[1], b[1]))
  return pairs.map(([name, value]) => `${name}=${value}`).join("&")
}

/** A name may be anything the caller wrote, also `constructor`; only what came as a header is one. */
function headerOf(headers: Headers, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}

/** Without space at the ends, and with one space for each run of it inside. */
function collapsed(value: string): string {
  let spaced = true
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    const space = code === SPACE || code === TAB || code === CARRIAGE_RETURN || code === LINE_FEED
    if (space && (spaced || code !== SPACE))
      return value
        .split(/[ \t\r\n]+/)
        .filter(Boolean)
        .join(" ")
    spaced = space
  }
  return spaced ? value.trimEnd() : value
}

function withoutDotSegments(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path
  const kept: string[] = []
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop()
    else if (segment !== "" && segment !== ".") kept.push(segment)
  }
  return `/${kept.join("/")}${kept.length > 0 && path.endsWith("/") ? "/" : ""}`
}

/** Encodes all but unreserved characters and slashes, also the percent signs of what is encoded already. */
function encodedPath(path: string): string {
  if (isPlain(path, true)) return path
  let text = ""
  for (const byte of Buffer.from(path)) text += byte === SLASH ? "/" : encodedByte(byte)
  return text
}

/**
 * Writes what may be encoded in several ways in the one way that is signed: unreserved characters bare, all others as
 * `%XX` in upper case. A bare slash stays bare in a path, and an encoded one encoded; a plus in a query is a space.
 */
function reencoded(text: string, isPath: boolean): string {
  if (isPlain(text, isPath)) return text
  const bytes = Buffer.from(text)
  let canonical = ""
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    const escaped = byte === PERCENT ? hexByte(bytes, i + 1) : -1
    if (escaped >= 0) {
      canonical += encodedByte(escaped)
      i += 2
    } else if (isPath && byte === SLASH) canonical += "/"
    else if (!isPath && byte === PLUS) canonical += "%20"
    else canonical += encodedByte(byte)
  }
  return canonical
}

function isPlain(text: string, slashes: boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!(code < 128 && (UNRESERVED[code] === 1 || (slashes && code === SLASH)))) return false
  }
  return true
}

function encodedByte(byte: number): string {
  return ENCODED_BYTES[byte]!
}

/** The byte that two hexadecimal digits stand for; -1 when they are none. */
function hexByte(bytes: Uint8Array, at: number): number {
  const high = hexDigit(bytes[at])
  const low = hexDigit(bytes[at + 1])
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number | undefined): number {
  return code === undefined ? -1 : "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase())
}

const SPACE = 0x20
const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const PERCENT = 0x25
const PLUS = 0x2b
const SLASH = 0x2f

const UNRESERVED = new Uint8Array(128)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
  UNRESERVED[character.charCodeAt(0)] = 1
}

const ENCODED_BYTES = Array.from({ length: 256 }, (_, byte) =>
  UNRESERVED[byte] === 1 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
)
