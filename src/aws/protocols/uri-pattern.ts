import { malformedFault } from "./malformed.ts"

/** A URI of an operation's HTTP binding, as in `/schedules/{Name}` or `/{Key+}?acl`. */
export interface UriPattern {
  /** The labels' values, decoded; undefined when the path is not of this pattern. */
  match(path: string): ReadonlyMap<string, string> | undefined

  /** Query parameters that belong to the operation's address rather than its input, as in `?acl` or `?list-type=2`. */
  readonly literals: ReadonlyMap<string, string>
}

/** A segment is a literal, or a label that takes one segment (`{Name}`) or as many as there are (`{Key+}`). */
type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean }

export function uriPattern(uri: string): UriPattern {
  const [path = "", query = ""] = uri.split("?", 2)
  const segments = path.split("/").slice(1).map(segmentOf)
  const greedyAt = segments.findIndex((segment) => "label" in segment && segment.greedy)

  return {
    literals: new Map(new URLSearchParams(query)),
    match(sent) {
      const parts = sent.split("/").slice(1)
      // S3's callers write a bucket with or without the slash that its URI has.
      if (segments.length > 1 && isEmpty(segments.at(-1)!) && parts.at(-1) !== "") parts.push("")
      const surplus = parts.length - segments.length
      if (surplus < 0 || (surplus > 0 && greedyAt === -1)) return undefined

      const labels = new Map<string, string>()
      let at = 0
      for (const [index, segment] of segments.entries()) {
        const end = index === greedyAt ? at + surplus + 1 : at + 1
        const part = parts.slice(at, end).join("/")
        if ("literal" in segment) {
          if (segment.literal !== part) return undefined
        } else {
          if (part === "") return undefined
          labels.set(segment.label, decodeLabel(part))
        }
        at = end
      }
      return labels
    },
  }
}

function segmentOf(text: string): Segment {
  const label = /^\{([^}+]+)(\+)?\}$/.exec(text)
  return label === null ? { literal: text } : { label: label[1]!, greedy: label[2] !== undefined }
}

function isEmpty(segment: Segment): boolean {
  return "literal" in segment && segment.literal === ""
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformedFault(`The path has a malformed percent-encoding: ${text}`)
  }
}
