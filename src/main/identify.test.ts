import { expect, test } from "vitest"
import { keysOf } from "../aws/keys.ts"
import { accountTables, createAccessKey, createAccount } from "../services/accounts/index.ts"
import { AGENT_ACTIONS, POOL_ACCOUNT } from "../services/ecs/index.ts"
import { INSTALLATION } from "../store/changes.ts"
import { startStore } from "../store/testing.ts"
import { identifyBy } from "./identify.ts"

async function started() {
  const { store, world } = await startStore(accountTables)
  const { account, accessKey, pool } = store.transact(INSTALLATION, (tx) => ({
    ...createAccount(tx, world.now(), world.random),
    pool: createAccessKey(tx, { account: POOL_ACCOUNT, only: AGENT_ACTIONS, createdAt: world.now() }, world.random),
  }))
  const identify = identifyBy(keysOf(new Uint8Array(32)), world)
  const ask = (accessKeyId: string, sessionToken?: string) =>
    store.transact(INSTALLATION, (tx) => {
      const found = identify(tx, { accessKeyId, sessionToken, region: "us-east-1" })
      return found === "expired" ? found : found?.principal
    })
  return { account: account.id, accessKey: accessKey.id, pool: pool.id, ask }
}

test("a key without a session is its account's, and with a token that nobody made it is nobody's", async () => {
  const { account, accessKey, pool, ask } = await started()

  expect(ask(accessKey)).toMatchObject({ account })
  expect(ask(pool)).toMatchObject({ account: POOL_ACCOUNT, only: AGENT_ACTIONS })
  for (const key of [accessKey, pool, "AKIANOBODY"]) expect(ask(key, account)).toBeUndefined()
})
