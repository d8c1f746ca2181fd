import type * as sdk from "@aws-sdk/client-ecs"
import type { HttpRequest } from "../src/aws/http.ts"
import { type AccessKeyId, authorization } from "./identity.ts"
import { type Path, Unanswered } from "./network.ts"
import type { Transcript } from "./transcript.ts"

type Sdk = typeof sdk

/** The name of an ECS operation, as in `RunTask`. */
export type Operation = keyof {
  [K in keyof Sdk as K extends `${infer Name}Command` ? Exclude<Name, "$"> : never]: true
}

type Command<K extends Operation> = Sdk[`${K}Command` & keyof Sdk]
export type Input<K extends Operation> =
  Command<K> extends abstract new (...args: never) => { readonly input: infer I } ? I : never

/** As the SDK types it; times are numbers here. */
export type Output<K extends Operation> =
  Command<K> extends abstract new (
    ...args: never
  ) => {
    resolveMiddleware(...args: never): (...args: never) => Promise<{ output: infer O }>
  }
    ? Omit<O, "$metadata">
    : never

/** What came of a request. */
export type Answer<K extends Operation> =
  | { readonly ok: true; readonly output: Output<K> }
  | { readonly ok: false; readonly status: number; readonly error: string; readonly message: string }
  | { readonly ok: "unknown"; readonly error: string }

/** Someone who calls the API over a path that may fail. */
export class Api {
  readonly #path: Path
  readonly #keyId: AccessKeyId
  readonly #transcript: Transcript
  #calls = 0

  constructor(path: Path, keyId: AccessKeyId, transcript: Transcript) {
    this.#path = path
    this.#keyId = keyId
    this.#transcript = transcript
  }

  async call<K extends Operation>(operation: K, input: Input<K>): Promise<Answer<K>> {
    const body = JSON.stringify(input)
    const number = ++this.#calls
    this.#transcript.say(this.#path.name, `#${number} ${operation} ${shortened(body)}`)
    const answer = await this.#answered<K>(requestOf(operation, body, this.#keyId))
    const told =
      answer.ok === true
        ? `ok ${shortened(JSON.stringify(answer.output))}`
        : answer.ok === false
          ? `${answer.status} ${answer.error}: ${answer.message}`
          : answer.error
    this.#transcript.say(this.#path.name, `#${number} ${operation} → ${told}`)
    return answer
  }

  async #answered<K extends Operation>(request: HttpRequest): Promise<Answer<K>> {
    try {
      const { status, body } = await this.#path.request(request)
      const read = JSON.parse(typeof body === "string" ? body : Buffer.from(body as Uint8Array).toString()) as Record<
        string,
        string
      >
      if (status === 200) return { ok: true, output: read as Output<K> }
      const error = (read.__type ?? "").replace(/^.*#/, "")
      return { ok: false, status, error, message: read.message ?? read.Message ?? "" }
    } catch (error) {
      if (error instanceof Unanswered) return { ok: "unknown", error: error.message }
      throw error
    }
  }
}

function requestOf(operation: string, body: string, keyId: AccessKeyId): HttpRequest {
  return {
    method: "POST",
    path: "/",
    query: "",
    headers: {
      host: "region",
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
      authorization: authorization(keyId),
    },
    body: Buffer.from(body),
    signal: NEVER,
  }
}

function shortened(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}

const TEXT_MAX = 400
const NEVER = new AbortController().signal
