import { hash } from "node:crypto"
import { request as httpRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import type { World } from "../../../../world/world.ts"
import { RegionError } from "../../../region.ts"
import type { Objects } from "../../../values/objects.ts"
import { type AccessKey, encode, signatureHeaders } from "../signature.ts"
import { readBytes } from "./answer.ts"

export interface HttpObjectsOptions {
  readonly world: World

  /** The region that requests are signed for. */
  readonly region: string
  readonly endpoint: string
  readonly ca?: string

  /** Where the store does not know the roles of tasks, whose key is used instead. */
  readonly key?: AccessKey
  readonly userAgent: string
}

/** Objects over S3's protocol, with the bucket in the path: every store that speaks it understands that. */
export class HttpObjects implements Objects {
  readonly #options: HttpObjectsOptions
  readonly #url: URL

  constructor(options: HttpObjectsOptions) {
    this.#options = options
    this.#url = new URL(options.endpoint)
  }

  get(
    bucket: string,
    key: string,
    { credentials, msMax = CALL_MS_MAX }: Parameters<Objects["get"]>[2] = {},
  ): Promise<Uint8Array> {
    const { world, region, ca, userAgent, key: own } = this.#options
    const signer = own ?? credentials
    if (signer === undefined) {
      return Promise.reject(new RegionError("AccessDenied", 403, "The task has no execution role to ask with."))
    }
    const { host, hostname, port, protocol } = this.#url
    const isSecure = protocol === "https:"
    const headers = { "x-amz-content-sha256": hash("sha256", "") }
    // S3 alone signs the path as it is, where other services sign it encoded once more.
    const path = `/${bucket}/${key}`
    const message = { method: "GET" as const, host, path, query: "", headers, body: "" }
    const signature = signatureHeaders(message, { key: signer, region, service: "s3", at: world.now() })
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)({
        method: "GET",
        hostname: hostname.replaceAll(/[[\]]/g, ""),
        port,
        path: path.split("/").map(encode).join("/"),
        headers: { ...headers, ...signature, host, "user-agent": userAgent },
        ...(isSecure && ca !== undefined && { ca }),
      })
      const cancel = world.after(msMax, () => request.destroy(new Error(`no answer in ${msMax} ms`)))
      const failed = (error: Error) => {
        cancel()
        const { code = error.message } = error as NodeJS.ErrnoException
        const unreachable = `${this.#options.endpoint} cannot be reached: ${code}`
        reject(error instanceof RegionError ? error : new RegionError("Unreachable", 0, unreachable, { cause: error }))
      }
      request.on("error", failed)
      request.on("response", (response) => {
        readBytes(response, OBJECT_BYTES_MAX)
          .then((bytes) => {
            cancel()
            if (response.statusCode !== 200) throw refusal(response.statusCode ?? 0, bytes.toString())
            resolve(bytes)
          })
          .catch(failed)
      })
      request.end()
    })
  }
}

/** S3 says in XML why it refuses. */
function refusal(status: number, text: string): RegionError {
  const [, code = `Status${status}`] = /<Code>([^<]*)<\/Code>/.exec(text) ?? []
  const [, message = "The object was refused."] = /<Message>([^<]*)<\/Message>/.exec(text) ?? []
  return new RegionError(code, status, message)
}

const CALL_MS_MAX = 42_000

/** A file of variables is far smaller. */
const OBJECT_BYTES_MAX = 2 ** 20
