import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../../../world/simulated.ts"
import { RegionError } from "../../../region.ts"
import { HttpObjects } from "./http-objects.ts"

const credentials = { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token" }

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return new HttpObjects({ world: simulatedWorld(), region: "us-east-1", endpoint, userAgent: "an agent" })
}

test("an object is asked for with the role's signature, its name encoded once", async () => {
  let seen: IncomingMessage | undefined
  const objects = await serve((request, response) => {
    seen = request
    response.end("A=1\n")
  })

  const bytes = await objects.get("shop", "folder/a b+c.env", { credentials })
  expect(Buffer.from(bytes).toString()).toBe("A=1\n")
  expect(seen!.url).toBe("/shop/folder/a%20b%2Bc.env")
  expect(seen!.headers).toMatchObject({
    "x-amz-security-token": "token",
    authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=ASIA\/\d{8}\/us-east-1\/s3\/aws4_request/),
  })
})

test("a refusal has the name that the store gives it", async () => {
  const objects = await serve((_, response) => {
    response.writeHead(403).end("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
  })

  const refused = await objects.get("shop", "a.env", { credentials }).catch((error) => error)
  expect(refused).toBeInstanceOf(RegionError)
  expect(refused).toMatchObject({ code: "AccessDenied", status: 403, message: "Access Denied" })
})

test("a task without a role asks for nothing, and an object without end is not read to it", async () => {
  const objects = await serve((_, response) => void response.end(Buffer.alloc(2 ** 20 + 1)))

  await expect(objects.get("shop", "a.env")).rejects.toMatchObject({ code: "AccessDenied" })
  await expect(objects.get("shop", "a.env", { credentials })).rejects.toMatchObject({ code: "Unreadable" })
})
