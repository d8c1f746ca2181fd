import type { PublishedPort } from "../engine/engine.ts"
import { EngineError } from "../engine/engine-error.ts"
import { portAllocated } from "./namespaces/sockets.ts"

/**
 * Which ports are published where: in an instance's own namespace, or, without a path, in the host's. What is published
 * takes no socket, so the kernel does not know of it; among ourselves we do.
 */
export class PublishedPorts {
  readonly #taken = new Set<string>()

  /** Throws in Docker's words when one of them is taken, or named twice. */
  assertFree(path: string | undefined, ports: readonly PublishedPort[]): void {
    const named = new Set<string>()
    for (const port of ports) {
      const name = nameOf(path, port)
      if (this.#taken.has(name) || named.has(name)) throw new EngineError("machine", portAllocated(port.hostPort))
      named.add(name)
    }
  }

  add(path: string | undefined, ports: readonly PublishedPort[]): void {
    for (const port of ports) this.#taken.add(nameOf(path, port))
  }

  remove(path: string | undefined, ports: readonly PublishedPort[]): void {
    for (const port of ports) this.#taken.delete(nameOf(path, port))
  }
}

function nameOf(path = "", { protocol, hostPort }: PublishedPort): string {
  return `${path} ${protocol} ${hostPort}`
}
