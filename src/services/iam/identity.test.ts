import { expect, test } from "vitest"
import { regionScope } from "../../store/changes.ts"
import { startStore } from "../../store/testing.ts"
import { identityOf, roleOf } from "./identity.ts"
import { iam } from "./index.ts"
import { groups, managedPolicies, roles, users } from "./tables.ts"
import { aRole, aUser } from "./testing.ts"

const ACCOUNT = "111122223333"
const HOME = regionScope(ACCOUNT, "eu-central-1")
const ANN = `arn:aws:iam::${ACCOUNT}:user/team/ann`
const READING = "arn:aws:iam::aws:policy/ReadOnlyAccess"

async function started() {
  const { store } = await startStore(iam.tables)
  store.transact(HOME, (tx) => {
    const group = { path: "/", createdAt: 0, boundary: undefined }
    tx.put(groups, { ...group, name: "a", id: "AGPAA", attached: [READING], inline: { of: "group a" } })
    tx.put(groups, { ...group, name: "b", id: "AGPAB", attached: [], inline: { of: "group b" } })
    const tags = [{ key: "team", value: "x" }]
    tx.put(users, aUser({ name: "ann", path: "/team/", groups: ["AGPAA"], inline: { of: "ann" }, tags }))
    tx.put(roles, aRole({ name: "deploy", inline: { of: "deploy" } }))
  })
  const ask = (arn: string) => store.transact(HOME, (tx) => identityOf(tx, arn))
  return { store, ask }
}

test("a user has its own policies and those of its groups", async () => {
  const { ask } = await started()

  expect(ask(ANN)).toMatchObject({ arn: ANN, kind: "user", id: "AIDAANN", tags: { team: "x" } })
  expect(ask(ANN)!.policies).toEqual(["ann", expect.stringContaining("ecs:Describe*"), "group a"])
})

test("a document is the very same string each time", async () => {
  const { ask } = await started()
  const [first, second] = [ask(ANN)!.policies, ask(ANN)!.policies]
  for (const [at, document] of first.entries()) expect(Object.is(document, second[at])).toBe(true)
})

test("an ARN with another path, another account or another kind names somebody else", async () => {
  const { ask } = await started()

  for (const arn of [
    `arn:aws:iam::${ACCOUNT}:user/ann`,
    `arn:aws:iam::${ACCOUNT}:user/team/ANN`,
    `arn:aws:iam::${ACCOUNT}:role/team/ann`,
    "arn:aws:iam::444455556666:user/team/ann",
    `arn:aws:iam::${ACCOUNT}:root`,
    "ann",
  ]) {
    expect(ask(arn), arn).toBeUndefined()
  }
})

test("a boundary is the policy's version that counts, and one that is gone allows nothing", async () => {
  const { store, ask } = await started()
  const boundary = `arn:aws:iam::${ACCOUNT}:policy/bounds`
  store.transact(HOME, (tx) => {
    const versions = ["v1", "v2"].map((id) => ({ id, document: id, createdAt: 0 }))
    const policy = { arn: boundary, name: "bounds", path: "/", id: "ANPA", description: undefined, tags: [] }
    tx.put(managedPolicies, {
      ...policy,
      versions,
      defaultVersion: "v2",
      versionCount: 2,
      createdAt: 0,
      updatedAt: 0,
    })
    tx.put(users, { ...tx.mustGet(users, "ann"), boundary })
  })
  expect(ask(ANN)!.boundary).toBe("v2")
  store.transact(HOME, (tx) => tx.delete(managedPolicies, "bounds"))
  expect(JSON.parse(ask(ANN)!.boundary!).Statement).toEqual([{ Effect: "Deny", Action: "*", Resource: "*" }])
})

test("a role is found from any account, as roles are taken across them", async () => {
  const { store } = await started()
  const found = store.transact(regionScope("444455556666", "us-east-1"), (tx) =>
    roleOf(tx, `arn:aws:iam::${ACCOUNT}:role/deploy`),
  )
  expect(found?.id).toBe("AROADEPLOY")
})
