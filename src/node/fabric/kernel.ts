import type { Names } from "../linux/names.ts"
import type { Refusal, RouterView } from "../linux/namespaces/fabric-orders.ts"
import type { NamespaceThread } from "../linux/namespaces/thread.ts"
import { keyOf } from "../linux/netlink/entries.ts"
import { keyed } from "./plan/elastic.ts"
import { ELASTIC_PREFIX } from "./plan/links.ts"
import type {
  ElasticState,
  FabricState,
  Failure,
  FilterStep,
  LinkState,
  RouterState,
  SpaceState,
  Step,
} from "./plan/state.ts"

export interface KernelParts {
  readonly thread: NamespaceThread
  readonly names: Names

  /** Lets the host forward what comes over one of its links. */
  readonly forwarding: { allow(link: string): Promise<void>; forget(link: string): Promise<void> }
}

/** Reads the state of the fabric from the kernel, and carries out steps there. */
export class Kernel {
  readonly #parts: KernelParts

  constructor(parts: KernelParts) {
    this.#parts = parts
  }

  /** What is there, as far as it can be told from what should be: what is found otherwise is to be made anew. */
  async look(desired: FabricState, hostLinks: readonly string[]): Promise<FabricState> {
    const { thread, names } = this.#parts
    const found = new Map<string, FoundRouter>()
    for (const vpcId of names.routerIds()) {
      const view = await thread.run("lookAtRouter", { path: names.routerPath(vpcId) })
      if (view !== undefined) found.set(vpcId, { view, elastics: new Map() })
      else if (!desired.routers.has(vpcId)) await thread.run("closeRouter", { path: names.routerPath(vpcId) })
    }
    await this.#lookAtElastics(desired, found)
    const routers = new Map<string, RouterState>()
    for (const [vpcId, { view, elastics }] of found) {
      routers.set(vpcId, { ...spaceOf(view, desired.routers.get(vpcId), elastics), elastics, translations: [] })
    }
    const host = await thread.run("lookAtRouter", { path: undefined })
    return { routers, host: hostOf(host!, desired.host, hostLinks) }
  }

