import { escapeIdentifier } from "pg"
import { FORMAT } from "./codec.ts"
import { JournalFailure } from "./journal.ts"
import type { Session } from "./postgres-session.ts"

/**
 * How the tables come to their present layout: the first statement makes layout 1 of nothing, the next one layout 2 of
 * layout 1. What is released here is never changed, only continued.
 *
 * `log` holds one row for each append, each sealed onto the one before; `records` holds the last state of every record up
 * to the version of `folded`. The two together are the journal. Rows of `log` that `folded` has passed stay a
 * while for standbys that are behind.
 *
 * The right to append is the epoch in `fence`, the time that it lasts is in `lease`: two tables, so that a renewal never
 * waits for an append, nor an append for a renewal.
 *
 * Text suffices for every string of JavaScript: JSON writes NUL and lone surrogates as escapes. The collation "C" compares bytes.
 */
const layouts: readonly string[] = [
  `
    CREATE TABLE meta (layout integer NOT NULL, format integer NOT NULL);
    INSERT INTO meta VALUES (1, ${FORMAT});

    CREATE TABLE fence (epoch bigint NOT NULL);
    INSERT INTO fence VALUES (0);

    CREATE TABLE lease (epoch bigint NOT NULL, holder text NOT NULL, address text NOT NULL, expires_at timestamptz NOT NULL);
    INSERT INTO lease VALUES (0, '', '', 'epoch');

    CREATE TABLE log (
      last_version bigint PRIMARY KEY,
      first_version bigint NOT NULL,
      epoch bigint NOT NULL,
      body text COLLATE "C" NOT NULL,
      seal bytea NOT NULL,
      written_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );

    -- Compressed, but kept in its row where it fits; and by lz4 where the server has it, at half of an append's cost.
    ALTER TABLE log ALTER COLUMN body SET STORAGE MAIN;
    DO $$ BEGIN
      EXECUTE 'ALTER TABLE log ALTER COLUMN body SET COMPRESSION lz4';
    EXCEPTION WHEN syntax_error OR feature_not_supported OR invalid_parameter_value THEN NULL;
    END $$;

    CREATE TABLE folded (version bigint NOT NULL, seal bytea NOT NULL, records bigint NOT NULL);
    INSERT INTO folded VALUES (0, '', 0);

    CREATE TABLE records (
      identity bytea PRIMARY KEY,
      head text COLLATE "C" NOT NULL,
      body text COLLATE "C" NOT NULL,
      seal bytea NOT NULL
    );
  `,
]

/** Brings the schema to today's layout, or refuses one that a newer Homeport has made. */
export async function prepareSchema(session: Session, schema: string): Promise<void> {
  if ((await layoutOf(session, schema)) === layouts.length) return

  // Several processes may start at once: one makes the tables, the others wait and then find them.
  await session.transaction("BEGIN", async () => {
    await session.run({ text: "SELECT pg_advisory_xact_lock(hashtext($1))" }, [`homeport schema ${schema}`])
    const layout = await layoutOf(session, schema)
    if (layout === 0) await createSchema(session, schema)
    for (const text of layouts.slice(layout)) await session.run({ text })
    await session.run({ text: `UPDATE meta SET layout = ${layouts.length}` })
  })
}

async function createSchema(session: Session, schema: string): Promise<void> {
  const [database] = await session.run<{ encoding: string }>({
    text: "SELECT current_setting('server_encoding') AS encoding",
  })
  if (database!.encoding !== "UTF8") {
    throw new JournalFailure(
      "io",
      `The database is in the encoding ${database!.encoding}; the journal needs one in UTF8.`,
    )
  }
  // Asked for first: an administrator may have made the schema for a user who has no right to make one.
  const made = await session.run({ text: "SELECT FROM pg_namespace WHERE nspname = $1" }, [schema])
  if (made.length === 0) await session.run({ text: `CREATE SCHEMA ${escapeIdentifier(schema)}` })
}

/**
 * 0 while there are no tables. The catalogue is asked, as `to_regclass` may answer from what this session knew before it
 * waited for another one to make them.
 */
async function layoutOf(session: Session, schema: string): Promise<number> {
  const text = "SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta'"
  if ((await session.run({ text }, [schema])).length === 0) return 0
  const [meta] = await session.run<{ layout: number; format: number }>({ text: "SELECT layout, format FROM meta" })
  if (meta === undefined) throw new JournalFailure("damaged", "The journal's schema does not say what layout it has.")
  refuseNewer(meta)
  return meta.layout
}

export function refuseNewer({ layout, format }: { readonly layout: number; readonly format: number }): void {
  if (layout <= layouts.length && format <= FORMAT) return
  throw new JournalFailure(
    "newer-format",
    `The journal has layout ${layout} and format ${format}; this Homeport knows ${layouts.length} and ${FORMAT}.`,
  )
}
