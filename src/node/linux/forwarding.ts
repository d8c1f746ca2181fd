import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import type { Cancel, World } from "../../world/world.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"

/**
 * Docker and ufw drop what a machine forwards unless one of their rules accepts it, and what one table drops no other can
 * accept. So we put two rules at the head of the chain FORWARD of their table `filter`, for what comes from an interface of
 * ours and what goes to one, when that chain drops by its policy; and only then, for otherwise the table is none of
 * our business. What may reach an instance is decided by the instance's own table, which comes after. They may be
 * started after us, or load their rules anew, so we look again now and then. Of the old kind of iptables, whose tables
 * nftables does not see, we ask its own command.
 */
export class Forwarding {
  readonly #world: Pick<World, "after" | "log">
  readonly #thread: NamespaceThread
  readonly #legacy: LegacyTables
  readonly #links = new Set<string>()
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
    this.#lookLater()
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

  #lookLater(): void {
    this.#again?.()
    if (this.#isClosed || this.#links.size === 0) return
    this.#again = this.#world.after(LOOK_AGAIN_MS, () => this.#lookAgain())
  }

  #lookAgain(): void {
    const looked = Promise.all([...this.#links].map((link) => this.#ensure(link)))
    looked
      .catch((error) => this.#world.log.warn("forwarding could not be allowed", { error }))
      .finally(() => this.#lookLater())
  }

  async #ensure(link: string): Promise<void> {
    const listing = await this.#listing()
    if (dropsByPolicy(listing) && handlesOf(listing, link).length === 0) {
      await this.#thread.run("filter", { path: undefined, rules: accepting(link) })
    }
    await this.#legacy.allow(link)
  }

  async #listing(): Promise<string> {
    return (await this.#thread.run("listing", { command: "list chain ip filter FORWARD" })) ?? ""
  }
}

const LOOK_AGAIN_MS = 15_000

export function dropsByPolicy(listing: string): boolean {
  return /hook forward .*policy drop;/.test(listing)
}

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
