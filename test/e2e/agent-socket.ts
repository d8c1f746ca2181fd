import { onTestFinished } from "vitest"
import { WebSocket } from "ws"
import { NO_BODY } from "../../src/aws/http.ts"
import { signer } from "../../src/services/ecs/link/testing.ts"
import type { Credentials } from "./process.ts"

/** An agent's connection, as bare as can be: it hears and says nothing. */
export interface AgentSocket {
  /** What the region has said so far. */
  readonly heard: readonly string[]
  readonly closed: Promise<void>
}

/** Rejects when the connection is not granted. */
export function openAgentSocket(
  endpoint: string,
  credentials: Credentials,
  containerInstanceArn: string,
): Promise<AgentSocket> {
  const { host } = new URL(endpoint)
  const query = new URLSearchParams({ clusterArn: "default", containerInstanceArn, seqNum: "1" }).toString()
  const sign = signer({ now: Date.now }, credentials)
  const { headers } = sign({ method: "GET", path: "/acs/ws", query, headers: { host }, body: NO_BODY })
  const socket = new WebSocket(`ws://${host}/acs/ws?${query}`, { headers: headers as Record<string, string> })
  onTestFinished(() => socket.terminate())
  const heard: string[] = []
  socket.on("message", (data) => void heard.push(String(data)))
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve({ heard, closed }))
    socket.on("error", reject)
  })
}
