import type { FabricKind, FabricPut } from "../../wire/fabric.ts"

/** The parts of a message that was too long for one, as if it had not been. */
export function joined(parts: readonly FabricPut[]): FabricPut {
  if (parts.length === 1) return parts[0]!
  const whole: Partial<Record<FabricKind, object[]>> = {}
  for (const part of parts) {
    for (const [kind, records = []] of Object.entries(part) as [FabricKind, object[] | undefined][]) {
      whole[kind] = [...(whole[kind] ?? []), ...records]
    }
  }
  return whole as FabricPut
}
