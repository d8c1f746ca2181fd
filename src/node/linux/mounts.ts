/** What is mounted where, from `/proc/self/mountinfo`. */
export interface Mounted {
  readonly point: string
  readonly type: string

  /** Of the file system itself: for cgroups their controllers. */
  readonly options: readonly string[]

  /** Whether what is mounted below it is seen in copies of this mount namespace as well. */
  readonly shared: boolean
}

export function parseMounts(text: string): Mounted[] {
  return text.split("\n").flatMap((line) => {
    // A dash stands between the optional fields and the last three.
    const [place, system] = line.split(" - ")
    const [, , , , point, , ...optional] = place!.split(" ")
    const [type, , options] = system?.split(" ") ?? []
    if (point === undefined || type === undefined) return []
    const shared = optional.some((field) => field.startsWith("shared:"))
    return { point: unescaped(point), type, options: options?.split(",") ?? [], shared }
  })
}

/** Blanks and the like are written as `\040`. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}
