import type { NetworkCounters } from "../engine/engine.ts"

/** Reads `/proc/net/dev`; the loopback, over which nothing leaves, is left out. */
export function parseNetworkCounters(text: string): Readonly<Record<string, NetworkCounters>> {
  const counters: Record<string, NetworkCounters> = {}
  for (const line of text.split("\n")) {
    const [name = "", columns] = line.split(":")
    if (columns === undefined || name.trim() === "lo") continue
    const values = columns.trim().split(/\s+/).map(Number)
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0] = values
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = values.slice(RECEIVED_COLUMNS)
    counters[name.trim()] = { rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }
  }
  return counters
}

const RECEIVED_COLUMNS = 8
