import { createServer, type Socket } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { Unanswered } from "./postgres-failure.ts"
import { Session } from "./postgres-session.ts"

/** A session that is being connected to a server which says only what the test says. */
async function aConnection() {
  const arrived = Promise.withResolvers<Socket>()
  const server = createServer((socket) => socket.on("error", () => {}).once("data", () => arrived.resolve(socket)))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { readonly port: number }
  const world = simulatedWorld()
  const connection = `postgresql://homeport@127.0.0.1:${port}/none`
  const session = new Session({ connection, schema: "none", world, limitMs: 500, connectMs: 800 })
  const asked = session.run({ text: "SELECT 1" })
  asked.catch(() => {})
  const socket = await arrived.promise
  onTestFinished(() => void socket.destroy())
  return { world, asked, socket }
}

test("a connection may take its own time, longer than a statement", async () => {
  const { world, asked, socket } = await aConnection()
  await world.advance(799)
  socket.write(refusal("28000"))

  await expect(asked).rejects.toThrow("The database does not let this user in")
})

test("a connection that takes longer than its time is given up", async () => {
  const { world, asked } = await aConnection()
  await world.advance(800)

  await expect(asked).rejects.toThrow(Unanswered)
})

/** PostgreSQL's ErrorResponse. */
function refusal(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0Mno\0\0`)
  const head = Buffer.from("E....")
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
