import { chmodSync, renameSync, rmSync, statSync } from "node:fs"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { Refusal } from "./exit.ts"

/** What the process answers when the command line asks, as in `GET /status`; a `Refusal` is told in its words. */
export type ControlAnswer = (asked: string, parameters: URLSearchParams, body: IncomingMessage) => Promise<unknown>

/** Answers the command line on a socket that only this user can open. */
export class ControlServer {
  readonly #path: string
  readonly #server: Server
  #inode: number | undefined

  constructor(path: string, answer: ControlAnswer) {
    this.#path = path
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, "http://control")
      answer(`${request.method} ${pathname}`, searchParams, request)
        .then(
          (body) => response.end(JSON.stringify(body)),
          (error) => {
            response.statusCode = error instanceof Refusal ? 409 : 500
            response.end(JSON.stringify({ message: error.message }))
          },
        )
        // What the answer did not want to read.
        .finally(() => request.resume())
    })
  }

  async listen(): Promise<void> {
    // Made aside and put in place when it listens: nobody can open it before its mode is right, and what a killed process left is replaced.
    const draft = `${this.#path}.${process.pid}`
    rmSync(draft, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(new Refusal(`Cannot listen on ${this.#path}: ${error.message}.`)))
      this.#server.listen(draft, resolve)
    })
    chmodSync(draft, 0o600)
    renameSync(draft, this.#path)
    this.#inode = statSync(this.#path).ino
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    // Another process may have put its own there.
    const there = statSync(this.#path, { throwIfNoEntry: false })
    if (there !== undefined && there.ino === this.#inode) rmSync(this.#path, { force: true })
  }
}