  async #lookAtElastics(desired: FabricState, found: ReadonlyMap<string, FoundRouter>): Promise<void> {
    const { thread, names } = this.#parts
    const wanted = new Map(
      [...desired.routers].flatMap(([vpcId, { elastics }]) =>
        [...elastics].map(([id, state]) => [id, { vpcId, state }]),
      ),
    )
    const ids = names.elasticIds()
    const views = await thread.run("lookInside", { paths: ids.map((id) => names.elasticPath(id)) })
    for (const [index, id] of ids.entries()) {
      const { vpcId, state } = wanted.get(id) ?? {}
      const inside = views[index]
      const place = found.get(vpcId ?? "")
      if (state === undefined || inside === undefined || place?.view.links[state.link] === undefined) {
        // Nobody wants it, or it leads nowhere: whoever wants it gets another one.
        await thread.run("remove", { path: names.elasticPath(id), cut: true })
        continue
      }
      // Endpoints that are served inside have addresses on its loopback.
      const own = inside.entries.filter((entry) => "link" in entry && entry.link === state.name)
      place.elastics.set(id, { ...state, mac: inside.links[state.name]?.mac ?? "", entries: keyed(own) })
    }
  }

  /** Goes on after a failure, but not with what stands on it. Answers with what failed. */
  async carryOut(steps: readonly Step[]): Promise<Failure[]> {
    const failures: Failure[] = []
    const broken = new Set<string | undefined>()
    for (const step of steps) {
      const vpcId = "vpcId" in step ? step.vpcId : undefined
      if ("vpcId" in step && broken.has(vpcId)) continue
      try {
        failures.push(...(await this.#carryOut(step)))
      } catch (error) {
        failures.push({ ...step.subject, reason: (error as Error).message })
        if (step.kind === "open router" || step.kind === "filter") broken.add(vpcId)
      }
    }
    return failures
  }

  async #carryOut(step: Step): Promise<readonly Failure[]> {
    const { thread, names, forwarding } = this.#parts
    const pathOf = (vpcId: string | undefined) => (vpcId === undefined ? undefined : names.routerPath(vpcId))
    switch (step.kind) {
      case "open router":
        await thread.run("openRouter", { path: names.routerPath(step.vpcId) })
        return []
      case "filter":
        await this.#filter(step, pathOf(step.vpcId))
        return []
      case "connect": {
        const { mac, mtu, otherVpc, otherName, otherMac } = step.state
        const one = { path: pathOf(step.vpcId), name: step.link, mac }
        const other = { path: pathOf(otherVpc), name: otherName, mac: otherMac }
        await thread.run("connect", { one, other, mtu })
        if (otherVpc === undefined) await forwarding.allow(otherName)
        return []
      }
      case "open vxlan": {
        const { mac, mtu, network, underlayAddress } = step.state
        const path = names.routerPath(step.vpcId)
        await thread.run("openVxlan", { path, name: step.link, mac, mtu, network, underlayAddress })
        return []
      }
      case "create elastic": {
        const { entries, ...state } = step.state
        const [path, routerPath] = [names.elasticPath(step.id), names.routerPath(step.vpcId)]
        await thread.run("createElastic", { ...state, path, routerPath, entries: [...entries.values()] })
        return []
      }
      case "change elastic":
        return refusals(
          step,
          await thread.run("configureInside", { path: names.elasticPath(step.id), ...changesOf(step) }),
        )
      case "configure":
        return refusals(step, await thread.run("configure", { path: pathOf(step.vpcId), ...changesOf(step) }))
      case "remove elastic":
        await thread.run("remove", { path: names.elasticPath(step.id), cut: true })
        return []
      case "remove link":
        if (step.vpcId === undefined) await forwarding.forget(step.link)
        await thread.run("removeLink", { path: pathOf(step.vpcId), link: step.link })
        return []
      case "close router":
        await thread.run("closeRouter", { path: names.routerPath(step.vpcId) })
        return []
    }
  }

  /** Elements may be edited by themselves; where the kernel does not take that, the text says the same. */
  async #filter({ table, text, edits }: FilterStep, path: string | undefined): Promise<void> {
    const { thread } = this.#parts
    const edited =
      edits &&
      (await thread.run("editElements", { path, table, edits }).then(
        () => true,
        () => false,
      ))
    if (!edited) await thread.run("filter", { path, rules: text })
  }
}

interface FoundRouter {
  readonly view: RouterView
  readonly elastics: Map<string, ElasticState>
}

function changesOf({ remove, add }: Step & { kind: "configure" | "change elastic" }) {
  return { remove, add }
}

function refusals({ subject }: Step, refused: readonly Refusal[]): Failure[] {
  return refused.map(({ entry, reason }) => ({ ...subject, reason: `${keyOf(entry)}: ${reason}` }))
}

function spaceOf(
  { links, entries }: RouterView,
  desired: SpaceState | undefined,
  elastics: ReadonlyMap<string, ElasticState>,
): SpaceState {
  const expected = new Set([...elastics.values()].map(({ link }) => link))
  const found = new Map<string, LinkState>()
  for (const [name, { mac }] of Object.entries(links)) {
    if (name === "lo" || expected.has(name)) continue
    const wanted = desired?.links.get(name)
    // One whose namespace went away a moment ago goes by itself.
    if (wanted === undefined && name.startsWith(ELASTIC_PREFIX)) continue
    found.set(name, wanted !== undefined && (wanted.kind === "end" || wanted.mac === mac) ? wanted : { kind: "end" })
  }
  return { links: found, entries: keyed(entries), table: undefined }
}

/** In the host's namespace others live as well: only what is on our links is ours. */
function hostOf({ links, entries }: RouterView, desired: SpaceState, ours: readonly string[]): SpaceState {
  const there = ours.filter((name) => links[name] !== undefined)
  return {
    links: new Map(there.map((name) => [name, desired.links.get(name) ?? { kind: "end" }])),
    entries: keyed(entries.filter((entry) => "link" in entry && there.includes(entry.link ?? ""))),
    table: undefined,
  }
}
