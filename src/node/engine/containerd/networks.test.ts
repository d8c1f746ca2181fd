import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { Host } from "../../linux/host.ts"
import { Networks } from "./networks.ts"
import { Places } from "./places.ts"

test("a namespace whose maker was killed before it wrote of it is removed by its id", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-networks-"))
  try {
    const namespaces = new Set<string>()
    const networks = {
      isOpen: () => true,
      async createBridged(id: string) {
        namespaces.add(id)
        throw new Error("killed")
      },
      remove: async (id: string) => void namespaces.delete(id),
    }
    const open = () => new Networks({ networks } as unknown as Host, new Places(folder), () => false)
    const spec = { id: "n", instance: "local", taskId: "t", mode: "bridge", ports: [] } as const
    await expect(open().create(spec)).rejects.toThrow("killed")
    expect([...namespaces]).toEqual(["n"])
    await open().remove("n")
    expect([...namespaces]).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
