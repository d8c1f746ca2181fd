import { expect, test, vi } from "vitest"
import type { Leadership, StoredChange } from "./journal.ts"
import type { JournalBackend } from "./suite.ts"
import { addressOf, entry, follow, gone, led, put, type Replica, recordsOf } from "./testing.ts"

/** What holds between processes of which one leads and the others follow. */
export function competing(aBackend: () => Promise<JournalBackend>): void {
  test("lets one of several lead", async () => {
    const backend = await aBackend()
    const journals = await Promise.all([backend.open(), backend.open(), backend.open()])
    const leaders: Leadership[] = []
    for (const journal of journals) {
      journal
        .lead(() => {})
        .then(
          (leadership) => leaders.push(leadership),
          () => {},
        )
    }
    await vi.waitFor(() => expect(leaders).toHaveLength(1), PATIENCE)
    for (let version = 1; version <= 20; version++) await leaders[0]!.append([entry(version, put("a", { version }))])

    expect(leaders).toHaveLength(1)
    for (const journal of journals) await journal.close()
  })

  test("shows a follower every entry whole and in order", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    const model = new Map([[0, {}]])
    const seen: Replica = follower.replica
    const torn: number[] = []
    seen.onApply = (version) => {
      const expected = model.get(version)
      if (expected !== undefined && JSON.stringify(seen.records()) !== JSON.stringify(expected)) torn.push(version)
    }
    const changes = new Map<string, StoredChange>()
    for (let version = 1; version <= 60; version += 2) {
      const entries = [
        entry(version, put("x", { version }), put("y", { version })),
        entry(version + 1, put("x", { version: version + 1 }), put(`z-${version}`, {})),
      ]
      for (const { version: at, changes: all } of entries) {
        for (const change of all) changes.set(addressOf(change), change)
        model.set(at, recordsOf(...changes.values()))
      }
      await leader.leadership.append(entries)
    }
    await vi.waitFor(() => expect(seen.version()).toBe(60), PATIENCE)

    expect(torn).toEqual([])
    expect(seen.records()).toEqual(model.get(60))
    await follower.journal.close()
  })

  test("lets a follower take over when the leader closes", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    await leader.leadership.append([entry(1, put("a", { n: 1 }))])
    const follower = await follow(backend)
    await leader.leadership.append([entry(2, put("b", { n: 2 }))])
    await leader.journal.close()

    const leadership = await follower.leading
    expect(leadership.version).toBe(2)
    expect(follower.replica.records()).toEqual(recordsOf(put("a", { n: 1 }), put("b", { n: 2 })))
    await leadership.append([entry(3, gone("a"))])
  })

  test("lets a follower take over, with everything acknowledged, when the leader crashes", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    let acknowledged = 0
    const writing = (async () => {
      for (;;) {
        await leader.leadership.append([entry(acknowledged + 1, put(`key-${acknowledged + 1}`, {}))])
        acknowledged += 1
        // A backend that is always ready would otherwise leave no turn for anything else.
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    writing.catch(() => {})
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(20), PATIENCE)
    await backend.crash(leader.journal)

    const { version } = await follower.leading
    expect(leader.leadership.mayAnswer()).toBe(false)
    expect([acknowledged, acknowledged + 1]).toContain(version)
    expect(Object.keys(follower.replica.records())).toHaveLength(version)
  })

  test("tells followers where the leader is, and itself nothing", async () => {
    const backend = await aBackend()
    const leader = await led(backend, { address: "https://one.example:4566" })
    const follower = await follow(backend, { address: "https://two.example:4566" })
    await vi.waitFor(() => expect(follower.journal.leaderAddress()).toBe("https://one.example:4566"), PATIENCE)
    expect(leader.journal.leaderAddress()).toBeUndefined()

    const last = await follow(backend, { address: "https://three.example:4566" })
    await leader.journal.close()
    const next = await Promise.race([follower, last].map((one) => one.leading.then(() => one)))
    const other = next === follower ? last : follower
    const address = next === follower ? "https://two.example:4566" : "https://three.example:4566"
    await vi.waitFor(() => expect(other.journal.leaderAddress()).toBe(address), PATIENCE)
    await other.journal.close()
  })

  test("a follower that closes stops waiting", async () => {
    const backend = await aBackend()
    const leader = await led(backend)
    const follower = await follow(backend)
    await follower.journal.close()

    await expect(follower.leading).rejects.toThrow()
    await leader.leadership.append([entry(1, put("a", {}))])
  })
}

const PATIENCE = { timeout: 60_000, interval: 5 }
