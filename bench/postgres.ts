import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { type PostgresServer, startPostgres } from "../test/postgres/server.ts"
import type { Bench } from "./bench.ts"
import type { Load } from "./closed-loop.ts"
import { startContender } from "./contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { inTurns } from "./measure.ts"
import { benchValue } from "./record.ts"
import type { StoreRates } from "./store-contender.ts"
import { foldedFigure, storeFigure } from "./store-figures.ts"

/** Durable transactions over PostgreSQL, beside rows that pgbench inserts in batches into the same server. */
export const postgresBench: Bench = async ({ seconds, say }) => {
  const server = await startPostgres().catch((error) => {
    say(`There is no PostgreSQL to measure (Debian: apt-get install postgresql): ${error.message}`)
  })
  if (server === undefined) return []
  try {
    return await compare(server, seconds)
  } finally {
    await server.stop()
  }
}

async function compare(server: PostgresServer, seconds: number): Promise<Figure[]> {
  using folder = makeFolder()
  const rows = await server.newDatabase()
  await server.sql(rows, "CREATE TABLE rows (id bigserial PRIMARY KEY, body text NOT NULL)")
  await using ours = await startContender<Load, StoreRates>("./store-contender.ts", {
    postgres: await server.newDatabase(),
  })

  const figures: Figure[] = []
  for (const callers of [1, 64]) {
    const script = join(folder.path, `${callers}.sql`)
    const values = Array.from({ length: callers }, () => `('${benchValue(1)}')`).join(",")
    await writeFile(script, `INSERT INTO rows (body) VALUES ${values};\n`)
    const measured = await inTurns(
      `postgres, ${callers} at a time`,
      {
        homeport: () => ours.run({ callers, seconds }),
        pgbench: async () => (await transactionsPerSecond(server, script, rows)) * callers,
      },
      ROUNDS,
    )
    const theirs = { name: `rows by pgbench, ${callers} at once`, rates: measured.pgbench }
    const own = storeFigure(
      "PostgreSQL",
      callers,
      measured.homeport,
      theirs,
      callers > 1 ? { of: "ratio", atLeast: 0.7 } : undefined,
    )
    figures.push(own, foldedFigure(own, measured.homeport))
  }
  return figures
}

/** Fewer than elsewhere, as pgbench measures whole seconds only. */
const ROUNDS = 7

/** Without its preparations. */
async function transactionsPerSecond(server: PostgresServer, script: string, database: string): Promise<number> {
  const words = ["--no-vacuum", "--protocol=prepared", "--client=1", "--time=1", `--file=${script}`, database]
  const { stdout } = await promisify(execFile)(server.program("pgbench"), words)
  const tps = /tps = ([\d.]+) \(without initial connection time\)/.exec(stdout)?.[1]
  if (tps === undefined) throw new Error(`pgbench did not say how fast it was:\n${stdout}`)
  return Number(tps)
}
