import { createHash, createHmac } from "node:crypto"
import type { Credentials } from "../src/main/control.ts"

/** A call of ECS as it goes over the wire: signed, with the headers that AWS's own clients send. */
export function signedRequest(
  operation: string,
  input: object,
  { accessKeyId, secretAccessKey }: Credentials,
  at: Date,
): Buffer {
  const body = JSON.stringify(input)
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, "")
  const scope = `${time.slice(0, 8)}/us-east-1/ecs/aws4_request`
  const headers: readonly (readonly [name: string, value: string])[] = [
    ["amz-sdk-invocation-id", "b53cbd3b-6f27-4d0d-9d5c-6a1f6a0a0f4e"],
    ["amz-sdk-request", "attempt=1; max=3"],
    ["content-length", String(Buffer.byteLength(body))],
    ["content-type", "application/x-amz-json-1.1"],
    ["host", "ecs.us-east-1.amazonaws.com"],
    ["x-amz-content-sha256", sha256(body)],
    ["x-amz-date", time],
    ["x-amz-target", `AmazonEC2ContainerServiceV20141113.${operation}`],
    ["x-amz-user-agent", "aws-sdk-js/3.1161.0"],
  ]
  const names = headers.map(([name]) => name).join(";")
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("")
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(`POST\n/\n\n${lines}\n${names}\n${sha256(body)}`)}`
  let key: string | Buffer = `AWS4${secretAccessKey}`
  for (const part of scope.split("/")) key = hmac(key, part)
  const signature = hmac(key, toSign).toString("hex")
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const head = [...headers, ["authorization", authorization]].map(([name, value]) => `${name}: ${value}\r\n`).join("")
  return Buffer.from(`POST / HTTP/1.1\r\n${head}\r\n${body}`)
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest()
}
