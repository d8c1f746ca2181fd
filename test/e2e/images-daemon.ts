import { type ContainerdClient, containerdClient } from "../../src/node/engine/containerd/client.ts"
import { type ContainerdImages, containerdImages } from "../../src/node/engine/containerd/images/images.ts"
import { openRegistry } from "../../src/node/registry/registry.ts"
import { realWorld } from "../../src/world/real.ts"

export interface OpenImages {
  readonly client: ContainerdClient
  readonly images: ContainerdImages
  close(): void
}

/** A node's images over a test's containerd, in this process. */
export function openImages(socket: string): OpenImages {
  const world = realWorld({ logLevel: "error" })
  const client = containerdClient({ world, address: socket, namespace: NAMESPACE })
  const registry = openRegistry({ world })
  const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" }
  const images = containerdImages({ world, client, registry, platform, snapshotter: "overlayfs" })
  return {
    client,
    images,
    close() {
      images.close()
      registry.close()
      client.close()
    },
  }
}

/** Everything that the node has in containerd, by what it is; nothing when all images are gone. */
export async function whatIsLeft({ client }: OpenImages): Promise<string[]> {
  const left: string[] = []
  for (const { name } of (await client.images.list({})).images) left.push(`image ${name}`)
  for (const { id } of (await client.leases.list({})).leases) left.push(`lease ${id}`)
  for (const { ref } of (await client.content.listStatuses({})).statuses) left.push(`unfinished ${ref}`)
  for await (const { info } of client.content.list({})) left.push(...info.map(({ digest }) => `content ${digest}`))
  for await (const { info } of client.snapshots.list({ snapshotter: "overlayfs" })) {
    left.push(...info.map(({ name }) => `snapshot ${name}`))
  }
  return left
}

const NAMESPACE = "homeport"
