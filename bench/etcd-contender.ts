import { type ClientHttp2Session, connect } from "node:http2"
import { closedLoop, type Load, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { KEYS, keyOf, VALUE_BYTES } from "./record.ts"

/** Puts keys into etcd over its own protocol. */
await contend(async ({ port }: { readonly port: number }) => {
  const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)))
  const value = Buffer.alloc(VALUE_BYTES, "v")
  let next = 0
  for (let key = 0; key < KEYS; key += 64) {
    await Promise.all(Array.from({ length: 64 }, (_, i) => put(sessions[i % CONNECTIONS]!, putRequest(keyOf((key + i) % KEYS), value))))
  }
  return async (load: Load) =>
    perSecond(
      await closedLoop(load, (caller) => {
        next = (next + 7_919) % KEYS
        return put(sessions[caller % CONNECTIONS]!, putRequest(keyOf(next), value))
      }),
    )
})

const CONNECTIONS = 8
