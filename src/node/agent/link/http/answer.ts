import type { IncomingHttpHeaders } from "node:http"
import { RegionError } from "../../../region.ts"

interface Response extends AsyncIterable<Buffer> {
  readonly statusCode?: number | undefined
  readonly headers: IncomingHttpHeaders
}

export async function readAnswer(response: Response, bytesMax = BYTES_MAX): Promise<string> {
  return (await readBytes(response, bytesMax)).toString()
}

/** The whole body, which has a bound. */
export async function readBytes(response: Response, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response) {
    length += part.length
    if (length > bytesMax) throw new RegionError("Unreadable", response.statusCode ?? 0, "The answer is too long.")
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** What an operation answered. Throws `RegionError` for a refusal. */
export function answerOf({ statusCode = 0, headers }: Pick<Response, "statusCode" | "headers">, text: string) {
  const answer = parsed(text)
  if (statusCode === 200 && answer !== undefined) return answer
  if (statusCode === 200) throw new RegionError("Unreadable", statusCode, "The answer is not JSON.")
  const type = headers["x-amzn-errortype"] ?? answer?.__type
  const message = answer?.message ?? answer?.Message ?? text.slice(0, TEXT_LENGTH_MAX)
  throw new RegionError(bareName(type) ?? `Status${statusCode}`, statusCode, String(message))
}

/** Why a websocket was refused. It is in the body that agents look for the name, in one of two forms. */
export function refusalOf(statusCode: number, text: string): RegionError {
  const answer = parsed(text)
  const type = bareName(answer?.type ?? answer?.__type)
  const name = type ?? Object.keys(answer ?? {}).find((key) => key.endsWith("Exception"))
  return new RegionError(name ?? `Status${statusCode}`, statusCode, text.slice(0, TEXT_LENGTH_MAX))
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = text === "" ? {} : JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** `namespace#Name` and `Name:http://…` are `Name`. */
function bareName(type: unknown): string | undefined {
  if (typeof type !== "string") return undefined
  return type.slice(type.indexOf("#") + 1).split(":")[0]
}

/** As much as a page of log events, some times over. */
const BYTES_MAX = 32 * 2 ** 20
const TEXT_LENGTH_MAX = 1024
