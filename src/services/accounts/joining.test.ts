import { expect, test } from "vitest"
import { INSTALLATION } from "../../store/changes.ts"
import { startStore } from "../../store/testing.ts"
import { accessKeys, accountTables, createJoinToken, type Place, redeemJoinToken } from "./index.ts"

const place: Place = { kind: "container-instance", account: "111122223333", region: "us-east-1", cluster: "shop" }
const only = ["ecs:Poll"]

async function started() {
  const { store, world } = await startStore(accountTables)
  const { token, secret } = store.transact(INSTALLATION, (tx) =>
    createJoinToken(tx, place, { now: world.now(), msValid: 60_000, random: world.random }),
  )
  const redeem = (id: string, said: string) =>
    store.transact(INSTALLATION, (tx) =>
      redeemJoinToken(tx, { id, secret: said }, { now: world.now(), random: world.random, only }),
    )
  return { store, world, token, secret, redeem }
}

test("a token gives its place and a key that may do what machines do, and nothing else", async () => {
  const { store, token, secret, redeem } = await started()

  const redeemed = redeem(token.id, secret)!
  expect(redeemed.place).toEqual(place)
  const kept = store.transact(INSTALLATION, (tx) => tx.get(accessKeys, redeemed.accessKey.id))
  expect(kept).toMatchObject({ account: place.account, only })
})

test("a token works once", async () => {
  const { token, secret, redeem } = await started()

  expect(redeem(token.id, secret)).toBeDefined()
  expect(redeem(token.id, secret)).toBeUndefined()
})

test("a token that has run out is no good", async () => {
  const { world, token, secret, redeem } = await started()

  await world.advance(60_000)
  expect(redeem(token.id, secret)).toBeUndefined()
})

test("a wrong secret opens nothing and uses nothing up", async () => {
  const { token, secret, redeem } = await started()

  expect(redeem(token.id, `${secret}x`)).toBeUndefined()
  expect(redeem("another", secret)).toBeUndefined()
  expect(redeem(token.id, secret)).toBeDefined()
})

test("the journal does not hold the secret", async () => {
  const { token, secret } = await started()

  expect(JSON.stringify(token)).not.toContain(secret)
})
