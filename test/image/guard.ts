import type { IncomingMessage, ServerResponse } from "node:http"

/** Who may pull from a test registry that asks. */
export const ALICE = { username: "alice", password: "secret" }

/** The challenge for a request that does not show who it is from; undefined lets it in. */
export function unauthorized(
  guard: "none" | "basic" | "bearer",
  realm: string,
  repository: string,
  authorization: string | undefined,
  generation: number,
): string | undefined {
  if (guard === "none") return undefined
  if (guard === "basic") return authorization === basicOf(ALICE) ? undefined : 'Basic realm="test"'
  if (authorization === `Bearer ${tokenFor(`repository:${repository}:pull`, generation)}`) return undefined
  return `Bearer realm="${realm}",service="test registry",scope="repository:${repository}:pull"`
}

/** Gives a token for one repository to Alice, and none to anyone else. */
export function serveToken(request: IncomingMessage, response: ServerResponse, generation: number): void {
  const asked = new URL(request.url!, "http://registry").searchParams
  if (request.headers.authorization !== basicOf(ALICE)) {
    return void response.writeHead(401).end(JSON.stringify({ details: "incorrect username or password" }))
  }
  response.end(JSON.stringify({ token: tokenFor(asked.get("scope") ?? "", generation), expires_in: 300 }))
}

function tokenFor(scope: string, generation: number): string {
  return Buffer.from(`${generation} ${scope}`).toString("base64url")
}

function basicOf({ username, password }: typeof ALICE): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
}
