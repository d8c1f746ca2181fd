import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import type { Cancel, World } from "../../world/world.ts"
import { forwardChains, namesOurLinks, refusesTheRest, remedyFor } from "./forward-chains.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"

/**
 * Docker and ufw drop what a machine forwards unless one of their rules accepts it, and what one table drops no other can
 * accept. So we put two rules at the head of the chain FORWARD of their table `filter`, for what comes from an interface of
 * ours and what goes to one, when that chain refuses by its policy or by a rule for everything; and only then, for
 * otherwise the table is none of our business. What may reach an instance is decided by the instance's own table, which
 * comes after. They may be started after us, or load their rules anew, so we look again now and then. Of the old kind
 * of iptables, whose tables nftables does not see, we ask its own command. Into tables of others, as firewalld's, we put
 * nothing, as it would be gone when they are loaded anew: there we say what stands in the way, once.
 */
export class Forwarding {
  readonly #world: Pick<World, "after" | "log">
  readonly #thread: NamespaceThread
  readonly #legacy: LegacyTables
  readonly #links = new Set<string>()

  /** What is known to stand in the way, and has been said. */
  #said: ReadonlySet<string> = new Set()
  #again: Cancel | undefined
  #isClosed = false

  constructor(world: Pick<World, "after" | "log">, thread: NamespaceThread, legacy: LegacyTables = iptablesLegacy) {
    this.#world = world
    this.#thread = thread
    this.#legacy = legacy
  }

  async allow(link: string): Promise<void> {
    this.#links.add(link)
    await this.#ensure(link)
    this.#lookLater(SOON_MS)
  }

  async forget(link: string): Promise<void> {
    this.#links.delete(link)
    if (this.#links.size === 0) this.#again?.()
    const handles = handlesOf(await this.#listing(), link)
    const rules = handles.map((handle) => `delete rule ip filter FORWARD handle ${handle}\n`).join("")
    if (rules !== "") await this.#thread.run("filter", { path: undefined, rules })
    await this.#legacy.forget(link)
  }

  close(): void {
    this.#isClosed = true
    this.#again?.()
  }

  #lookLater(ms = LOOK_AGAIN_MS): void {
    this.#again?.()
    if (this.#isClosed || this.#links.size === 0) return
    this.#again = this.#world.after(ms, () => this.#lookAgain())
  }

  #lookAgain(): void {
    const looked = Promise.all([...this.#links].map((link) => this.#ensure(link)))
    looked
      .then(() => this.#sayWhatRefuses())
      .catch((error) => this.#world.log.warn("forwarding could not be allowed", { error }))
      .finally(() => this.#lookLater())
  }

  async #ensure(link: string): Promise<void> {
    const listing = await this.#listing()
    if (refusesTheRest(listing, "FORWARD") && handlesOf(listing, link).length === 0) {
      await this.#thread.run("filter", { path: undefined, rules: accepting(link) })
    }
    await this.#legacy.allow(link)
  }

  async #sayWhatRefuses(): Promise<void> {
    if (this.#isClosed) return
    const said = new Set<string>()
    for (const found of forwardChains((await this.#list("list chains")) ?? "")) {
      const { table, chain } = found
      if (table === OWN_TABLE) continue
      const listing = (await this.#list(`list table ${table}`)) ?? ""
      if (!refusesTheRest(listing, chain) || namesOurLinks(listing)) continue
      const name = `${table} ${chain}`
      said.add(name)
      if (this.#said.has(name)) continue
      const remedy = remedyFor(found)
      this.#world.log.warn("a firewall of this machine refuses packets of tasks", { chain: name, remedy })
    }
    this.#said = said
  }

  #list(command: string): Promise<string | undefined> {
    return this.#thread.run("listing", { command })
  }

  async #listing(): Promise<string> {
    return (await this.#list("list chain ip filter FORWARD")) ?? ""
  }
}

/** So that whoever waits for a link does not wait for a look at other people's tables. */
const SOON_MS = 1_000
const LOOK_AGAIN_MS = 15_000

/** Where we let our links pass ourselves. */
const OWN_TABLE = "ip filter"

/** Of the rules that are about a link. */
export function handlesOf(listing: string, link: string): number[] {
  const rule = new RegExp(`[io]ifname "${link}" .*# handle (\\d+)$`, "gm")
  return [...listing.matchAll(rule)].map(([, handle]) => Number(handle))
}

/** With the counter that iptables expects of every rule. */
function accepting(link: string): string {
  return ["iifname", "oifname"]
    .map((side) => `insert rule ip filter FORWARD ${side} "${link}" counter accept\n`)
    .join("")
}

/** The rules that nftables does not see. */
export interface LegacyTables {
  allow(link: string): Promise<void>
  forget(link: string): Promise<void>
}

const iptablesLegacy: LegacyTables = {
  async allow(link) {
    if (!hasLegacyFilter()) return
    for (const rule of legacyRules(link)) await iptables("-C", rule).catch(() => iptables("-I", rule))
  },
  async forget(link) {
    if (hasLegacyFilter()) for (const rule of legacyRules(link)) await iptables("-D", rule).catch(() => {})
  },
}

function legacyRules(link: string): string[][] {
  return [
    ["-i", link, "-j", "ACCEPT"],
    ["-o", link, "-j", "ACCEPT"],
  ]
}

function hasLegacyFilter(): boolean {
  try {
    return readFileSync("/proc/net/ip_tables_names", "utf8").split("\n").includes("filter")
  } catch {
    return false
  }
}

async function iptables(action: "-C" | "-D" | "-I", rule: readonly string[]): Promise<void> {
  await promisify(execFile)("iptables-legacy", ["-w", action, "FORWARD", ...rule])
}
