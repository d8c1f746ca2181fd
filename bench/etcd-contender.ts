import { closedLoop, type Load, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { EtcdConnection } from "./etcd-connection.ts"
import { benchValue, keyOf, RECORDS, shuffledNumbers } from "./record.ts"

/** etcd's callers, in a process of their own beside it. */
contend(async ({ port }: { readonly port: number }) => {
  const connection = await EtcdConnection.open(port)
  const value = benchValue(1)
  const next = shuffledNumbers()
  const put = () => connection.put(keyOf(next()), value)
  for (let filled = 0; filled < RECORDS; filled += 100) await Promise.all(Array.from({ length: 100 }, put))
  return async (load: Load) => perSecond(await closedLoop(load, put))
})
