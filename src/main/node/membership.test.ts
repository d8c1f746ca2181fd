import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { Place } from "../../services/accounts/index.ts"
import { dataDirectory, prepare } from "../data.ts"
import { newInstance, readMemberships, removeMembership, writeMembership } from "./membership.ts"
import { nodeDirectory, prepareNode } from "./node-directory.ts"

function aMembership(place: Partial<Place> = {}) {
  const whole = {
    kind: "container-instance",
    account: "111122223333",
    region: "us-east-1",
    cluster: "default",
  } as const
  return { place: { ...whole, ...place }, accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" }
}

test("an instance is named for its cluster, and no two of a machine have one name", () => {
  const first = newInstance(aMembership({ cluster: "shop" }), [])
  const second = newInstance(aMembership({ cluster: "shop", region: "eu-west-1" }), [first])
  const third = newInstance(aMembership({ kind: "fargate", cluster: "fargate" }), [first, second])
  expect([first, second, third].map(({ name }) => name)).toEqual(["shop", "shop-2", "fargate"])
})

test("a name is fit for files and cgroups, whatever the cluster is called", () => {
  expect(newInstance(aMembership({ cluster: "../../etc/passwd" }), []).name).toBe("------etc-passwd")
  expect(newInstance(aMembership({ cluster: "c".repeat(255) }), []).name).toHaveLength(24)
  expect(newInstance(aMembership({ cluster: "tasks" }), []).name).toBe("tasks-2")
})

test("the first of a machine has its ports, and when that one is gone the next that comes", () => {
  const first = newInstance(aMembership(), [])
  const second = newInstance(aMembership(), [first])
  expect([first.sharesNetwork, second.sharesNetwork]).toEqual([true, false])
  expect(newInstance(aMembership(), [second]).sharesNetwork).toBe(true)
})

test("memberships are kept for root's eyes only, and drafts of a crash are none", () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-membership-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const data = dataDirectory(folder)
  prepare(data)
  const directory = nodeDirectory(data)
  prepareNode(directory)
  const instance = newInstance(aMembership(), [], { endpoint: "https://10.0.0.4:4566" })
  writeMembership(directory, instance)
  writeFileSync(join(directory.memberships, "default.json.1a2b3c"), "{")

  expect(readMemberships(directory)).toEqual([instance])
  expect(statSync(join(directory.memberships, "default.json")).mode & 0o777).toBe(0o600)
  removeMembership(directory, "default")
  expect(readMemberships(directory)).toEqual([])
})
