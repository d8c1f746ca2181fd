import { chmodSync, renameSync, rmSync, statSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { Credentials, Status } from "./control.ts"
import { Refusal } from "./exit.ts"

/** What the running process does for the command line. */
export interface Controlled {
  status(): Status

  /** Refuses when another process leads. */
  credentials(): Credentials
  createAccounts(count: number): Promise<readonly Credentials[]>
  stop(): void
}

/** Answers the command line on a socket that only this user can open. */
export class ControlServer {
  readonly #path: string
  readonly #server: Server
  #inode: number | undefined

  constructor(path: string, controlled: Controlled) {
    this.#path = path
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, "http://control")
      request.resume()
      answer(controlled, `${request.method} ${pathname}`, searchParams).then(
        (body) => response.end(JSON.stringify(body)),
        (error) => {
          response.statusCode = error instanceof Refusal ? 409 : 500
          response.end(JSON.stringify({ message: error.message }))
        },
      )
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

async function answer(controlled: Controlled, asked: string, parameters: URLSearchParams): Promise<unknown> {
  switch (asked) {
    case "GET /status":
      return controlled.status()
    case "GET /credentials":
      return controlled.credentials()
    case "POST /accounts":
      return controlled.createAccounts(Number(parameters.get("count")))
    case "POST /stop":
      controlled.stop()
      return {}
    default:
      throw new Refusal(`The running Homeport does not know "${asked}"; it may be of another version.`)
  }
}
