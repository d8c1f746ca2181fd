import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { Names } from "./names.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"
import { LinuxNetworks } from "./networks.ts"
import { Records } from "./records.ts"

test("what could not be written down holds no address and no port", async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), "homeport-networks-"))
  const { put } = Records.prototype
  try {
    new Records(join(stateFolder, "instances")).put("local", {
      own: true,
      subnet: "10.0.0.0/29",
      veth: "10.1.0.0/30",
      mtu: 1500,
    })
    const thread = { run: async () => "" } as unknown as NamespaceThread
    const legacy = { allow: async () => {}, forget: async () => {} }
    const names = new Names(stateFolder)
    const options = { world: simulatedWorld(), stateFolder, names, thread, pool: "10.0.0.0/16", legacy }
    const networks = new LinuxNetworks(options)
    await networks.openInstance("local", { own: true })
    Records.prototype.put = () => {
      throw new Error("ENOSPC: no space left on device")
    }
    const ports = [{ containerPort: 80, hostPort: 8080, protocol: "tcp" as const }]
    for (let tries = 0; tries < 10; tries++) {
      await expect(networks.createBridged(`n${tries}`, "local", ports)).rejects.toThrow("ENOSPC")
    }
    Records.prototype.put = put
    expect(await networks.createBridged("n", "local", ports)).toMatchObject({ prefixLength: 29 })
    await expect(networks.createBridged("m", "local", ports)).rejects.toThrow("already allocated")
    await Promise.all([networks.remove("n"), networks.remove("n")])
    expect(await networks.createBridged("m", "local", ports)).toMatchObject({ prefixLength: 29 })
  } finally {
    Records.prototype.put = put
    rmSync(stateFolder, { recursive: true })
  }
})
