import { gzipSync } from "node:zlib"
import type { World } from "../../../world/world.ts"
import { BatchSink } from "../batch-sink.ts"
import { type LogDriver, type LogLine, LogRefusal, type LogTarget } from "../driver.ts"
import { attributesOf, tagOf } from "../tag.ts"
import { readSplunkOptions, type SplunkOptions } from "./options.ts"
import type { Post, Posted } from "./post.ts"

/** Sends lines to Splunk's HTTP Event Collector. */
export function splunkDriver(world: World, post: Post, hostname: string): LogDriver {
  return {
    async prepare(target) {
      const options = readSplunkOptions(target)
      attributesOf(target)
      tagOf(target)
      if (!options.verifies) return
      const outcome = await post({ ...requestOf(options), method: "OPTIONS", body: new Uint8Array(0) }).catch(
        (error: Error) => error,
      )
      if (outcome instanceof Error) throw new LogRefusal(`splunk: failed to verify connection - ${outcome.message}`)
      if (outcome.status !== 200) {
        throw new LogRefusal(`splunk: failed to verify connection - ${outcome.status} - ${outcome.text}`)
      }
    },
    open(target, taken) {
      const options = readSplunkOptions(target)
      const render = rendererOf(target, options, hostname)
      return new BatchSink({
        world,
        target,
        taken,
        deliver: async (lines) => {
          // Splunk takes no event without text.
          const text = lines.flatMap((line) => (line.bytes.length === 0 ? [] : render(line))).join("")
          if (text !== "") await deliver(post, options, text)
        },
        reset: async () => {},
      })
    },
  }
}

async function deliver(post: Post, options: SplunkOptions, text: string): Promise<void> {
  const body = options.compresses ? gzipSync(text) : Buffer.from(text)
  const { status, text: answer } = await post({ ...requestOf(options), method: "POST", body })
  if (status !== 200) throw new Error(`splunk: failed to send event - ${status} - ${answer}`)
}

function requestOf({ url, token, compresses, tls }: SplunkOptions): Omit<Posted, "method" | "body"> {
  return {
    url,
    headers: {
      authorization: `Splunk ${token}`,
      "content-type": "application/json",
      ...(compresses && { "content-encoding": "gzip" }),
    },
    ...tls,
  }
}

function rendererOf(target: LogTarget, { format, common }: SplunkOptions, host: string): (line: LogLine) => string {
  const tag = tagOf(target)
  const { tag: _, ...attributes } = attributesOf(target) ?? {}
  const attrs = Object.keys(attributes).length > 0 ? { attrs: attributes } : {}
  const prefix = [tag, ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`)]
    .filter(Boolean)
    .join(" ")
  return ({ stream, bytes, at }) => {
    const text = decoder.decode(bytes)
    const event =
      format === "raw"
        ? `${prefix} ${text}`
        : { line: format === "json" ? parsed(text) : text, source: stream, ...(tag && { tag }), ...attrs }
    return JSON.stringify({ event, time: (at / 1000).toFixed(3), host, ...common })
  }
}

/** A line that is JSON goes as what it says. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const decoder = new TextDecoder()
