import http from "node:http"
import https from "node:https"
import { readOptionFile } from "../option-file.ts"

export interface Posted {
  readonly method: "POST" | "OPTIONS"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array

  /** The path of a certificate authority's file. */
  readonly ca?: string | undefined
  readonly serverName?: string | undefined
  readonly skipsVerify: boolean
}

/** Resolves with the status, and the beginning of what was answered. */
export type Post = (request: Posted) => Promise<{ readonly status: number; readonly text: string }>

export const postOverHttp: Post = ({ method, url, headers, body, ca, serverName, skipsVerify }) =>
  new Promise((resolve, reject) => {
    const isSecure = url.startsWith("https:")
    const options = {
      method,
      headers: { ...headers, "content-length": body.length },
      timeout: MS_MAX,
      ...(isSecure && { rejectUnauthorized: !skipsVerify }),
      ...(ca && { ca: readOptionFile(ca) }),
      ...(serverName && { servername: serverName }),
    }
    const request = (isSecure ? https : http).request(url, options, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => {
        if (text.length < TEXT_LENGTH_MAX) text += part
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: text.slice(0, TEXT_LENGTH_MAX) }))
      response.on("error", reject)
    })
    request.on("timeout", () => request.destroy(new Error("no answer in time")))
    request.on("error", reject)
    request.end(body)
  })

const MS_MAX = 10_000
const TEXT_LENGTH_MAX = 1_024
