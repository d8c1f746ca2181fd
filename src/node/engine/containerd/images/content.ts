import type { ContainerdClient } from "../client.ts"
import { unlessGone } from "../grpc-error.ts"
import type { Labels } from "../services.ts"

/** containerd's store of content by digest, for what is small: manifests and configurations. */
export class ContentStore {
  readonly #client: ContainerdClient

  constructor(client: ContainerdClient) {
    this.#client = client
  }

  async has(digest: string): Promise<boolean> {
    return (await unlessGone(this.#client.content.info({ digest }))) !== undefined
  }

  /** Undefined when it is not there. */
  async read(digest: string): Promise<Buffer | undefined> {
    const read = async () => {
      const chunks: Buffer[] = []
      for await (const { data } of this.#client.content.read({ digest })) chunks.push(data)
      return Buffer.concat(chunks)
    }
    return unlessGone(read())
  }

  /** Names what it refers to, so that the collection keeps that as well. */
  async label(digest: string, labels: Labels): Promise<void> {
    const paths = Object.keys(labels).map((name) => `labels.${name}`)
    if (paths.length > 0) await this.#client.content.update({ info: { digest, labels }, updateMask: { paths } })
  }
}
