import { join } from "node:path"
import type { Bench } from "./bench.ts"
import type { Load } from "./closed-loop.ts"
import { startContender } from "./contender.ts"
import { startEtcd } from "./etcd.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { inTurns } from "./measure.ts"
import type { StoreRates } from "./store-contender.ts"
import { foldedFigure, storeFigure } from "./store-figures.ts"

/** Durable transactions through the embedded store, beside what its disk gives at most and beside etcd. */
export const storeBench: Bench = async ({ seconds, say }) => {
  using folder = makeFolder()
  await using etcd = await startEtcd()
  if (etcd === undefined)
    say("etcd is not installed, so nothing was compared with it (Debian: apt-get install etcd-server).")
  await using ours = await startContender<Load, StoreRates>("./store-contender.ts", {
    sqlite: join(folder.path, "journal"),
  })
  await using raw = await startContender<{ rows: number; seconds: number }, number>("./sqlite-contender.ts", {
    file: join(folder.path, "raw"),
  })
  await using puts = etcd && (await startContender<Load, number>("./etcd-contender.ts", { port: etcd.port }))

  const figures: Figure[] = []
  for (const callers of [1, 64]) {
    const load = { callers, seconds }
    const measured = await inTurns(`store, ${callers} at a time`, {
      homeport: () => ours.run(load),
      sqlite: () => raw.run({ rows: callers, seconds }),
      ...(puts && { etcd: () => puts.run(load) }),
    })
    const { homeport, sqlite, etcd: etcdRates } = measured
    if (etcdRates !== undefined) {
      const theirs = { name: "etcd puts", rates: etcdRates }
      figures.push(storeFigure("SQLite", callers, homeport, theirs, { of: "ratio", atLeast: callers === 1 ? 1 : 5 }))
    }
    const own = storeFigure("SQLite", callers, homeport, { name: `rows by SQLite, ${callers} at once`, rates: sqlite })
    figures.push(own, foldedFigure(own, homeport))
  }
  return figures
}
