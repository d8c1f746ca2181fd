/** Reads the few forms that files of cgroups have. */

/** Lines of a name and a number, as in `memory.stat`. */
export function parseNamed(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [name, value] = line.split(" ")
      return name === undefined || value === undefined ? [] : [[name, Number(value)] as const]
    }),
  )
}

/** A number; undefined for `max`, and for what version 1 writes in its place: the most pages that a number can count. */
export function parseLimit(text: string): number | undefined {
  const limit = Number(text)
  return Number.isNaN(limit) || limit >= UNLIMITED ? undefined : limit
}

const UNLIMITED = 2 ** 62

/** Sums `8:0 rbytes=4096 wbytes=0 …` over devices. */
export function parseIoStat(text: string): { readonly readBytes: number; readonly writtenBytes: number } {
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`\\b${name}=(\\d+)`, "g"))].reduce((total, [, value]) => total + Number(value), 0)
  return { readBytes: sum("rbytes"), writtenBytes: sum("wbytes") }
}

/** Sums `8:0 Read 4096` over devices. */
export function parseBlockIo(text: string): { readonly readBytes: number; readonly writtenBytes: number } {
  const sum = (operation: string) =>
    [...text.matchAll(new RegExp(`^\\S+ ${operation} (\\d+)$`, "gm"))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    )
  return { readBytes: sum("Read"), writtenBytes: sum("Write") }
}

export const CPU_PERIOD_MICROSECONDS = 100_000

/** Of processor time per period; the kernel takes no less than a millisecond. */
export function quotaMicroseconds(cpu: number): number {
  return Math.max(1_000, Math.round(cpu * CPU_PERIOD_MICROSECONDS))
}
