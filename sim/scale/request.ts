import type { FrontDoor } from "../../src/aws/front-door.ts"
import { ACCOUNT, authorization } from "../identity.ts"

/** One request through the front door, without a network between. */
export async function request(
  door: FrontDoor,
  kind: "user" | "agent",
  operation: string,
  input: object,
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body } = await door.handle({
    method: "POST",
    path: "/",
    query: "",
    headers: {
      host: "region",
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}`,
      authorization: authorization(`${kind}-${ACCOUNT}`),
    },
    body: Buffer.from(JSON.stringify(input)),
    signal: NEVER,
  })
  return { status, text: typeof body === "string" ? body : Buffer.from(body as Uint8Array).toString() }
}

const NEVER = new AbortController().signal
