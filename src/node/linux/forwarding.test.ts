import { expect, test } from "vitest"
import { recordingLog } from "../../world/log.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { Forwarding, handlesOf } from "./forwarding.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"

const listing = (policy: string, ...rules: string[]) => `table ip filter {
	chain FORWARD { # handle 2
		type filter hook forward priority filter; policy ${policy};
${rules.map((rule) => `\t\t${rule}`).join("\n")}
	}
}`

test("the rules about one link are found by their handles, whatever was counted meanwhile", () => {
  const rules = [
    'oifname "hporta" counter packets 12 bytes 720 accept # handle 12',
    'iifname "hporta" counter packets 0 bytes 0 accept # handle 11',
    'iifname "hportab" counter packets 0 bytes 0 accept # handle 10',
    "counter packets 0 bytes 0 jump DOCKER-USER # handle 7",
  ]
  expect(handlesOf(listing("drop", ...rules), "hporta")).toEqual([12, 11])
  expect(handlesOf(listing("drop"), "hporta")).toEqual([])
})

test("who is closed while it looks does not look again", async () => {
  const world = simulatedWorld()
  const looks: (() => void)[] = []
  const legacy = { allow: async () => {}, forget: async () => {} }
  const run = () => new Promise((resolve) => looks.push(() => resolve("")))
  const forwarding = new Forwarding(world, { run } as unknown as NamespaceThread, legacy)
  const allowed = forwarding.allow("hporta")
  looks.shift()!()
  await allowed
  await world.advance(15_000)
  expect(looks).toHaveLength(1)
  forwarding.close()
  looks.shift()!()
  await world.advance(60_000)
  expect(looks).toHaveLength(0)
})

test("a firewall that is not ours to change is spoken of once, and again when it comes back", async () => {
  const log = recordingLog()
  const world = simulatedWorld({ log })
  let ruleset = ""
  const run = async (_: string, { command }: { readonly command: string }) =>
    command === "list chains" || command === "list table inet filter" ? ruleset : undefined
  const legacy = { allow: async () => {}, forget: async () => {} }
  const forwarding = new Forwarding(world, { run } as unknown as NamespaceThread, legacy)
  const refusing = listing("drop").replace("ip filter", "inet filter").replace("FORWARD", "forward")
  const said = () => log.lines.filter(({ level }) => level === "warn").length

  await forwarding.allow("hporta")
  expect(said()).toBe(0)
  ruleset = `${refusing}\n`
  await world.advance(60_000)
  expect(said()).toBe(1)
  expect(JSON.stringify(log.lines)).toContain("nft insert rule inet filter forward iifname")
  ruleset = `${refusing.replace("\t}\n", '\t\tiifname "hport*" accept # handle 7\n\t}\n')}\n`
  await world.advance(60_000)
  ruleset = `${refusing}\n`
  await world.advance(60_000)
  expect(said()).toBe(2)
  forwarding.close()
})
