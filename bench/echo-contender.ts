import { createServer } from "node:http"
import { contend } from "./contender.ts"

export interface EchoTask {
  readonly bodyBytes: number
}

/** What Node's HTTP server gives at most: it reads the whole request and answers at once, with so many bytes. */
contend(async () => {
  let body = Buffer.alloc(0)
  const server = createServer((request, response) => {
    request.on("data", () => {})
    request.on("end", () => {
      const id = { "x-amzn-requestid": "b53cbd3b-6f27-4d0d-9d5c-6a1f6a0a0f4e" }
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1", ...id, "content-length": body.length })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { port: number }
  return async ({ bodyBytes }: EchoTask) => {
    if (body.length !== bodyBytes) body = Buffer.alloc(bodyBytes, "e")
    return port
  }
})
