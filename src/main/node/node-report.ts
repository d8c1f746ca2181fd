import { writeSync } from "node:fs"

/** What a node tells whoever started it. */
export type NodeReport =
  /** Its process, which is not the one that was started where `sudo` stands between. */
  | { readonly kind: "started"; readonly pid: number }

  /** Its instances are on their way to their regions. */
  | { readonly kind: "ready"; readonly engine: string; readonly seconds: number; readonly instances: readonly string[] }
  | { readonly kind: "ending"; readonly reason: string }

/** To a supervisor, a line of JSON each on standard output. */
export function reportNode(report: NodeReport): void {
  try {
    writeSync(1, `${JSON.stringify(report)}\n`)
  } catch {
    // Nobody listens any more.
  }
}

/** To a person who has started it by hand; a log on the terminal says the rest. */
export function tellNode(report: NodeReport): void {
  if (report.kind === "ending") console.error(report.reason)
  if (report.kind !== "ready") return
  const { engine, seconds, instances } = report
  const hosted = instances.length === 0 ? "It hosts nothing yet." : `It hosts ${instances.join(", ")}.`
  console.log(`The node runs containers through ${engine}, after ${seconds.toFixed(1)} s. ${hosted}`)
}
