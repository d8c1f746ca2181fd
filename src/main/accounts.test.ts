import { expect, test } from "vitest"
import { accessKeys, accountTables, createAccessKey, openInstallation } from "../services/accounts/index.ts"
import { INSTALLATION } from "../store/changes.ts"
import { startStore } from "../store/testing.ts"
import { firstCredentials } from "./accounts.ts"
import { checkValueOf } from "./master-key.ts"

test("who runs the region gets a key of the first root: no user's, no machine's, none that is put out of use", async () => {
  const { store, world } = await startStore(accountTables)
  const masterKey = new Uint8Array(32)
  const installation = store.transact(INSTALLATION, (tx) => {
    const opened = openInstallation(tx, checkValueOf(masterKey), world.now(), world.random)
    for (const others of [{ user: "AIDAUSER" }, { only: ["ecs:Poll"] }, { isInactive: true as const }]) {
      const properties = { account: opened.firstAccount, createdAt: 0, ...others }
      for (let n = 0; n < 8; n++) createAccessKey(tx, properties, world.random)
    }
    return opened
  })

  const { accessKeyId, account } = firstCredentials(store, { installation, masterKey })
  expect(account).toBe(installation.firstAccount)
  const key = store.transact(INSTALLATION, (tx) => tx.mustGet(accessKeys, accessKeyId))
  expect(key).toEqual({ id: accessKeyId, account, createdAt: installation.createdAt })
})
