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

test("a key of the pool may write the logs of an account's tasks, and nothing else of it", async () => {
  const { account, pool, ask } = await started()

  expect(ask(pool, `homeport-logs-of/${account}`)).toMatchObject({
    account,
    only: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  })
  expect(ask(pool)).toMatchObject({ account: POOL_ACCOUNT })
})

test("nobody else gets into an account by such a token, and no other token is any good", async () => {
  const { account, accessKey, pool, ask } = await started()

  expect(ask(accessKey, `homeport-logs-of/${account}`)).toBeUndefined()
  expect(ask(pool, "homeport-logs-of/123456789012")).toBeUndefined()
  expect(ask(pool, account)).toBeUndefined()
  expect(ask("AKIANOBODY", `homeport-logs-of/${account}`)).toBeUndefined()
})
